"""What a portal can do with the practice's people."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.invites import IssuedInvite
from portalctl.models.staff import AddStaff, EditStaff, ListPractitioners, Practitioner, StaffMember, StaffReference


class Staff(ABC):
    """Staff, and the practitioners among them."""

    @operation("GET", "/practitioners")
    @abstractmethod
    def practitioners(self, request: ListPractitioners) -> list[Practitioner]:
        """Who gives appointments, by name. Raises NotFound."""

    @operation("GET", "/staff")
    @abstractmethod
    def list(self) -> list[StaffMember]:
        """Everyone of the practice, by name."""

    @operation("POST", "/staff")
    @abstractmethod
    def add(self, request: AddStaff) -> IssuedInvite:
        """Add a person and issue the invite they sign up with.

        Safe to repeat with the same idempotency key. Raises AlreadyMember, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("PATCH", "/staff/{staff}")
    @abstractmethod
    def edit(self, request: EditStaff) -> StaffMember:
        """Change name, role or zone. Raises NotFound, AmbiguousId, LastOwner, ChangedMeanwhile."""

    @operation("POST", "/staff/{staff}/disable")
    @abstractmethod
    def disable(self, request: StaffReference) -> StaffMember:
        """End their access at once; their appointments stay. Raises NotFound, LastOwner."""
