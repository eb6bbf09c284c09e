"""What a portal can do with the booking policy."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.policy import Policy, PolicyQuery, SetPolicy


class Policies(ABC):
    """The rules of booking, for the practice and per service."""

    @operation("GET", "/policy")
    @abstractmethod
    def show(self, request: PolicyQuery) -> Policy:
        """The policy in force, for the practice or a service. Raises NotFound."""

    @operation("PATCH", "/policy")
    @abstractmethod
    def set(self, request: SetPolicy) -> Policy:
        """Change the policy; appointments already booked keep their notices.

        Raises NotFound, InvalidInput, ChangedMeanwhile.
        """
