"""More people for a practice in a test."""

from __future__ import annotations

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.portal import Portal
from portalctl.models.notes import AddNote, Note, NoteReference
from portalctl.models.relationships import AddRelationship
from portalctl.models.sessions import SignUp
from portalctl.models.staff import AddStaff, StaffMember, StaffRole

PASSWORD = "granite meadow violin dusk"


def email_of(name: str) -> str:
    """The address that a person of that name has here."""
    return f"{name.casefold()}@example.com"


def add(owner: EmbeddedPortal, name: str, role: StaffRole = "practitioner", timezone: str | None = None) -> StaffMember:
    """Somebody on record, who has not signed up yet."""
    owner.staff.add(AddStaff(email=email_of(name), name=name, role=role, timezone=timezone))
    return member(owner, name)


def hire(
    owner: EmbeddedPortal, name: str, role: StaffRole = "practitioner", timezone: str | None = None
) -> EmbeddedPortal:
    """Add a person and sign them up: the portal as they see it."""
    link = owner.staff.add(AddStaff(email=email_of(name), name=name, role=role, timezone=timezone)).link
    signed_in = owner.with_token(None).sessions.sign_up(SignUp(code=link.rpartition("/")[2], password=PASSWORD))
    return owner.with_token(signed_in.token)


def relative(
    owner: EmbeddedPortal, client: str, name: str, *, information_access: bool = True
) -> tuple[EmbeddedPortal, str]:
    """Somebody close to a client, who has signed up: the portal as they see it, and the relationship's id."""
    asked = AddRelationship(
        client=client,
        name=name,
        kind="mother",
        email=email_of(name),
        portal_access=True,
        information_access=information_access,
    )
    made = owner.relationships.add(asked)
    code = (made.link or "").rpartition("/")[2]
    signed_in = owner.with_token(None).sessions.sign_up(SignUp(code=code, password=PASSWORD))
    return owner.with_token(signed_in.token), made.id


def noted(portal: Portal, title: str = "Week 12", *, client: str | None = None, completed: bool = True) -> Note:
    """A note that somebody has written."""
    note = portal.notes.add(AddNote(title=title, text="Slept better.", client=client))
    return portal.notes.complete(NoteReference(id=note.id)) if completed else note


def member(owner: EmbeddedPortal, name: str) -> StaffMember:
    """The record of the person of that name."""
    return next(person for person in owner.staff.list() if person.name == name)
