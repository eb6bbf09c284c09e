"""What a day, a window and a policy allow, and the clear empty answer where they allow nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import AppointmentStatus, BookSeries, DeclineAppointment, ListAppointments
from portalctl.models.policy import SetPolicy
from portalctl.models.services import AddService, ServiceReference
from portalctl.models.slots import FindSlots
from tests.domain.booking_setup import (
    ALL_DAY,
    ANNA,
    BEN,
    SESSION,
    asked,
    book,
    cancel,
    client_in,
    colleague,
    free_starts,
    give_hours,
    local,
    moment,
    move,
    offer,
)
from tests.domain.conftest import FakeClock
from tests.domain.people import hire

NINE = moment("2026-03-10 09:00")
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def test_an_empty_calendar_offers_its_whole_day_and_takes_its_first_appointment(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """The first appointment of an empty calendar (OpenEMR #6234)."""
    assert client.appointments.list(ListAppointments()).items == []
    offer(owner, ["09:00-12:00"])
    listed = free_starts(client, NINE)
    assert [start[11:] for start in local(listed)] == ["09:00", "09:30", "10:00", "10:30", "11:00"]
    assert book(client, listed[0]).status is AppointmentStatus.BOOKED


def test_a_practice_that_offers_nothing_yet_answers_with_an_empty_list(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """No service, no hours: a clear empty answer, never an error (OpenEMR #6234)."""
    assert client.slots.find(FindSlots()) == []
    owner.services.add(AddService(name=SESSION, duration_minutes=60))
    assert client.slots.find(FindSlots(service=SESSION)) == []
    assert client.appointments.check_booking(asked(NINE)).code == "outside_hours"


def test_a_service_longer_than_every_window_answers_with_an_empty_list(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """A service longer than every window: a clear empty answer, never an error (OpenEMR #6234)."""
    offer(owner, ["09:00-12:00", "13:00-16:00"])
    owner.services.add(AddService(name="Marathon", duration_minutes=181))
    assert free_starts(client, NINE, days=30, service="Marathon") == []
    with pytest.raises(errors.OutsideHours):
        book(client, NINE, service="Marathon")
    owner.services.add(AddService(name="Half day", duration_minutes=180))
    assert [start[11:] for start in local(free_starts(client, NINE, service="Half day"))] == ["09:00", "13:00"]


def test_an_appointment_does_not_reach_over_a_break(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Two windows that touch are two windows: each start lies wholly within one."""
    offer(owner, ["09:00-10:30", "10:30-12:00"], slot_interval_minutes=60)
    assert [start[11:] for start in local(free_starts(client, NINE))] == ["09:00", "10:30"]
    assert client.appointments.check_booking(asked(NINE + HOUR)).code == "outside_hours"


def test_what_is_archived_or_not_offered_there_is_refused_with_a_reason(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """A service is booked only with those who offer it, and only while it is offered."""
    offer(owner)
    miller = colleague(owner)
    with pytest.raises(errors.NotOffered):
        book(client, NINE, practitioner=miller)
    with pytest.raises(errors.NotOffered):
        free_starts(client, NINE, service=SESSION, practitioner=miller)
    (slot, *_) = client.slots.find(FindSlots(starts_from=NINE))
    owner.services.archive(ServiceReference(service=SESSION))
    assert free_starts(client, NINE) == []
    with pytest.raises(errors.NotFound):
        book(client, NINE)
    with pytest.raises(errors.NotOffered):
        client.appointments.book(asked(NINE, service=slot.service_id))


def test_a_client_gets_no_more_appointments_a_day_than_the_practice_allows(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """The limit holds when listing and when booking, for each client alone; cancelling gives back."""
    offer(owner, daily_limit=2)
    first = book(client, NINE)
    book(client, NINE + HOUR)
    assert {start[:10] for start in local(free_starts(client, NINE, days=3))} == {"2026-03-11", "2026-03-12"}
    with pytest.raises(errors.DailyLimitReached):
        book(client, NINE + 3 * HOUR)
    assert NINE + 3 * HOUR in free_starts(other_client, NINE)
    cancel(client, first)
    assert NINE + 3 * HOUR in free_starts(client, NINE)
    assert book(client, NINE + 3 * HOUR).status is AppointmentStatus.BOOKED


def test_moving_within_a_full_day_is_allowed_and_into_a_full_day_is_not(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """An appointment does not stand in its own way."""
    offer(owner, daily_limit=1)
    today, tomorrow = book(client, NINE), book(client, NINE + DAY)
    assert move(client, today, NINE + 4 * HOUR).starts_at == NINE + 4 * HOUR
    with pytest.raises(errors.DailyLimitReached):
        move(client, tomorrow, NINE)


def test_a_day_of_the_limit_is_a_day_of_the_practice(owner: EmbeddedPortal) -> None:
    """In Rome 23:00 and 01:00 are two days, wherever practitioner and client are."""
    offer(owner, ALL_DAY, zone="America/New_York", daily_limit=1, slot_interval_minutes=60)
    reader = client_in(owner, "America/Phoenix")
    book(reader, moment("2026-03-10 22:00"))
    assert reader.appointments.check_booking(asked(moment("2026-03-10 00:00"))).code == "daily_limit_reached"
    assert reader.appointments.check_booking(asked(moment("2026-03-11 00:00"))).allowed
    assert reader.appointments.check_booking(asked(moment("2026-03-09 23:00"))).allowed
    reader.close()


def test_requests_that_wait_count_towards_the_limit(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Otherwise a client could ask for the whole day; a declined one counts no more."""
    offer(owner, daily_limit=1, approval_required=True)
    wish = book(client, NINE)
    with pytest.raises(errors.DailyLimitReached):
        book(client, NINE + 3 * HOUR)
    owner.appointments.decline(DeclineAppointment(id=wish.id))
    assert book(client, NINE + 3 * HOUR).status is AppointmentStatus.REQUESTED


def test_staff_are_held_by_what_is_booked_and_by_the_past_alone(owner: EmbeddedPortal, clock: FakeClock) -> None:
    """The practice books without notice, beyond the horizon, outside hours, over the limit; never twice or back."""
    offer(owner, minimum_notice_minutes=48 * 60, horizon_days=7, daily_limit=1)
    at_night = moment("2026-09-01 03:07")
    assert book(owner, at_night, client=ANNA).starts_at == at_night
    assert book(owner, at_night + HOUR, client=ANNA).status is AppointmentStatus.BOOKED
    with pytest.raises(errors.SlotTaken):
        book(owner, at_night, client=ANNA)
    assert book(owner, clock.now, client=ANNA).starts_at == clock.now
    with pytest.raises(errors.SlotPast):
        book(owner, clock.now - timedelta(minutes=1), client=ANNA)


@pytest.mark.parametrize("year", [2062, 2604, 9999])
def test_nobody_books_more_than_ten_years_ahead(owner: EmbeddedPortal, client: EmbeddedPortal, year: int) -> None:
    """A slip in the year is refused, also for staff, and nothing is kept of it."""
    offer(owner)
    start = datetime(year, 12, 31, 23, 30, tzinfo=UTC)
    with pytest.raises(errors.BeyondHorizon):
        book(client, start)
    with pytest.raises(errors.BeyondHorizon, match="ten years"):
        book(owner, start, client=ANNA)
    with pytest.raises(errors.BeyondHorizon):
        owner.appointments.book_series(BookSeries(first=asked(start, client=ANNA), weeks=2))
    assert client.appointments.list(ListAppointments()).items == []


def test_colleagues_who_only_answer_the_phone_book_for_clients_too(owner: EmbeddedPortal) -> None:
    """Staff book for any client, and give no appointments themselves."""
    offer(owner)
    desk = hire(owner, "Desk", role="staff")
    assert book(desk, NINE, client=ANNA).client == ANNA
    with pytest.raises(errors.NotFound):
        book(desk, NINE + HOUR, client=ANNA, practitioner="Desk")
    desk.close()


def test_what_is_booked_is_seen_over_every_midnight(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """On any day of the week, an appointment early in a day is in the way of one that begins the day before."""
    offer(owner, ALL_DAY)
    for midnight in (datetime(2026, 3, 9, tzinfo=UTC) + number * DAY for number in range(8)):
        before = midnight - HOUR / 2
        assert before in free_starts(client, before)
        book(owner, midnight + HOUR / 4, client=BEN)
        assert client.appointments.check_booking(asked(before)).code == "slot_taken"
        assert before not in free_starts(client, before)


def test_a_service_may_have_terms_of_its_own(owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock) -> None:
    """Notice and interval of a service replace the practice's when listing and when booking."""
    offer(owner, ["09:00-11:00"], minimum_notice_minutes=24 * 60)
    owner.services.add(AddService(name="Urgent", duration_minutes=15))
    owner.policy.set(SetPolicy(service="Urgent", minimum_notice_minutes=60, slot_interval_minutes=45))
    clock.now = NINE - HOUR
    assert free_starts(client, NINE, service=SESSION) == []
    assert [start[11:] for start in local(free_starts(client, NINE, service="Urgent"))] == ["09:00", "09:45", "10:30"]
    assert client.appointments.check_booking(asked(NINE)).code == "notice_too_short"
    assert book(client, NINE, service="Urgent").starts_at == NINE


def test_hours_closed_later_do_not_touch_what_is_booked(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """An appointment outside the new hours stands, and blocks nothing but itself."""
    offer(owner)
    booked = book(client, NINE)
    give_hours(owner, windows=["14:00-16:00"])
    assert client.appointments.list(ListAppointments()).items == [booked]
    assert [start[11:] for start in local(free_starts(client, NINE))] == ["14:00", "14:30", "15:00"]
