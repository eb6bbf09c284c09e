"""What a portal can do with invites."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.invites import (
    Invite,
    InviteClient,
    InvitePreview,
    InviteReference,
    IssuedInvite,
    ListInvites,
    PreviewInvite,
)
from portalctl.models.values import Page


class Invites(ABC):
    """The one way to an account."""

    @operation("POST", "/invites")
    @abstractmethod
    def create(self, request: InviteClient) -> IssuedInvite:
        """Invite a client; an earlier invite for the address is revoked.

        Somebody who has an account as a client's relative is a client by it at once: the invite is redeemed.
        Safe to repeat with the same idempotency key. Raises AlreadyMember, TooManyAttempts, IdempotencyConflict,
        IdempotencyRunning.
        """

    @operation("GET", "/invites")
    @abstractmethod
    def list(self, request: ListInvites) -> Page[Invite]:
        """Invites, newest first, without their links."""

    @operation("POST", "/invites/{id}/revoke")
    @abstractmethod
    def revoke(self, request: InviteReference) -> Invite:
        """Make the link worthless. Raises NotFound, NotChangeable."""

    @operation("POST", "/invites/preview", repeatable=True)
    @abstractmethod
    def preview(self, request: PreviewInvite) -> InvitePreview:
        """Who invites whom, for the holder of the link; nothing is redeemed. Raises LinkNotValid, TooManyAttempts."""
