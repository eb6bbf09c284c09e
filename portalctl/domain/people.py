"""Everybody whom the practice knows: clients, its own people, and people related to clients."""

from __future__ import annotations

from portalctl.domain import references
from portalctl.domain.office import Visit
from portalctl.models.clients import Client
from portalctl.models.staff import StaffMember
from portalctl.storage import clients, related_people, staff
from portalctl.storage.related_people import RelatedPerson

Person = Client | StaffMember | RelatedPerson


def find_person(visit: Visit, reference: str) -> Person:
    """A client, a member of staff, or else somebody's relative. Raises NotFound, AmbiguousId."""
    found: list[Person] = [*clients.candidates(visit.transaction, reference)]
    found += staff.candidates(visit.transaction, reference)
    found += related_people.candidates(visit.transaction, reference)
    return references.one(found, "client", reference, lambda person: f"{person.name}, {person.email}")


def kind_of(person: Person) -> str:
    """Which kind of account somebody has: client, staff or related."""
    if isinstance(person, RelatedPerson):
        return "related"
    return "client" if isinstance(person, Client) else "staff"
