"""What a portal can do with invites."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.invites import Invite, InviteClient, InviteReference, IssuedInvite, ListInvites
from portalctl.models.values import Page


class Invites(ABC):
    """The one way to an account."""

    @operation("POST", "/invites")
    @abstractmethod
    def create(self, request: InviteClient) -> IssuedInvite:
        """Invite a client; an earlier invite for the address is revoked. Raises AlreadyMember."""

    @operation("GET", "/invites")
    @abstractmethod
    def list(self, request: ListInvites) -> Page[Invite]:
        """Invites, newest first, without their links."""

    @operation("POST", "/invites/{id}/revoke")
    @abstractmethod
    def revoke(self, request: InviteReference) -> Invite:
        """Make the link worthless. Raises NotFound, NotChangeable."""
