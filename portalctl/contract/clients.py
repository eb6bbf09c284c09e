"""What a portal can do with the practice's clients."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.clients import Client, ClientReference, ListClients, MakeResetLink, ResetLink
from portalctl.models.values import Page


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

    @operation("POST", "/clients/{client}/reset-link")
    @abstractmethod
    def reset_link(self, request: MakeResetLink) -> ResetLink:
        """A one-time link to set a new password; an earlier one is revoked.

        Safe to repeat with the same idempotency key. Raises NotFound, NotChangeable, IdempotencyConflict,
        IdempotencyRunning.
        """
