"""What a portal can do with the practice's clients."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.clients import (
    Client,
    ClientReference,
    IdentifiedClient,
    IdentifyClients,
    ListClients,
    MakeResetLink,
    ResetLink,
)
from portalctl.models.values import Page

Identified = list[IdentifiedClient]
"""Who is meant by each of many references."""


class Clients(ABC):
    """The practice's clients."""

    @operation("GET", "/clients")
    @abstractmethod
    def list(self, request: ListClients) -> Page[Client]:
        """Clients by name."""

    @operation("GET", "/clients/{client}")
    @abstractmethod
    def show(self, request: ClientReference) -> Client:
        """One client. Raises NotFound, AmbiguousId."""

    @operation("POST", "/clients/identify", repeatable=True)
    @abstractmethod
    def identify(self, request: IdentifyClients) -> Identified:
        """Whom each of many references means, in their order; harmless to repeat.

        A name is compared without regard to case and spaces. What does not fit is a problem of that question:
        `not_found`, `ambiguous_id`, or `identity_mismatch`, which does not say what would have fitted.
        """

    @operation("POST", "/clients/{client}/reset-link")
    @abstractmethod
    def reset_link(self, request: MakeResetLink) -> ResetLink:
        """A one-time link to set a new password; an earlier one is revoked.

        Safe to repeat with the same idempotency key. Raises NotFound, NotChangeable, IdempotencyConflict,
        IdempotencyRunning.
        """
