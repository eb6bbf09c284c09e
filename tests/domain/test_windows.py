"""A day's hours as instants: the wall clock rules, and days when the clocks change follow one documented rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalctl.domain.windows import minutes_in, starts_in, windows_on

ZONES = [
    "Africa/Cairo",
    "America/Los_Angeles",
    "America/New_York",
    "America/Phoenix",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Rome",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
]
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
CLOCKS = st.integers(0, 24 * 60)


def shown(window: tuple[int, int], zone: str) -> str:
    """What clocks in the zone show at both ends."""
    return " to ".join(
        f"{datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone)):%d %H:%M %z}" for second in window
    )


def on(day: str, windows: str, zone: str) -> list[str]:
    """The windows of a day, as clocks show them."""
    found = windows_on(date.fromisoformat(day), {}, {date.fromisoformat(day): windows}, ZoneInfo(zone))
    return [shown(window, zone) for window in found]


def clock(minute: int) -> str:
    """A minute of the day as windows are written."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def changes_clocks(day: date, zone: ZoneInfo) -> bool:
    """Whether the offset changes on the day or at either end of it."""
    begin = datetime.combine(day, time(), UTC) - timedelta(days=1)
    return len({(begin + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in range(73)}) > 1


@given(DAYS, CLOCKS, CLOCKS, st.sampled_from(ZONES))
def test_on_days_without_a_change_a_window_is_what_the_wall_clock_says(
    day: date, one: int, other: int, name: str
) -> None:
    """Start, end and length, in every zone."""
    zone = ZoneInfo(name)
    begins, ends = sorted((one, other))
    if begins == ends or begins == 1440 or changes_clocks(day, zone):
        return
    ((start, end),) = windows_on(day, {}, {day: f"{clock(begins)}-{clock(ends)}"}, zone)
    midnight = datetime.combine(day, time())
    assert datetime.fromtimestamp(start, zone).replace(tzinfo=None) == midnight + timedelta(minutes=begins)
    assert datetime.fromtimestamp(end, zone).replace(tzinfo=None) == midnight + timedelta(minutes=ends)
    assert end - start == 60 * (ends - begins)


@given(DAYS, st.lists(CLOCKS, min_size=2, max_size=8, unique=True), st.sampled_from(ZONES))
def test_windows_are_in_order_and_never_empty_or_overlapping_on_any_day(
    day: date, clocks: list[int], name: str
) -> None:
    """Also when the clocks change in the middle of them."""
    bounds = sorted(clocks)
    text = ",".join(f"{clock(begins)}-{clock(ends)}" for begins, ends in zip(bounds[::2], bounds[1::2], strict=False))
    found = windows_on(day, {day.isoweekday(): text}, {}, ZoneInfo(name))
    flat = [second for window in found for second in window]
    assert flat == sorted(flat)
    assert all(start < end for start, end in found)


@given(DAYS, st.sampled_from(ZONES))
def test_whole_days_follow_each_other_without_gap_or_overlap(day: date, name: str) -> None:
    """Midnight as an end is the next day's midnight as a start, on every day of every zone."""
    zone = ZoneInfo(name)
    weekly = dict.fromkeys(range(1, 8), "00:00-00:00")
    today, tomorrow = windows_on(day, weekly, {}, zone), windows_on(day + timedelta(days=1), weekly, {}, zone)
    assert today[0][1] == tomorrow[0][0]


@pytest.mark.parametrize(
    ("day", "windows", "zone", "expected"),
    [
        ("2025-03-30", "01:00-02:30", "Europe/Rome", ["30 01:00 +0100 to 30 03:00 +0200"]),
        ("2025-03-30", "02:30-04:00", "Europe/Rome", ["30 03:00 +0200 to 30 04:00 +0200"]),
        ("2025-03-30", "02:00-03:00", "Europe/Rome", []),
        ("2025-03-30", "02:10-02:50,09:00-10:00", "Europe/Rome", ["30 09:00 +0200 to 30 10:00 +0200"]),
        ("2023-03-12", "02:15-04:00", "America/New_York", ["12 03:00 -0400 to 12 04:00 -0400"]),
        ("2025-10-05", "02:10-03:00", "Australia/Lord_Howe", ["05 02:30 +1100 to 05 03:00 +1100"]),
        ("2018-11-04", "00:00-02:00", "America/Sao_Paulo", ["04 01:00 -0200 to 04 02:00 -0200"]),
        ("2024-04-26", "00:00-02:00", "Africa/Cairo", ["26 01:00 +0300 to 26 02:00 +0300"]),
        ("2025-03-30", "00:00-02:00", "Asia/Beirut", ["30 01:00 +0300 to 30 02:00 +0300"]),
    ],
)
def test_a_boundary_that_does_not_exist_moves_to_the_end_of_the_gap(
    day: str, windows: str, zone: str, expected: list[str]
) -> None:
    """And a window that becomes empty vanishes."""
    assert on(day, windows, zone) == expected


@pytest.mark.parametrize(
    ("day", "windows", "zone", "expected"),
    [
        ("2025-10-26", "01:00-02:30", "Europe/Rome", ["26 01:00 +0200 to 26 02:30 +0200"]),
        ("2025-10-26", "02:30-04:00", "Europe/Rome", ["26 02:30 +0200 to 26 04:00 +0100"]),
        ("2023-11-05", "01:30-02:00", "America/New_York", ["05 01:30 -0400 to 05 02:00 -0500"]),
        ("2026-04-05", "01:45-02:30", "Australia/Lord_Howe", ["05 01:45 +1100 to 05 02:30 +1030"]),
    ],
)
def test_a_boundary_that_happens_twice_means_its_first_occurrence(
    day: str, windows: str, zone: str, expected: list[str]
) -> None:
    """So a window over the change is longer than its clock times say."""
    assert on(day, windows, zone) == expected


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2018-11-03", "America/Sao_Paulo", 24),
        ("2018-02-17", "America/Sao_Paulo", 25),
        ("2024-04-25", "Africa/Cairo", 24),
        ("2024-10-31", "Africa/Cairo", 25),
        ("2025-03-30", "Asia/Beirut", 23),
        ("2025-10-25", "Asia/Beirut", 25),
        ("2025-03-30", "Europe/Rome", 23),
        ("2025-10-26", "Europe/Rome", 25),
        ("2025-10-05", "Australia/Lord_Howe", 23.5),
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2026-04-05", "Asia/Kathmandu", 24),
    ],
)
def test_midnight_as_an_end_is_the_next_midnight_even_where_that_is_skipped(day: str, zone: str, hours: float) -> None:
    """A whole day is as long as the zone makes it."""
    ((start, end),) = windows_on(date.fromisoformat(day), {}, {date.fromisoformat(day): "00:00-00:00"}, ZoneInfo(zone))
    assert (end - start) / 3600 == hours


def test_a_day_that_a_zone_skipped_has_no_windows() -> None:
    """Samoa had no 30 December 2011."""
    assert on("2011-12-30", "09:00-17:00", "Pacific/Apia") == []
    assert on("2011-12-29", "22:00-00:00", "Pacific/Apia") == ["29 22:00 -1000 to 31 00:00 +1400"]


def test_a_date_of_its_own_wins_over_its_weekday() -> None:
    """With other windows, or with none: then it is closed."""
    monday, zone = date(2026, 3, 2), ZoneInfo("Europe/Rome")
    weekly = {1: "09:00-10:00"}
    assert len(windows_on(monday, weekly, {}, zone)) == 1
    assert windows_on(monday, weekly, {monday: ""}, zone) == []
    assert len(windows_on(monday, weekly, {monday: "08:00-09:00,12:00-13:00"}, zone)) == 2
    assert windows_on(monday + timedelta(days=1), weekly, {}, zone) == []


def test_a_date_override_late_on_friday_in_los_angeles_stays_on_friday() -> None:
    """Though it is Saturday in UTC."""
    assert on("2026-03-06", "22:00-23:30", "America/Los_Angeles") == ["06 22:00 -0800 to 06 23:30 -0800"]


def test_nine_in_new_york_is_nine_from_october_to_december() -> None:
    """Every Monday, on both sides of the change."""
    zone, day = ZoneInfo("America/New_York"), date(2025, 10, 6)
    while day < date(2026, 1, 1):
        ((start, _),) = windows_on(day, {1: "09:00-10:00"}, {}, zone)
        assert datetime.fromtimestamp(start, zone).isoformat()[:16] == f"{day}T09:00"
        day += timedelta(days=7)


def test_starts_stand_on_the_grid_from_the_window_s_beginning_and_fit_whole() -> None:
    """Up to an end exactly at the window's end."""
    assert list(starts_in((0, 7200), 50, 30)) == [0, 1800, 3600]
    assert list(starts_in((0, 6600), 50, 30)) == [0, 1800, 3600]
    assert list(starts_in((0, 6599), 50, 30)) == [0, 1800]
    assert list(starts_in((900, 900 + 3000), 50, 30)) == [900]


def test_a_service_longer_than_the_window_has_no_start() -> None:
    """Nor an error."""
    assert list(starts_in((0, 3600), 61, 30)) == []


@given(st.integers(0, 10**9), st.integers(0, 200_000), st.integers(5, 1440), st.integers(5, 480))
def test_every_start_leaves_room_for_the_whole_duration(begin: int, length: int, duration: int, interval: int) -> None:
    """And the next step of the grid would not."""
    starts = list(starts_in((begin, begin + length), duration, interval))
    assert all((start - begin) % (60 * interval) == 0 and start + 60 * duration <= begin + length for start in starts)
    following = starts[-1] + 60 * interval if starts else begin
    assert following + 60 * duration > begin + length


def test_windows_are_read_as_minutes_of_the_day() -> None:
    """Midnight at the end is 1440."""
    assert minutes_in("09:00-12:30,13:00-00:00") == [(540, 750), (780, 1440)]
    assert minutes_in("") == []
