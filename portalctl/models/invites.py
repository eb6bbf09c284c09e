"""Invites: the one way to an account."""

from typing import Annotated, Literal

from pydantic import Field

from portalctl.models.values import Email, IdempotencyKey, Instant, InviteId, Limit, Line, Open, Record, Request

InviteKind = Literal["client", "staff", "related"]
InviteState = Literal["pending", "redeemed", "revoked", "expired"]


class Invite(Record):
    """An invitation to an address; `person_id` is the client, staff or related person it makes an account for."""

    id: str
    kind: Annotated[InviteKind, Open]
    person_id: str
    name: str
    email: str
    state: Annotated[InviteState, Open]
    created_at: Instant
    expires_at: Instant


class IssuedInvite(Invite):
    """A new invite with its link, which is shown once."""

    link: str


class InviteClient(Request):
    """Invite a client; a new invite for the address revokes the old one."""

    email: Email
    name: Line
    expires_minutes: Annotated[int, Field(ge=1, le=43_200)] = 10_080
    idempotency_key: IdempotencyKey | None = None


class ListInvites(Request):
    """Invites, newest first."""

    limit: Limit = 100
    cursor: str | None = None


class InviteReference(Request):
    """Names one invite."""

    id: InviteId


class PreviewInvite(Request):
    """Look at an invite: `code` is the part of the link behind `/invite/`."""

    code: str


class InvitePreview(Record):
    """What an invite says to who holds its link, before anything is redeemed."""

    practice: str
    kind: Annotated[InviteKind, Open]
    name: str
    email: str
    expires_at: Instant
