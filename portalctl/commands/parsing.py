"""What people write for numbers, lengths of time, money, days and moments. Nothing is guessed: another form is refused.

Every function raises InvalidInput, whose hint names the accepted forms.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from portalctl.errors import AmbiguousTime, InvalidInput

if TYPE_CHECKING:
    from datetime import tzinfo

    from portalctl.models.money import Money

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""The years that a day or a moment may lie in."""

_DURATION = re.compile(r"(?=.)(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?")
_SIZE = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,3}))?(?:([kKmMgGtT])(i?)[bB]?)?")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_MONEY = re.compile(r"([0-9]{1,13})(?:\.([0-9]+))? ?([A-Za-z]{3})")
_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?%?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_WINDOW = re.compile(rf"{_CLOCK}-{_CLOCK}")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MOMENT_FORMS = (
    "write 2026-12-01T09:00 or '2026-12-01 09:00', with an offset where needed: 2026-12-01T09:00+01:00 or …Z"
)


def duration(text: str) -> int:
    """Minutes in `50m`, `24h`, `7d`, `1h30m` or `0`."""
    found = _DURATION.fullmatch(text)
    if text == "0":
        return 0
    if found is None:
        raise InvalidInput(f"{text!r} is not a length of time", "write minutes, hours or days: 50m, 24h, 7d, 1h30m")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return (days * 24 + hours) * 60 + minutes


def durations(text: str) -> list[int]:
    """Minutes of several lengths of time, such as `24h,1h`; `none` is none."""
    return [] if text == "none" else [duration(part.strip()) for part in text.split(",")]


def size(text: str) -> int:
    """Bytes in `50M`, `2.5GB` or `4096`: of a thousand, like disks; `MiB` of 1,024."""
    found = _SIZE.fullmatch(text)
    if found is None or (found[2] and not found[3]):
        raise InvalidInput(f"{text!r} is not a size", "write bytes, or kB, MB or GB: 4096, 50M, 2.5GB")
    thousandths = int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
    base = 1024 if found[4] else 1000
    return int(thousandths * base ** ("kmgt".index(found[3].lower()) + 1 if found[3] else 0) // 1000)


def number(text: str) -> int:
    """A whole number in ASCII digits, such as `2` or `-1`."""
    if not _NUMBER.fullmatch(text):
        raise InvalidInput(f"{text!r} is not a whole number", "write digits: 2")
    return int(text)


def money(text: str) -> Money:
    """An amount such as `80.00 EUR`. More decimals than the currency has are refused, never rounded."""
    from portalctl.models.money import Money, minor_digits

    found = _MONEY.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} is not an amount of money", "write the amount and the currency: 80.00 EUR")
    whole, decimals, currency = found[1], found[2] or "", found[3].upper()
    digits = minor_digits(currency)
    if len(decimals) > digits:
        raise InvalidInput(f"{currency} has {digits} decimals, {text!r} has {len(decimals)}", "nothing is rounded")
    return Money(amount=int(whole + decimals.ljust(digits, "0")), currency=currency)


def percent(text: str) -> int:
    """Hundredths of a percent in `22`, `5.5` or `7.25%`, up to 100."""
    found = _PERCENT.fullmatch(text)
    rate = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found is not None else 10_001
    if rate > 10_000:
        raise InvalidInput(f"{text!r} is not a percentage", "write it with up to two decimals: 22, or 5.5")
    return rate


def weekdays(text: str) -> list[int]:
    """ISO weekdays (Monday is 1) in `mon-fri,sun`, in order; `fri-mon` goes round the weekend."""
    found: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.partition("-")
        begin = _weekday(first, text)
        end = _weekday(last, text) if "-" in part else begin
        found.update((begin - 1 + step) % 7 + 1 for step in range((end - begin) % 7 + 1))
    return sorted(found)


def windows(text: str) -> list[str]:
    """Windows of a day in `09:00-12:00,13:00-17:00`."""
    found = [part.strip() for part in text.split(",")]
    for window in found:
        if not _WINDOW.fullmatch(window):
            raise InvalidInput(
                f"{window!r} is not a window of a day",
                "write windows as 09:00-12:00,13:00-17:00; midnight at the end of the day is 00:00",
            )
    return found


def day(text: str, first_year: int = FIRST_YEAR) -> date:
    """A calendar day, written 2026-12-01, of a year from then on."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} is not a day", "write year, month and day: 2026-12-01")
    year, month, number = (int(part) for part in found.groups())
    if not first_year <= year <= LAST_YEAR:
        raise InvalidInput(f"{text!r} is not between {first_year} and {LAST_YEAR}", "write a day like 2026-12-01")
    try:
        return date(year, month, number)
    except ValueError:
        raise InvalidInput(f"there is no day {text}", "write year, month and day: 2026-12-01") from None


def moment(text: str, zone: tzinfo) -> datetime:
    """An instant in UTC, written `2026-12-01T09:00`: with an offset, or else local in `zone`.

    Raises AmbiguousTime, with the offsets to choose from, for a local time that happens twice or never.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} is not a date and time", _MOMENT_FORMS)
    at = day(found["day"])
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    offset = found["offset"]
    if (
        hour > 23
        or minute > 59
        or second > 59
        or (offset not in (None, "Z") and (offset[1:3] > "23" or offset[4:] > "59"))
    ):
        raise InvalidInput(f"{text!r} is not a time that clocks show", _MOMENT_FORMS)
    if offset is not None:
        return datetime.fromisoformat(text).astimezone(UTC)
    return _local(datetime(at.year, at.month, at.day, hour, minute, second, tzinfo=zone), zone)


def given(**options: object) -> dict[str, object]:
    """The options that were given, by name. Raises InvalidInput where there is nothing to change."""
    found = {name: value for name, value in options.items() if value is not None}
    if not found:
        raise InvalidInput("there is nothing to change", "give at least one option, see --help")
    return found


def _local(wall: datetime, zone: tzinfo) -> datetime:
    first, second = wall.replace(fold=0), wall.replace(fold=1)
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    if before == after:
        return first.astimezone(UTC)
    why = "happens twice" if before > after else "does not exist: the clocks jump over it"
    raise AmbiguousTime(
        f"{wall:%Y-%m-%d %H:%M} in {zone} {why}", f"say which you mean: {first.isoformat()} or {second.isoformat()}"
    )


def _weekday(name: str, text: str) -> int:
    name = name.strip()
    for number, weekday in enumerate(_WEEKDAYS, start=1):
        if name in (weekday, weekday[:3]):
            return number
    raise InvalidInput(f"{text!r} does not name weekdays", "write weekdays as mon-fri,sun")
