"""When a practitioner gives appointments: local wall-clock windows in the practitioner's own zone."""

from typing import Annotated

from pydantic import AfterValidator, Field

from portalctl.models.values import Day, IdempotencyKey, Record, Reference, Request, Version, WrittenDay

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"


def _in_order(windows: list[str]) -> list[str]:
    ordered = sorted(windows)
    ends_before = ""
    for window in ordered:
        start, end = window.split("-")
        if end == "00:00":
            end = "24:00"
        if end <= start:
            raise ValueError(f"the window {window} ends before it starts")
        if start < ends_before:
            raise ValueError(f"the window {window} overlaps the one before it")
        ends_before = end
    return ordered


Window = Annotated[str, Field(pattern=rf"^{_CLOCK}-{_CLOCK}$")]
"""`09:00-12:30`, local time; `00:00` as the end is midnight at the end of the day."""

Windows = Annotated[list[Window], AfterValidator(_in_order)]
"""The windows of one day, in order and without overlap; none means closed."""

Weekday = Annotated[int, Field(ge=1, le=7)]
"""ISO 8601: Monday is 1, Sunday is 7."""


class WeeklyHours(Record):
    """The windows of one weekday."""

    weekday: int
    windows: list[str]


class DayOverride(Record):
    """The windows of one date, in place of its weekday's; no windows means closed."""

    date: Day
    windows: list[str]


class PractitionerHours(Record):
    """All hours of one practitioner."""

    practitioner_id: str
    practitioner: str
    timezone: str
    weekly: list[WeeklyHours]
    overrides: list[DayOverride]
    version: str = ""


class PractitionerReference(Request):
    """Names one practitioner."""

    practitioner: Reference


class SetHours(Request):
    """Replace the windows of these weekdays; the other weekdays stay."""

    practitioner: Reference
    weekdays: list[Weekday]
    windows: Windows
    if_version: Version | None = None


class AddHours(Request):
    """Add windows to these weekdays, beside those they have."""

    practitioner: Reference
    weekdays: list[Weekday]
    windows: Windows
    idempotency_key: IdempotencyKey | None = None


class OverrideHours(Request):
    """Give one date hours of its own; `windows` empty closes it, absent returns it to its weekday's hours."""

    practitioner: Reference
    date: WrittenDay
    windows: Windows | None = None
    if_version: Version | None = None
