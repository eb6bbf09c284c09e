"""Relationships: who is close to a client, what they may, and what a relative sees of a client's documentation."""

from portalctl.models.documents import Document
from portalctl.models.values import (
    Email,
    IdempotencyKey,
    Instant,
    Limit,
    Line,
    Record,
    Reference,
    RelationshipId,
    Request,
    Version,
)


class Relationship(Record):
    """Somebody who is close to a client: `name` and `email` are that person's, `kind` what they are to the client.

    With `portal_access` they sign in as themselves; with `information_access` they see there what the practice has
    shared with the client. `signed_up` is true once they have an account. `readable` is whether the caller themselves
    may see the client's documentation by it.
    """

    id: str
    client_id: str
    client: str
    related_id: str
    name: str
    kind: str
    email: str
    portal_access: bool
    information_access: bool
    emergency_contact: bool
    signed_up: bool
    readable: bool = False
    created_at: Instant
    version: str = ""


class GrantedRelationship(Relationship):
    """A relationship after it was made or changed; `link` is the invite, shown once, of one who needs an account."""

    link: str | None = None


class SharedWithAppointment(Record):
    """What was shared of one appointment, of which nothing but its beginning is told."""

    appointment_id: str
    starts_at: Instant
    documents: list[Document]


class SharedDashboard(Record):
    """An overview of what a relative sees of a client: what they have not opened, by appointment, and the rest.

    It holds the 200 documents that were shared last.
    """

    relationship_id: str
    client_id: str
    client: str
    name: str
    kind: str
    new: list[Document]
    appointments: list[SharedWithAppointment]
    others: list[Document]


class AddRelationship(Request):
    """Write down who is close to a client. With portal access they are invited, unless their address has an account."""

    client: Reference
    name: Line
    kind: Line
    email: Email
    portal_access: bool = False
    information_access: bool = False
    emergency_contact: bool = False
    idempotency_key: IdempotencyKey | None = None


class EditRelationship(Request):
    """Change what is given, keep the rest. Another address means another person."""

    id: RelationshipId
    name: Line | None = None
    kind: Line | None = None
    email: Email | None = None
    portal_access: bool | None = None
    information_access: bool | None = None
    emergency_contact: bool | None = None
    if_version: Version | None = None


class RemoveRelationship(Request):
    """Names one relationship."""

    id: RelationshipId


class ListRelationships(Request):
    """Relationships, newest first: all, or those of one client. Clients and relatives see those they stand in."""

    client: Reference | None = None
    limit: Limit = 100
    cursor: str | None = None


class RelationshipReference(Request):
    """Names one relationship: by its id, the name or address of the person, or the client's name or id."""

    relationship: Reference


class ListShared(Request):
    """What is shared in a relationship, newest first."""

    relationship: Reference
    limit: Limit = 100
    cursor: str | None = None
