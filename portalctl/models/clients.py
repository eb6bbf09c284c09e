"""The practice's clients."""

from __future__ import annotations

from datetime import date

from portalctl.models.values import IdempotencyKey, Instant, Limit, Record, Reference, Request


class Client(Record):
    """Somebody the practice cares for; `signed_up` is true once they have an account."""

    id: str
    name: str
    email: str
    timezone: str | None = None
    preferred_name: str | None = None
    pronouns: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    address: str | None = None
    signed_up: bool
    created_at: Instant


class ListClients(Request):
    """Clients by name."""

    limit: Limit = 100
    cursor: str | None = None


class ClientReference(Request):
    """Names one client."""

    client: Reference


class MakeResetLink(Request):
    """Make a reset link for a client; owners make them for staff too."""

    client: Reference
    idempotency_key: IdempotencyKey | None = None


class ResetLink(Record):
    """A one-time link with which a person sets a new password; it is shown once."""

    person_id: str
    link: str
    expires_at: Instant
