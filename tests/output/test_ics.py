"""A calendar file means the same to every program that reads it."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dateutil.tz  # type: ignore[import-untyped]  # it has no types of its own
import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalctl.models.appointments import AppointmentStatus
from portalctl.output.ics import calendar
from tests.output.appointment_samples import START, appointment

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
ZONES = [
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Phoenix",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "UTC",
]


def events(content: bytes) -> list[Any]:
    """The events as icalendar reads them."""
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def by_the_files_own_zones(content: bytes) -> list[datetime]:
    """The starts as dateutil computes them from nothing but the file's VTIMEZONE."""
    text = content.decode().replace("\r\n ", "")
    zones = {
        name: block for block, name in re.findall(r"(BEGIN:VTIMEZONE.*?TZID:(.*?)\r\n.*?END:VTIMEZONE)", text, re.S)
    }
    starts = []
    for zone, local, suffix in re.findall(r"DTSTART(?:;TZID=([^:]*))?:([0-9T]{15})(Z?)\r\nDTEND", text):
        naive = datetime.strptime(local, "%Y%m%dT%H%M%S")  # noqa: DTZ007  its zone follows
        own = dateutil.tz.UTC if suffix else dateutil.tz.tzical(io.StringIO(zones[zone])).get()
        starts.append(naive.replace(tzinfo=own).astimezone(UTC))
    return starts


@pytest.mark.parametrize("zone", ZONES)
def test_two_other_readers_find_the_same_instants_around_every_change_of_clocks(zone: str) -> None:
    starts = [
        START + timedelta(days=days, hours=hours)
        for days in (-1, 26, 27, 28, 34, 5, 6, 7, 33, 206, 216, 237, 238, 244, 245)
        for hours in (-8, -7, -6, -2, -1, 0, 7, 9, 15)
    ]
    content = calendar(
        [appointment(starts_at=at, ends_at=at + timedelta(minutes=50), practitioner_timezone=zone) for at in starts],
        "Sonnenhof",
        NOW,
    )
    assert [event.start.astimezone(UTC) for event in events(content)] == starts
    assert [event.end.astimezone(UTC) for event in events(content)] == [at + timedelta(minutes=50) for at in starts]
    assert by_the_files_own_zones(content) == starts


@given(st.sampled_from(ZONES), st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)))  # noqa: DTZ001  the next line says UTC
def test_any_instant_of_any_zone_comes_back(zone: str, naive: datetime) -> None:
    at = naive.replace(microsecond=0, tzinfo=UTC)
    content = calendar([appointment(starts_at=at, ends_at=at, practitioner_timezone=zone)], "Sonnenhof", NOW)
    assert events(content)[0].start.astimezone(UTC) == at
    assert by_the_files_own_zones(content) == [at]


def test_both_hours_of_a_doubled_hour_are_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert first.astimezone(ZoneInfo("Europe/Berlin")).hour == second.astimezone(ZoneInfo("Europe/Berlin")).hour
    content = calendar([appointment(starts_at=at, ends_at=at) for at in (first, second)], "Sonnenhof", NOW)
    assert by_the_files_own_zones(content) == [first, second]


def test_a_change_of_clocks_is_written_at_the_wall_clock_time_before_it() -> None:
    content = calendar([appointment()], "Sonnenhof", NOW).decode()
    assert "BEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\nTZNAME:CEST\r\nTZOFFSETFROM:+0100" in content
    assert "BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200" in content


def test_an_appointment_keeps_its_uid_and_counts_its_moves() -> None:
    before, after = (events(calendar([appointment(sequence=n)], "Sonnenhof", NOW))[0] for n in (0, 3))
    assert before["UID"] == after["UID"] == "apt_7k2m9x4qv3bd@portalctl"
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 3)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("requested", "TENTATIVE"),
        ("booked", "CONFIRMED"),
        ("attended", "CONFIRMED"),
        ("no_show", "CONFIRMED"),
        ("declined", "CANCELLED"),
        ("cancelled", "CANCELLED"),
        ("late_cancelled", "CANCELLED"),
    ],
)
def test_every_status_has_its_meaning_in_a_calendar(status: str, expected: str) -> None:
    changed = appointment(status=AppointmentStatus(status))
    assert events(calendar([changed], "Sonnenhof", NOW))[0]["STATUS"] == expected


def test_an_event_says_what_with_whom_where_and_since_when() -> None:
    content = calendar([appointment(service="Visit; first, long", practitioner="Anna\nWeber")], "Sonnen, hof", NOW)
    event = events(content)[0]
    assert event["SUMMARY"] == "Visit; first, long with Anna\nWeber"
    assert event["LOCATION"] == "Sonnen, hof"
    assert event["DTSTAMP"].dt == NOW
    assert event["LAST-MODIFIED"].dt == appointment().updated_at
    assert icalendar.Calendar.from_ical(content)["METHOD"] == "PUBLISH"


def test_what_client_and_practice_wrote_to_each_other_stays_out_of_the_file() -> None:
    content = calendar([appointment(note="secret", reason="secret", client="secret")], "Sonnenhof", NOW)
    assert b"secret" not in content


def test_lines_are_no_longer_than_75_bytes_and_end_in_crlf() -> None:
    content = calendar([appointment(service="日本" * 60)], "Sonnenhof", NOW)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert content.count(b"\n") == content.count(b"\r\n")
    assert events(content)[0]["SUMMARY"] == "日本" * 60 + " with Anna Weber"


def test_no_appointments_are_an_empty_calendar() -> None:
    assert events(calendar([], "Sonnenhof", NOW)) == []
