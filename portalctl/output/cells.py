"""Values as a person reads them in a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from portalctl.output.safe import visible

if TYPE_CHECKING:
    from portalctl.models.values import Record

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

ALIKE_BELOW = 1000
"""Whole numbers below it are written alike in every language."""


class Style:
    """How days, times and numbers are written: this is English, and other languages differ from it."""

    def day(self, when: date) -> str:
        """`Mon 2 Mar 2026`."""
        return f"{_DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]} {when.year:04}"

    def moment(self, there: datetime) -> str:
        """`Mon 2 Mar 2026 09:00`, on the clocks of that place."""
        return f"{self.day(there)} {there:%H:%M}"

    def number(self, count: float | Decimal, decimals: int | None = None) -> str:
        """`1234.5`; with so many decimals where it is said how many."""
        return str(count) if decimals is None else f"{count:.{decimals}f}"


class Reading:
    """Who reads: the time zone they are in, and how their language is written. Both are asked for when needed."""

    def __init__(self, zone: Callable[[], tzinfo], language: Callable[[], str]) -> None:
        self._ask_zone = zone
        self._ask_language = language

    @cached_property
    def zone(self) -> tzinfo:
        """Where the reader is."""
        return self._ask_zone()

    @cached_property
    def style(self) -> Style:
        """How the reader's language is written."""
        from portalctl.models.sessions import ENGLISH

        tag = self._ask_language()
        if tag.partition("-")[0].lower() == ENGLISH:
            return Style()
        from portalctl.output.languages import style_of

        return style_of(tag)


class Size(int):
    """A count of bytes."""


def instant(moment: datetime, reading: Reading) -> str:
    """`Mon 2 Mar 2026 09:00 CET`; the offset, `+0545`, where the zone has no letters of its own."""
    there = moment.astimezone(reading.zone)
    name = there.tzname() or ""
    return f"{reading.style.moment(there)} {name if name.isalpha() else f'{there:%z}'}"


def minutes(count: int) -> str:
    """A length of time: `45m`, `24h`, `1h30m`, `0`."""
    hours, rest = divmod(count, 60)
    return (f"{hours}h" if hours else "") + (f"{rest}m" if rest else "") or "0"


def size(count: int | None) -> Size | None:
    """A count of bytes that is shown as `640 B`, `12.3 kB` or `4.0 GB`; nothing where there is none."""
    return None if count is None else Size(count)


def in_one_line(record: Any) -> str | None:
    """The lines of somebody's address, one behind the other."""
    return ", ".join(record.address.splitlines()) if record.address else None


def cell(value: object, reading: Reading) -> str:
    """The value on one line, safe to show; blank when missing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return visible(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return instant(value, reading)
    if isinstance(value, date):
        return reading.style.day(value)
    if isinstance(value, int | float):
        return _number(value, reading)
    if isinstance(value, list | tuple):
        return ", ".join(cell(each, reading) for each in value)
    return _other(value, reading)


def _number(value: float, reading: Reading) -> str:
    if isinstance(value, Size):
        return _size(value, reading)
    if isinstance(value, int) and abs(value) < ALIKE_BELOW:
        return str(value)
    return reading.style.number(value)


def _size(count: int, reading: Reading) -> str:
    if count < 1000:
        return f"{count} B"
    length = float(count)
    for unit in ("kB", "MB", "GB"):
        length /= 1000
        if length < 999.95:
            return f"{reading.style.number(length, 1)} {unit}"
    return f"{reading.style.number(length / 1000, 1)} TB"


def _other(value: object, reading: Reading) -> str:
    from portalctl.models.values import Record

    return _record(value, reading) if isinstance(value, Record) else visible(str(value))


def _record(value: Record, reading: Reading) -> str:
    from portalctl.models.money import Money, minor_digits
    from portalctl.models.values import Record

    if isinstance(value, Money):
        digits = minor_digits(value.currency)
        return f"{reading.style.number(Decimal(value.amount).scaleb(-digits), digits)} {visible(value.currency)}"
    if type(value).__str__ is Record.__str__:
        return "; ".join(f"{name}: {cell(each, reading)}" for name, each in value if each is not None)
    return visible(str(value))
