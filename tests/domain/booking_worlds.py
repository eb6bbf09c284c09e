"""Practices as they might be, for property tests, and a slow and simple rule for what each of them offers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from portalctl.storage.engine import Row

ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Phoenix",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Rome",
    "Pacific/Chatham",
]
"""Gaps and folds of half an hour, one and two hours, at midnight and elsewhere; and none."""

GRID = 300
"""Seconds: every start here is a multiple of five minutes."""

HOURS_SEEN = 32


class Existing(NamedTuple):
    """An appointment that is there already: so many minutes after the first instant looked at."""

    minutes: int
    service: str
    client: str
    status: str


class World(NamedTuple):
    """One practice under one policy at one moment. Lengths are minutes, horizon days; windows are text."""

    zone: str
    practice_zone: str
    first: datetime
    now: datetime
    windows: list[str]
    overrides: dict[date, list[str]]
    duration: int
    before: int
    after: int
    interval: int
    notice: int
    horizon: int
    daily_limit: int
    existing: list[Existing]


@cache
def days_of_change(zone: str) -> list[date]:
    """The days from 2009 to 2027 before or on which clocks change; some other day where they never do."""
    days = [datetime(2009, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(19 * 365)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    return [day.date() for day, one, other in zip(days, offsets, offsets[1:], strict=False) if one != other] or [
        date(2026, 3, 10)
    ]


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


@st.composite
def windows(draw: st.DrawFn) -> list[str]:
    """One to three windows of a day, on multiples of a quarter of an hour."""
    if draw(st.integers(0, 9)) == 0:
        return ["00:00-00:00"]
    ends = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
    return [f"{_clock(15 * begin)}-{_clock(15 * end)}" for begin, end in zip(ends[::2], ends[1::2], strict=False)]


@st.composite
def worlds(draw: st.DrawFn, zone: str) -> World:
    """A world in that zone, looked at from some hours before a change of clocks."""
    day = draw(st.sampled_from(days_of_change(zone)))
    near = [day + timedelta(days=number) for number in (-1, 0, 1)]
    first = datetime.combine(day, time(), UTC) + timedelta(hours=draw(st.integers(-20, 20)))
    notice = draw(st.sampled_from([0, 0, 5, 60, 1440]))
    moments = draw(st.sampled_from([st.integers(-6 * 3600, 24 * 3600), st.integers(-20 * 3600, -6 * 3600)]))
    return World(
        zone=zone,
        practice_zone=draw(st.sampled_from(["UTC", zone, "Asia/Kathmandu"])),
        first=first,
        now=first + timedelta(seconds=draw(moments)) - timedelta(minutes=notice),
        windows=draw(windows()),
        overrides=draw(st.dictionaries(st.sampled_from(near), windows() | st.just([]), max_size=2)),
        duration=draw(st.sampled_from([5, 15, 15, 30, 30, 50, 50, 60, 60, 95, 240, 1440])),
        before=draw(st.sampled_from([0, 0, 0, 5, 30, 480])),
        after=draw(st.sampled_from([0, 0, 0, 10, 45, 480])),
        interval=draw(st.sampled_from([5, 15, 20, 30, 60, 95])),
        notice=notice,
        horizon=draw(st.sampled_from([1, 2, 30])),
        daily_limit=draw(st.sampled_from([0, 0, 0, 1, 2])),
        existing=draw(
            st.lists(
                st.builds(
                    Existing,
                    st.integers(-12, 6 * (HOURS_SEEN + 2)).map(lambda number: 10 * number),
                    st.sampled_from(["Session", "Session", "Elsewhere"]),
                    st.sampled_from(["Anna Bianchi", "Ben Carter"]),
                    st.sampled_from(["booked", "booked", "cancelled", "requested"]),
                ),
                max_size=5,
            )
        ),
    )


def instants(world: World) -> list[int]:
    """Every multiple of five minutes that is looked at, in epoch seconds."""
    begin = int(world.first.timestamp())
    return list(range(begin, begin + 3600 * HOURS_SEEN, GRID))


def offered(world: World, rows: list[Row], client_id: str, practitioner_id: str) -> list[int]:
    """What Anna may book, worked out from the rules alone, one instant after the other.

    `rows` are the stored appointments; those of the practitioner and of the client are told apart by their ids.
    """
    now = world.now.timestamp()
    latest = now + 86_400 * world.horizon
    held = [row for row in rows if row["holds"]]
    blocked = [(r["blocked_from"], r["blocked_until"]) for r in held if r["practitioner_id"] == practitioner_id]
    busy = [(r["starts_at"], r["ends_at"]) for r in held if r["client_id"] == client_id]
    counted = [r for r in rows if r["client_id"] == client_id and r["status"] in ("booked", "requested")]
    days = [_day(row["starts_at"], world.practice_zone) for row in counted]
    grid = _grid(world)
    found = []
    for start in instants(world):
        end = start + 60 * world.duration
        takes = (start - 60 * world.before, end + 60 * world.after)
        if (
            start in grid
            and now + 60 * world.notice <= start <= latest
            and not any(begin < takes[1] and takes[0] < until for begin, until in blocked)
            and not any(begin < end and start < until for begin, until in busy)
            and not 0 < world.daily_limit <= days.count(_day(start, world.practice_zone))
        ):
            found.append(start)
    return found


def _day(second: int, zone: str) -> date:
    return datetime.fromtimestamp(second, ZoneInfo(zone)).date()


def _grid(world: World) -> set[int]:
    """The starts that hours and interval give: each window from when a clock that is watched first reaches it."""
    begin = int(world.first.timestamp()) - 3 * 86_400
    watched = [
        (second, datetime.fromtimestamp(second, ZoneInfo(world.zone)).replace(tzinfo=None))
        for second in range(begin, begin + 9 * 86_400, GRID)
    ]
    starts: set[int] = set()
    for day in (world.first.date() + timedelta(days=number) for number in range(-2, 4)):
        for window in world.overrides.get(day, world.windows):
            opens, closes = (datetime.combine(day, time.fromisoformat(clock)) for clock in window.split("-"))
            if closes <= opens:
                closes += timedelta(days=1)
            first, last = (next(second for second, shown in watched if shown >= wall) for wall in (opens, closes))
            starts.update(range(first, last - 60 * world.duration + 1, 60 * world.interval))
    return starts
