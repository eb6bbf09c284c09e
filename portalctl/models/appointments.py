"""Appointments and what may be asked of them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from portalctl.models.place import Place
from portalctl.models.values import (
    AppointmentId,
    IdempotencyKey,
    Instant,
    Limit,
    Open,
    Record,
    Reference,
    Request,
    SlotId,
    Text,
    WrittenInstant,
)


class AppointmentStatus(StrEnum):
    """Where an appointment stands. Only booked, attended and no-show ones hold their time."""

    REQUESTED = "requested"
    BOOKED = "booked"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


class Appointment(Record):
    """One appointment of one client with one practitioner.

    `cancellable_until` and `reschedulable_until` follow from the notice in force when it was booked;
    `sequence` counts its changes of time (RFC 5545 SEQUENCE).
    """

    id: str
    status: Annotated[AppointmentStatus, Open]
    starts_at: Instant
    ends_at: Instant
    service_id: str
    service: str
    practitioner_id: str
    practitioner: str
    practitioner_timezone: str
    client_id: str
    client: str
    place: Annotated[Place, Open]
    note: str | None = None
    reason: str | None = None
    confirmed_at: Instant | None = None
    cancellable_until: Instant
    reschedulable_until: Instant
    reason_required: bool
    late_cancellation_recorded: bool
    series_id: str | None = None
    sequence: int
    created_at: Instant
    updated_at: Instant


class Room(Record):
    """Where `join` leads, and when it is open."""

    appointment_id: str
    url: str
    opens_at: Instant
    closes_at: Instant


class Verdict(Record):
    """Whether a step would be allowed now; if not, the code and reason, and from when or until when it would be."""

    allowed: bool
    code: str | None = None
    reason: str | None = None
    allowed_from: Instant | None = None
    allowed_until: Instant | None = None


class BookAppointment(Request):
    """Book a slot, or a service with a practitioner at a time. Staff book for `client`."""

    slot: SlotId | None = None
    service: Reference | None = None
    practitioner: Reference | None = None
    starts_at: WrittenInstant | None = None
    client: Reference | None = None
    note: Text | None = None
    idempotency_key: IdempotencyKey | None = None


class BookSeries(Request):
    """Book `weeks` weekly appointments at the same wall-clock time in the practitioner's zone: all of them or none.

    The idempotency key is the series': `first` has none.
    """

    first: BookAppointment
    weeks: Annotated[int, Field(ge=2, le=52)]
    idempotency_key: IdempotencyKey | None = None


class ListAppointments(Request):
    """Appointments that start from `starts_from` until before `starts_before`, earliest (or `newest_first`) first.

    `when` is decided by the portal's clock; one that is under way is upcoming.
    """

    starts_from: WrittenInstant | None = None
    starts_before: WrittenInstant | None = None
    when: Literal["upcoming", "past"] | None = None
    statuses: Annotated[list[AppointmentStatus], Field(min_length=1)] | None = None
    practitioner: Reference | None = None
    client: Reference | None = None
    newest_first: bool = False
    limit: Limit = 100
    cursor: str | None = None


class AppointmentReference(Request):
    """Names one appointment."""

    id: AppointmentId


class RescheduleAppointment(Request):
    """Move to another slot of the same service, in one step."""

    id: AppointmentId
    slot: SlotId
    idempotency_key: IdempotencyKey | None = None


class CancelAppointment(Request):
    """Cancel, with the reason where the practice requires one."""

    id: AppointmentId
    reason: Text | None = None


class DeclineAppointment(Request):
    """Decline a request, with a reason for the client."""

    id: AppointmentId
    reason: Text | None = None
