"""Values as a person reads them in a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo

from portalctl.models.values import Record
from portalctl.output.safe import visible

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def instant(moment: datetime, zone: tzinfo) -> str:
    """`Mon 2 Mar 2026 09:00 CET`; the offset, `+0545`, where the zone has no letters of its own."""
    there = moment.astimezone(zone)
    name = there.tzname() or ""
    return f"{day(there)} {there:%H:%M} {name if name.isalpha() else f'{there:%z}'}"


def day(when: date) -> str:
    """`Mon 2 Mar 2026`, in any locale."""
    return f"{_DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]} {when.year:04}"


def minutes(count: int) -> str:
    """A length of time: `45m`, `24h`, `1h30m`, `0`."""
    hours, rest = divmod(count, 60)
    return (f"{hours}h" if hours else "") + (f"{rest}m" if rest else "") or "0"


def size(count: int | None) -> str | None:
    """`640 B`, `12.3 kB`, `4.0 GB`; nothing where there is none."""
    if count is None:
        return None
    if count < 1000:
        return f"{count} B"
    length = float(count)
    for unit in ("kB", "MB", "GB"):
        length /= 1000
        if length < 999.95:
            return f"{length:.1f} {unit}"
    return f"{length / 1000:.1f} TB"


def cell(value: object, zone: Callable[[], tzinfo]) -> str:
    """The value on one line, safe to show; blank when missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return instant(value, zone())
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list | tuple):
        return ", ".join(cell(each, zone) for each in value)
    if isinstance(value, Record) and type(value).__str__ is Record.__str__:
        return "; ".join(f"{name}: {cell(each, zone)}" for name, each in value if each is not None)
    return visible(str(value))
