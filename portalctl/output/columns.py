"""What people see of each model, declared once. Models are named, not imported: one that is not shown costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from portalctl.output.cells import day, minutes


class Column(NamedTuple):
    """A header, and the field or getter whose value stands below it. A `whole` one is never shortened."""

    header: str
    value: str | Callable[[Any], object]
    whole: bool = False

    def of(self, record: object) -> object:
        """The record's value in this column."""
        return getattr(record, self.value) if isinstance(self.value, str) else self.value(record)


class Look(NamedTuple):
    """How a model looks: the name of several, a list's columns, and the rows of one in detail (else the columns')."""

    plural: str
    columns: tuple[Column, ...]
    detail: tuple[Column, ...] | Callable[[Any], Iterable[tuple[str, object]]] | None = None


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

ID = Column("ID", "id", whole=True)
WHEN = Column("When", "starts_at", whole=True)
SERVICE = Column("Service", "service")
PRACTITIONER = Column("Practitioner", "practitioner")
PLACE = Column("Place", "place", whole=True)
NAME = Column("Name", "name")
EMAIL = Column("E-mail", "email")
ZONE = Column("Time zone", "timezone")
STATUS = Column("Status", lambda appointment: appointment.status.replace("_", " "), whole=True)
SIGNED_UP = Column("Signed up", "signed_up", whole=True)
CREATED = Column("Since", "created_at", whole=True)


def _each(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None


def _windows(windows: Iterable[str]) -> str:
    return ", ".join(windows) or "closed"


def _week(hours: Any) -> str:
    return "; ".join(f"{WEEKDAYS[one.weekday - 1]} {_windows(one.windows)}" for one in hours.weekly if one.windows)


def _hours(hours: Any) -> Iterable[tuple[str, object]]:
    yield "ID", hours.practitioner_id
    yield "Practitioner", hours.practitioner
    yield "Time zone", hours.timezone
    weekly = {one.weekday: one.windows for one in hours.weekly}
    for number, name in enumerate(WEEKDAYS, start=1):
        yield name, _windows(weekly.get(number, []))
    for override in hours.overrides:
        yield day(override.date), _windows(override.windows)


def _policy(policy: Any) -> Iterable[tuple[str, object]]:
    def term(name: str, value: object) -> object:
        return f"{value} (set for this service)" if name in policy.overridden else value

    if policy.service is not None:
        yield "Service", policy.service
    for label, name, value in (
        ("Minimum notice", "minimum_notice_minutes", minutes(policy.minimum_notice_minutes)),
        ("Horizon", "horizon_days", f"{policy.horizon_days} days"),
        ("Cancellation notice", "cancellation_notice_minutes", minutes(policy.cancellation_notice_minutes)),
        ("Reschedule notice", "reschedule_notice_minutes", minutes(policy.reschedule_notice_minutes)),
        ("Reason required", "reason_required", "yes" if policy.reason_required else "no"),
        ("Late cancellation", "late_cancellation", policy.late_cancellation),
        ("Approval required", "approval_required", "yes" if policy.approval_required else "no"),
        ("Slot interval", "slot_interval_minutes", minutes(policy.slot_interval_minutes)),
        ("Daily limit", "daily_limit", policy.daily_limit or "none"),
        ("Reminders", "reminder_minutes", _each(map(minutes, policy.reminder_minutes)) or "none"),
    ):
        yield label, term(name, value)
    if policy.service is None:
        yield "Session idle", minutes(policy.session_idle_minutes)
        yield "Session lifetime", minutes(policy.session_lifetime_minutes)


_INVITE = (ID, NAME, EMAIL, Column("Kind", "kind", whole=True), Column("State", "state", whole=True))
_LINK = Column("Link", "link", whole=True)
_EXPIRES = Column("Expires", "expires_at", whole=True)
_SERVICE_ROOM = Column("Room", "room_url")

_LETTER = (
    ID,
    Column("What", lambda letter: letter.kind.replace("_", " "), whole=True),
    Column("To", "recipient"),
    Column("State", "state", whole=True),
    Column("Due", "due_at", whole=True),
)
_LETTER_DETAIL = (
    *_LETTER,
    Column("Written", "created_at"),
    Column("Attempts", "attempts"),
    Column("Settled", "settled_at"),
    Column("Why", "last_error"),
)

LOOKS: dict[str, Look] = {
    "Appointment": Look(
        "appointments",
        (ID, WHEN, SERVICE, PRACTITIONER, Column("Client", "client"), PLACE, STATUS),
        (
            ID,
            STATUS,
            WHEN,
            Column("Until", "ends_at"),
            SERVICE,
            PRACTITIONER,
            Column("Client", "client"),
            PLACE,
            Column("Note", "note"),
            Column("Reason", "reason"),
            Column("Confirmed", "confirmed_at"),
            Column("Cancel until", "cancellable_until"),
            Column("Move until", "reschedulable_until"),
            Column("Series", "series_id"),
            Column("Booked", "created_at"),
        ),
    ),
    "Slot": Look("free slots", (ID, WHEN, SERVICE, PRACTITIONER, PLACE)),
    "Service": Look(
        "services",
        (
            ID,
            NAME,
            Column("Length", lambda service: minutes(service.duration_minutes), whole=True),
            Column("Price", "price", whole=True),
            PLACE,
            Column("Practitioners", "practitioners"),
        ),
        (
            ID,
            NAME,
            Column("Length", lambda service: minutes(service.duration_minutes)),
            Column("Buffer before", lambda service: minutes(service.buffer_before_minutes)),
            Column("Buffer after", lambda service: minutes(service.buffer_after_minutes)),
            Column("Price", "price"),
            PLACE,
            _SERVICE_ROOM,
            Column("Practitioners", "practitioners"),
            Column("Archived", "archived"),
            CREATED,
        ),
    ),
    "Practitioner": Look("practitioners", (ID, NAME, ZONE, Column("Services", "services"))),
    "StaffMember": Look(
        "staff", (ID, NAME, EMAIL, Column("Role", "role", whole=True), ZONE, Column("Active", "active"), SIGNED_UP)
    ),
    "Client": Look("clients", (ID, NAME, EMAIL, ZONE, SIGNED_UP, CREATED)),
    "Invite": Look("invites", (*_INVITE, _EXPIRES)),
    "IssuedInvite": Look("invites", (*_INVITE, _EXPIRES, _LINK)),
    "ResetLink": Look("links", (Column("For", "person_id", whole=True), _EXPIRES, _LINK)),
    "Practice": Look("practices", (ID, NAME, EMAIL, ZONE, CREATED)),
    "Policy": Look(
        "policies",
        (
            Column("Service", lambda policy: policy.service or "(practice)"),
            Column("Notice", lambda policy: minutes(policy.minimum_notice_minutes)),
            Column("Horizon", lambda policy: f"{policy.horizon_days} days"),
            Column("Cancel", lambda policy: minutes(policy.cancellation_notice_minutes)),
            Column("Move", lambda policy: minutes(policy.reschedule_notice_minutes)),
        ),
        _policy,
    ),
    "PractitionerHours": Look(
        "hours",
        (Column("ID", "practitioner_id", whole=True), PRACTITIONER, ZONE, Column("Weekly", _week)),
        _hours,
    ),
    "Identity": Look(
        "accounts",
        (
            Column("ID", "account_id", whole=True),
            NAME,
            EMAIL,
            Column("Role", "role", whole=True),
            Column("Practice", "practice"),
            ZONE,
            Column("Session until", "session_expires_at", whole=True),
        ),
    ),
    "Verdict": Look(
        "answers",
        (
            Column("Allowed", "allowed", whole=True),
            Column("Reason", "reason"),
            Column("Code", "code", whole=True),
            Column("From", "allowed_from", whole=True),
            Column("Until", "allowed_until", whole=True),
        ),
    ),
    "Room": Look(
        "rooms",
        (
            Column("Appointment", "appointment_id", whole=True),
            Column("Room", "url", whole=True),
            Column("Opens", "opens_at", whole=True),
            Column("Closes", "closes_at", whole=True),
        ),
    ),
    "Notice": Look(
        "news",
        (
            Column("At", "at", whole=True),
            Column("What", lambda notice: notice.kind.replace("_", " "), whole=True),
            SERVICE,
            WHEN,
            Column("By", "by"),
            Column("Appointment", "appointment_id", whole=True),
        ),
    ),
    "BackupReport": Look(
        "backups",
        (
            Column("File", "file", whole=True),
            Column("Practice", "practice"),
            Column("Taken", "taken_at", whole=True),
            Column("Bytes", "bytes", whole=True),
            Column("SHA-256", "sha256", whole=True),
            Column("Audit rows", "audit_rows", whole=True),
        ),
    ),
    "RestoreReport": Look(
        "restores",
        (
            Column("Portal", "portal", whole=True),
            Column("Practice", "practice"),
            Column("Taken", "taken_at", whole=True),
            Column("Audit rows", "audit_rows", whole=True),
            Column("Changes lost", "changes_lost", whole=True),
            Column("Sessions ended", "sessions_ended", whole=True),
            Column("Links revoked", "links_revoked", whole=True),
            Column("Replaced", "replaced", whole=True),
        ),
    ),
    "Letter": Look("letters", _LETTER),
    "WrittenLetter": Look("letters", _LETTER, (*_LETTER_DETAIL, Column("Subject", "subject"))),
    "Delivery": Look(
        "rounds",
        (
            Column("Sent", "sent", whole=True),
            Column("Dropped", "dropped", whole=True),
            Column("Postponed", "postponed", whole=True),
            Column("Failed", "failed", whole=True),
        ),
    ),
    "Device": Look(
        "devices",
        (
            Column("Code", "user_code", whole=True),
            Column("Program", "name"),
            Column("From", "address", whole=True),
            Column("State", "state", whole=True),
            Column("Asked", "requested_at", whole=True),
            _EXPIRES,
        ),
    ),
    "ProfileRow": Look(
        "profiles",
        (
            NAME,
            Column("Current", lambda profile: "*" if profile.current else "", whole=True),
            Column("Portal", "portal", whole=True),
            EMAIL,
            Column("Store", "store", whole=True),
        ),
    ),
}


def look_of(kind: type) -> Look:
    """How records of this model look; one without a declaration shows every field."""
    declared = LOOKS.get(kind.__name__)
    return declared or Look("results", tuple(field_column(name) for name in getattr(kind, "model_fields", {})))


def field_column(name: str) -> Column:
    """A column of one field, under the field's own name."""
    label = name.replace("_", " ")
    return Column("ID" if name == "id" else label[:1].upper() + label[1:], name, whole=name.endswith(("id", "_at")))


def detail_of(record: object) -> list[tuple[str, object]]:
    """Label and value of each row of the record's detail view."""
    look = look_of(type(record))
    if callable(look.detail):
        return list(look.detail(record))
    return [(column.header, column.of(record)) for column in look.detail or look.columns]
