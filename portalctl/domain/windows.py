"""A day's hours as instants. Pure: no clock, no storage.

Windows are wall-clock times of the practitioner's zone. On a day when the clocks change:

- a boundary that does not exist (02:30 in a spring gap) moves forward to the end of the gap (03:00);
- a boundary that happens twice means its first occurrence;
- a window that becomes empty vanishes.

`00:00` as an end is the next midnight, itself under the same rule: some zones skip midnight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  wall-clock arithmetic
_SECOND = timedelta(seconds=1)
_DAY_MINUTES = 1440


def windows_on(
    day: date, weekly: Mapping[int, str], overrides: Mapping[date, str], zone: ZoneInfo
) -> list[tuple[int, int]]:
    """The day's windows in order, each as [start, end) in epoch seconds.

    `weekly` has windows as text by ISO weekday, `overrides` those of dates that have their own.
    """
    text = overrides.get(day)
    if text is None:
        text = weekly.get(day.isoweekday(), "")
    midnight = datetime.combine(day, time())
    found = []
    for begins, ends in minutes_in(text):
        start = instant_of(midnight + timedelta(minutes=begins), zone)
        end = instant_of(midnight + timedelta(minutes=ends), zone)
        if start < end:
            found.append((start, end))
    return found


def starts_in(window: tuple[int, int], duration_minutes: int, interval_minutes: int) -> Iterator[int]:
    """The starts that a window offers: every interval from its beginning, as long as the whole duration fits."""
    start, end = window
    return iter(range(start, end - 60 * duration_minutes + 1, 60 * interval_minutes))


def minutes_in(text: str) -> list[tuple[int, int]]:
    """Windows as minutes of the day, an end at midnight being 1440: `09:00-12:30,13:00-00:00` is 540-750, 780-1440."""
    return [
        (_minute(begins), _minute(ends) or _DAY_MINUTES)
        for begins, _, ends in (window.partition("-") for window in text.split(",") if window)
    ]


def instant_of(wall: datetime, zone: ZoneInfo) -> int:
    """The epoch second at which the zone's clocks first show `wall`, or jump over it."""
    before = zone.utcoffset(wall)
    after = zone.utcoffset(wall.replace(fold=1))
    assert before is not None  # noqa: S101  a zone knows every offset
    assert after is not None  # noqa: S101  a zone knows every offset
    local = (wall - _EPOCH) // _SECOND
    latest = local - before // _SECOND
    if after <= before:
        return latest
    earliest = local - after // _SECOND
    while earliest < latest:
        middle = (earliest + latest) // 2
        shown = datetime.fromtimestamp(middle, UTC).astimezone(zone).replace(tzinfo=None)
        if shown < wall:
            earliest = middle + 1
        else:
            latest = middle
    return latest


def _minute(clock: str) -> int:
    return 60 * int(clock[:2]) + int(clock[3:])
