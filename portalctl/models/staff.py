"""The people of the practice."""

from typing import Annotated, Literal

from portalctl.models.values import (
    Email,
    IdempotencyKey,
    Instant,
    Line,
    Open,
    Record,
    Reference,
    Request,
    Version,
    ZoneName,
)

StaffRole = Literal["owner", "practitioner", "staff"]


class StaffMember(Record):
    """One of the practice's people. Owners and practitioners give appointments; `active` is false once disabled."""

    id: str
    name: str
    email: str
    role: Annotated[StaffRole, Open]
    timezone: str
    active: bool
    signed_up: bool
    created_at: Instant
    version: str = ""


class Practitioner(Record):
    """Somebody who gives appointments, as clients see them."""

    id: str
    name: str
    timezone: str
    services: list[str]


class AddStaff(Request):
    """Add a person to the practice; the answer holds the invite link they sign up with."""

    email: Email
    name: Line
    role: StaffRole = "practitioner"
    timezone: ZoneName | None = None
    idempotency_key: IdempotencyKey | None = None


class EditStaff(Request):
    """Change what is given, keep the rest."""

    staff: Reference
    name: Line | None = None
    role: StaffRole | None = None
    timezone: ZoneName | None = None
    if_version: Version | None = None


class StaffReference(Request):
    """Names one of the practice's people."""

    staff: Reference


class ListPractitioners(Request):
    """Who gives appointments, or only who offers one service."""

    service: Reference | None = None
