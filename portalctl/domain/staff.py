"""The practice's people, and the practitioners among them."""

from __future__ import annotations

from portalctl.domain import references
from portalctl.models.staff import StaffMember
from portalctl.storage import staff
from portalctl.storage.engine import Transaction


def find_practitioner(tx: Transaction, reference: str, only: str | None = None) -> StaffMember:
    """The one who gives appointments and is meant; with `only`, nobody but that person is there to be found.

    Raises NotFound, AmbiguousId.
    """
    found = [
        member
        for member in staff.candidates(tx, reference)
        if member.active and member.role in ("owner", "practitioner") and only in (None, member.id)
    ]
    return references.one(found, "practitioner", reference, _described)


def _described(member: StaffMember) -> str:
    return f"{member.name}, {member.email}"
