"""How relationships look, and what a relative sees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalctl.output.columns import CREATED, EMAIL, ID, NAME, SIGNED_UP, Column, Look

_RELATIONSHIP = (
    ID,
    Column("Client", "client"),
    NAME,
    Column("Is their", "kind"),
    EMAIL,
    Column("Portal", "portal_access", whole=True),
    Column("Information", "information_access", whole=True),
    Column("Emergency", "emergency_contact", whole=True),
)
_MORE = (SIGNED_UP, Column("Readable to you", "readable", whole=True), CREATED)


def _overview(shared: Any) -> Iterable[tuple[str, object]]:
    """The sections of what a relative sees, one row for each document."""
    yield "Client", shared.client
    yield "Shared with", f"{shared.name} ({shared.kind})"
    yield from _documents("New", shared.new)
    for each in shared.appointments:
        yield "Appointment", each.starts_at
        yield from _documents("", each.documents)
    yield from _documents("Others", shared.others)


def _documents(label: str, documents: Any) -> Iterable[tuple[str, object]]:
    for place, each in enumerate(documents):
        yield (label if place == 0 else ""), f"{each.id}  {each.kind}  {each.title}"


LOOKS: dict[str, Look] = {
    "Relationship": Look("relationships", _RELATIONSHIP, (*_RELATIONSHIP, *_MORE)),
    "GrantedRelationship": Look("relationships", _RELATIONSHIP, (*_RELATIONSHIP, *_MORE)),
    "SharedDashboard": Look("overviews", (Column("Client", "client"),), _overview),
}
