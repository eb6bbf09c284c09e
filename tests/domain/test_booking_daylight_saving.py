"""When clocks change, appointments stay at their instants and hours at their wall-clock times."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import dateutil.tz  # type: ignore[import-untyped]  # it has no types of its own
import icalendar
import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import Appointment, BookSeries, ListAppointments
from portalctl.models.hours import OverrideHours
from portalctl.output.ics import calendar
from tests.domain.booking_setup import (
    ALL_DAY,
    ANNA,
    ROSSI,
    asked,
    book,
    client_in,
    free,
    free_starts,
    local,
    moment,
    offer,
)
from tests.domain.conftest import FakeClock

NEW_YORK, ROME = "America/New_York", "Europe/Rome"
HOUR = timedelta(hours=1)


def series(owner: EmbeddedPortal, first: datetime, weeks: int) -> list[Appointment]:
    """A weekly series for Anna."""
    return owner.appointments.book_series(BookSeries(first=asked(first, client=ANNA), weeks=weeks))


def test_nine_in_new_york_is_listed_at_nine_from_october_to_december(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Weekly 09:00 New York, listed October to December: always 09:00 local (Cal #10517, #4702)."""
    clock.now = moment("2025-09-01 00:00")
    offer(owner, ["09:00-10:00"], zone=NEW_YORK)
    listed = free_starts(client, moment("2025-10-01 00:00", NEW_YORK), days=92)
    days = [datetime(2025, 10, 1, tzinfo=UTC) + timedelta(days=number) for number in range(92)]
    assert local(listed, NEW_YORK) == [f"{day:%Y-%m-%d} 09:00" for day in days]
    assert {start.hour for start in listed} == {13, 14}


@pytest.mark.parametrize(("day", "hours"), [("2023-03-12", 23), ("2023-11-05", 25), ("2023-11-06", 24)])
def test_every_hour_listed_on_the_day_of_change_books(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, day: str, hours: int
) -> None:
    """Listing and booking agree on 2023-03-12 and 2023-11-05 (Cal #6217)."""
    clock.now = moment("2023-03-01 00:00")
    offer(owner, ALL_DAY, zone=NEW_YORK, slot_interval_minutes=60)
    midnight = moment(f"{day} 00:00", NEW_YORK)
    listed = free_starts(client, midnight, days=hours / 24)
    assert listed == [midnight + number * HOUR for number in range(hours)]
    assert {start[:10] for start in local(listed, NEW_YORK)} == {day}
    assert [book(client, start).starts_at for start in listed] == listed
    assert free_starts(client, midnight, days=hours / 24) == []


@pytest.mark.parametrize("day", ["2023-03-12", "2023-11-05"])
def test_what_is_not_listed_on_the_day_of_change_is_not_bookable(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, day: str
) -> None:
    """Listing and booking agree on 2023-03-12 and 2023-11-05 (Cal #6217), the other way round."""
    clock.now = moment("2023-03-01 00:00")
    offer(owner, ["00:30-04:00", "22:00-00:00"], zone=NEW_YORK)
    noon = moment(f"{day} 12:00", NEW_YORK)
    asked_for = [noon + timedelta(minutes=15 * step) for step in range(-4 * 15, 4 * 15)]
    allowed = [start for start in asked_for if client.appointments.check_booking(asked(start)).allowed]
    assert allowed == free_starts(client, asked_for[0], days=30 / 24)
    assert allowed


def test_a_notice_that_ends_on_the_day_of_change_is_elapsed_time_and_moves_nothing_else(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Minimum notice that lands on the day of change (Cal #12137): nothing else moves."""
    clock.now = moment("2025-03-08 20:00", NEW_YORK)
    offer(owner, ["08:00-12:00"], zone=NEW_YORK, minimum_notice_minutes=12 * 60, slot_interval_minutes=60)
    listed = local(free_starts(client, clock.now, days=3), NEW_YORK)
    assert listed == [
        *(f"2025-03-09 {hour}:00" for hour in ("09", "10", "11")),
        *(f"2025-03-10 {hour}:00" for hour in ("08", "09", "10", "11")),
        *(f"2025-03-11 {hour}:00" for hour in ("08", "09", "10", "11")),
    ]
    assert client.appointments.check_booking(asked(moment("2025-03-09 08:00", NEW_YORK))).code == "notice_too_short"
    assert book(client, moment("2025-03-09 09:00", NEW_YORK)).starts_at == clock.now + 12 * HOUR


@pytest.mark.parametrize("start", ["2025-03-29 09:00", "2025-03-30 09:00", "2025-10-25 09:00", "2025-10-26 09:00"])
def test_other_libraries_read_the_booked_instant_from_the_calendar_file(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, start: str
) -> None:
    """The `.ics` of an appointment, read by another library, gives the same instant (EA #962)."""
    clock.now = moment("2025-03-01 00:00")
    offer(owner)
    booked = book(client, moment(start))
    file = calendar([booked], "Studio Rossi", clock.now)
    event: Any = icalendar.Calendar.from_ical(file).walk("VEVENT")[0]
    assert (event.start, event.end) == (booked.starts_at, booked.ends_at)
    text = file.decode().replace("\r\n ", "")
    zones = dateutil.tz.tzical(io.StringIO(text[text.index("BEGIN:VTIMEZONE") : text.index("BEGIN:VEVENT")]))
    found = re.search(r"DTSTART;TZID=Europe/Rome:(\w+)", text)
    assert found is not None
    written = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=zones.get(ROME))
    assert written.astimezone(UTC) == moment(start)


@pytest.mark.parametrize("zone", [NEW_YORK, ROME, "Australia/Sydney"])
def test_a_series_of_twenty_weeks_keeps_the_wall_clock_time_of_the_practitioner(
    owner: EmbeddedPortal, clock: FakeClock, zone: str
) -> None:
    """A series of 20 weekly appointments keeps wall-clock time in the provider's zone (Cal #4400)."""
    clock.now = moment("2025-09-01 00:00")
    offer(owner, zone=zone)
    booked = series(owner, moment("2025-09-15 09:00", zone), 20)
    days = [datetime(2025, 9, 15, tzinfo=UTC) + timedelta(weeks=week) for week in range(20)]
    assert local([each.starts_at for each in booked], zone) == [f"{day:%Y-%m-%d} 09:00" for day in days]
    assert len({each.starts_at.hour for each in booked}) == 2
    assert {each.ends_at - each.starts_at for each in booked} == {HOUR}


def test_a_series_that_meets_a_time_which_does_not_exist_is_refused_as_a_whole(
    owner: EmbeddedPortal, clock: FakeClock
) -> None:
    """A local time that does not exist (02:30 on 2025-03-30, Europe/Rome): refused, never silently wrong."""
    clock.now = moment("2025-03-01 00:00")
    offer(owner)
    with pytest.raises(errors.AmbiguousTime, match=r"2025-03-30 02:30 does not exist in Europe/Rome"):
        series(owner, moment("2025-03-16 02:30"), 4)
    assert owner.appointments.list(ListAppointments()).items == []


def test_a_series_that_meets_a_time_which_happens_twice_takes_the_first(
    owner: EmbeddedPortal, clock: FakeClock
) -> None:
    """02:30 on 2025-10-26 in Rome happens twice: a later week means its first."""
    clock.now = moment("2025-10-01 00:00")
    offer(owner)
    booked = series(owner, moment("2025-10-19 02:30"), 3)
    assert booked[1].starts_at == moment("2025-10-26 02:30", fold=0)
    assert local([each.starts_at for each in booked])[2] == "2025-11-02 02:30"


@pytest.mark.parametrize("fold", [0, 1])
def test_a_series_begins_at_the_very_instant_asked_for(owner: EmbeddedPortal, clock: FakeClock, fold: int) -> None:
    """02:30 on 2025-10-26 in Rome happens twice: the first appointment is at the one that was named."""
    clock.now = moment("2025-10-01 00:00")
    offer(owner)
    first = moment("2025-10-26 02:30", fold=fold)
    assert [each.starts_at for each in series(owner, first, 2)] == [first, moment("2025-11-02 02:30")]


def test_a_window_that_begins_in_the_gap_begins_when_the_gap_ends(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """A local time that does not exist (02:30 on 2025-03-30, Europe/Rome): moved by a documented rule."""
    clock.now = moment("2025-03-01 00:00")
    offer(owner, ["02:30-05:00"], slot_interval_minutes=60)
    assert local(free_starts(client, moment("2025-03-29 00:00"), days=3)) == [
        *("2025-03-29 02:30", "2025-03-29 03:30"),
        *("2025-03-30 03:00", "2025-03-30 04:00"),
        *("2025-03-31 02:30", "2025-03-31 03:30"),
    ]


def test_a_window_that_lies_in_the_gap_offers_nothing_that_day(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """From 02:00 to 03:00 on 2025-03-30 nobody in Rome can meet."""
    clock.now = moment("2025-03-01 00:00")
    offer(owner, ["02:00-03:00"])
    owner.hours.override(OverrideHours(practitioner=ROSSI, date=datetime(2025, 3, 31, tzinfo=UTC).date(), windows=[]))
    assert local(free_starts(client, moment("2025-03-29 00:00"), days=4)) == ["2025-03-29 02:00", "2025-04-01 02:00"]


@pytest.mark.parametrize(
    ("zone", "wall_clock"),
    [
        ("Europe/Berlin", {"03-07": "15:00", "03-10": "14:00", "03-28": "14:00", "03-31": "15:00"}),
        ("America/Phoenix", {"03-07": "07:00", "03-10": "06:00", "03-28": "06:00", "03-31": "06:00"}),
    ],
)
def test_in_weeks_when_only_one_side_changed_its_clocks_both_mean_the_same_instant(
    owner: EmbeddedPortal, clock: FakeClock, zone: str, wall_clock: dict[str, str]
) -> None:
    """Weeks in which Europe and the US are not both on summer time: client Berlin or Phoenix, provider New York."""
    clock.now = moment("2025-03-01 00:00")
    offer(owner, ["09:00-10:00"], zone=NEW_YORK)
    reader = client_in(owner, zone)
    for day, shown in wall_clock.items():
        (slot,) = free(reader, moment(f"2025-{day} 00:00", zone))
        assert local([slot.starts_at], zone) == [f"2025-{day} {shown}"]
        assert local([slot.starts_at], NEW_YORK) == [f"2025-{day} 09:00"]
        assert book(reader, moment(f"2025-{day} {shown}", zone)).starts_at == slot.starts_at
    reader.close()
