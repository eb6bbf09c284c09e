"""How working hours look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalctl.output.columns import PRACTITIONER, ZONE, Column, Look

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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
        yield override.date, _windows(override.windows)


LOOKS: dict[str, Look] = {
    "PractitionerHours": Look(
        "hours",
        (Column("ID", "practitioner_id", whole=True), PRACTITIONER, ZONE, Column("Weekly", _week)),
        _hours,
    ),
}
