"""What a portal can do with the practice itself."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.practice import Practice, SetUpPractice
from portalctl.models.sessions import SignedIn


class Practices(ABC):
    """The organisation a portal belongs to."""

    @operation("POST", "/practice")
    @abstractmethod
    def set_up(self, request: SetUpPractice) -> SignedIn:
        """Make the practice and its owner, and sign the owner in.

        Raises PracticeExists, WeakPassword, LinkNotValid for a wrong set-up code, TooManyAttempts.
        """

    @operation("GET", "/practice")
    @abstractmethod
    def show(self) -> Practice:
        """The practice's name, address and zone."""
