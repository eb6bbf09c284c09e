"""A client and a practitioner in different zones mean the same instants, and each reads their own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.wording import when
from portalctl.models.appointments import AppointmentReference
from portalctl.models.hours import OverrideHours
from portalctl.models.place import Place
from portalctl.models.policy import SetPolicy
from portalctl.models.services import AddService
from portalctl.models.staff import EditStaff
from tests.domain.booking_setup import (
    ALL_DAY,
    ROSSI,
    asked,
    book,
    cancel,
    client_in,
    free,
    free_starts,
    local,
    moment,
    move,
    offer,
    show,
)
from tests.domain.conftest import FakeClock

LOS_ANGELES = "America/Los_Angeles"
HOUR = timedelta(hours=1)


def override(owner: EmbeddedPortal, day: str, windows: list[str]) -> None:
    """Hours of Dr Rossi for one date."""
    owner.hours.override(OverrideHours(practitioner=ROSSI, date=date.fromisoformat(day), windows=windows))


def test_hours_of_a_date_late_on_friday_in_los_angeles_stay_on_friday(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """A date override late on Friday in Los Angeles stays on Friday (Cal #10200)."""
    offer(owner, [], zone=LOS_ANGELES, slot_interval_minutes=60)
    override(owner, "2026-03-06", ["20:00-00:00"])
    assert local(free_starts(client, moment("2026-03-03 00:00"), days=8), LOS_ANGELES) == [
        f"2026-03-06 {hour}:00" for hour in (20, 21, 22, 23)
    ]


def test_a_date_closed_in_los_angeles_is_the_only_one_closed(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """A date override late on Friday in Los Angeles stays on Friday (Cal #10200): Thursday and Saturday are as ever."""
    offer(owner, ["22:00-00:00"], zone=LOS_ANGELES, slot_interval_minutes=60)
    override(owner, "2026-03-06", [])
    listed = local(free_starts(client, moment("2026-03-05 00:00", LOS_ANGELES), days=3), LOS_ANGELES)
    assert listed == ["2026-03-05 22:00", "2026-03-05 23:00", "2026-03-07 22:00", "2026-03-07 23:00"]


def test_readers_in_five_zones_see_the_same_instants(owner: EmbeddedPortal) -> None:
    """Listing the same day in five zones gives the same set of instants (Cal #6136, #8329)."""
    offer(owner, zone="America/New_York")
    first = moment("2026-03-10 00:00", "America/New_York")
    listings = []
    for zone in ("Pacific/Auckland", "Asia/Kathmandu", "Europe/Berlin", "America/Phoenix", "Pacific/Honolulu"):
        reader = client_in(owner, zone)
        listings.append([(slot.id, slot.starts_at) for slot in free(reader, first.astimezone(ZoneInfo(zone)))])
        reader.close()
    assert len(listings[0]) == 15
    assert all(listing == listings[0] for listing in listings)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"])
def test_an_hour_blocks_an_hour_where_offsets_are_not_whole_hours(
    owner: EmbeddedPortal, client: EmbeddedPortal, zone: str
) -> None:
    """Offsets that are not whole hours: Kolkata; Kathmandu (+5:45: Cal #15265 blocked 105 minutes for 60)."""
    offer(owner, ["09:00-14:00"], zone=zone, slot_interval_minutes=15)
    day = moment("2026-03-10 00:00", zone)
    before = free_starts(client, day)
    assert local(before[:2], zone) == ["2026-03-10 09:00", "2026-03-10 09:15"]
    booked = book(client, moment("2026-03-10 11:00", zone))
    gone = [start for start in before if start not in free_starts(client, day)]
    assert gone == [booked.starts_at + timedelta(minutes=15 * step) for step in range(-3, 4)]


def test_a_booking_keeps_its_instant_when_the_practitioner_changes_zone(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """The provider changes zone after a booking (EA #1789): the instant is kept."""
    offer(owner, cancellation_notice_minutes=24 * 60)
    booked = book(client, moment("2026-03-10 09:00"))
    owner.staff.edit(EditStaff(staff=ROSSI, timezone="America/New_York"))
    after = show(client, booked)
    assert after == booked.model_copy(update={"practitioner_timezone": "America/New_York"})
    assert local([after.starts_at], after.practitioner_timezone) == ["2026-03-10 04:00"]


def test_after_a_change_of_zone_windows_are_computed_around_the_instant(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """The provider changes zone after a booking (EA #1789): windows are computed from the instant."""
    offer(owner, ALL_DAY, slot_interval_minutes=60)
    booked = book(client, moment("2026-03-10 09:00"))
    owner.staff.edit(EditStaff(staff=ROSSI, timezone="America/New_York"))
    listed = local(free_starts(other_client, moment("2026-03-10 00:00", "America/New_York")), "America/New_York")
    assert listed == [f"2026-03-10 {hour:02}:00" for hour in range(24) if hour != 4]
    with pytest.raises(errors.SlotTaken):
        book(other_client, booked.starts_at)


def test_a_booking_outside_the_hours_of_the_new_zone_still_stands(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """The instant is kept, and so is what may be done with it until then."""
    offer(owner, ["09:00-10:00"], cancellation_notice_minutes=60)
    booked = book(client, moment("2026-03-10 09:00"))
    owner.staff.edit(EditStaff(staff=ROSSI, timezone="Asia/Tokyo"))
    clock.now = booked.starts_at - HOUR
    assert cancel(client, booked).status == "cancelled"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/Phoenix", "Tue 3 Mar 2026 05:00 MST"),
        ("Asia/Kathmandu", "Tue 3 Mar 2026 17:45 +0545"),
        ("Europe/Berlin", "Tue 3 Mar 2026 13:00 CET"),
    ],
)
def test_a_moment_is_said_in_the_zone_of_its_reader_and_names_it(zone: str, shown: str) -> None:
    """Every time shown to a person carries its zone and is in the reader's zone (EA #1504)."""
    assert when(datetime(2026, 3, 3, 12, 0, tzinfo=UTC), zone) == shown


def test_every_refusal_that_names_a_time_names_it_in_the_zone_of_its_reader(
    owner: EmbeddedPortal, clock: FakeClock
) -> None:
    """Every time shown to a person carries its zone and is in the reader's zone (EA #1504): two hours early no more."""
    offer(owner, ALL_DAY, horizon_days=30, minimum_notice_minutes=60, cancellation_notice_minutes=60)
    owner.policy.set(SetPolicy(reschedule_notice_minutes=60))
    owner.services.add(
        AddService(name="Call", duration_minutes=20, place=Place.VIDEO, room_url="https://meet.example.com/rossi")
    )
    reader = client_in(owner, "America/Phoenix")
    call = book(owner, moment("2026-03-02 09:30"), service="Call", client="Phoenix")
    named = AppointmentReference(id=call.id)

    with pytest.raises(errors.NoticeTooShort) as soon:
        book(reader, moment("2026-03-02 09:30"))
    assert "could be booked until Mon 2 Mar 2026 00:30 MST" in str(soon.value.hint)
    with pytest.raises(errors.BeyondHorizon) as far:
        book(reader, moment("2026-05-01 09:00"))
    assert "can be booked from Wed 1 Apr 2026 00:00 MST" in str(far.value.hint)
    with pytest.raises(errors.CancellationWindowPassed, match="could be cancelled until Mon 2 Mar 2026 00:30 MST"):
        cancel(reader, call)
    with pytest.raises(errors.RescheduleWindowPassed, match="could be moved until Mon 2 Mar 2026 00:30 MST"):
        move(reader, call, moment("2026-03-03 09:00"))
    with pytest.raises(errors.JoinNotOpen) as early:
        reader.appointments.room(named)
    assert early.value.hint == "it opens Mon 2 Mar 2026 01:20 MST"
    with pytest.raises(errors.NotChangeable) as unstarted:
        owner.appointments.attended(named)
    assert unstarted.value.hint == "from Mon 2 Mar 2026 09:30 CET on"

    clock.now = call.starts_at - timedelta(minutes=1)
    assert reader.appointments.room(named).url == "https://meet.example.com/rossi"
    clock.now = call.ends_at
    with pytest.raises(errors.NotChangeable, match="it started Mon 2 Mar 2026 01:30 MST"):
        cancel(reader, call)
    with pytest.raises(errors.JoinNotOpen) as over:
        reader.appointments.room(named)
    assert over.value.hint == "it ended Mon 2 Mar 2026 01:50 MST"
    reader.close()


def test_a_time_may_be_asked_for_in_any_zone(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """The same instant, written with another offset, is the same slot."""
    offer(owner)
    start = moment("2026-03-10 09:00").astimezone(ZoneInfo("Asia/Kathmandu"))
    assert client.appointments.check_booking(asked(start)).allowed
    assert book(client, start).starts_at == start
