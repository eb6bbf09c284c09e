"""Booking an appointment, or a series of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portalctl import errors
from portalctl.models.appointments import Appointment, AppointmentReference, BookAppointment, BookSeries
from portalctl.models.hours import OverrideHours
from portalctl.models.services import ServiceReference
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import LONGEST_NOTICE, Studio

DECADE = timedelta(days=10 * 366 + 1)
WEEK = timedelta(weeks=1)


class TestBooking:
    """What `portal.appointments.book` does, and `check_booking`, which says what it would do."""

    @shows("appointments.book")
    @shows("appointments.show")
    def test_a_booking_is_what_was_asked_for_and_both_sides_see_it(self, studio: Studio) -> None:
        offer, start = studio.offer(cancellation_notice_minutes=60, reason_required=True), studio.day()
        booked = studio.booked(offer, start, note="by the window")
        assert (booked.status, booked.starts_at, booked.ends_at) == ("booked", start, start + timedelta(hours=1))
        assert (booked.service_id, booked.practitioner_id) == (offer.service.id, offer.practitioner)
        assert (booked.client_id, booked.note, booked.sequence) == (studio.client_id(), "by the window", 0)
        assert (booked.cancellable_until, booked.reason_required) == (start - timedelta(hours=1), True)
        assert booked.created_at == studio.clock()
        for portal in (studio.anna, studio.owner, studio.staff):
            assert portal.appointments.show(AppointmentReference(id=booked.id)) == booked

    @shows("appointments.book")
    def test_where_the_practice_approves_a_client_asks_and_holds_no_time(self, studio: Studio) -> None:
        offer, start = studio.offer(approval_required=True), studio.day()
        assert studio.booked(offer, start).status == "requested"
        assert studio.given(offer, start).status == "booked"

    @shows("appointments.book", errors.SlotTaken, errors.ClientBusy)
    def test_nobody_is_booked_twice_at_a_time(self, studio: Studio) -> None:
        offer, start = studio.offer(service={"buffer_after_minutes": 15}), studio.day()
        studio.booked(offer, start)
        for minutes in (-30, 0, 30, 60):
            with pytest.raises(errors.SlotTaken):
                studio.given(offer, start + timedelta(minutes=minutes))
        with pytest.raises(errors.ClientBusy):
            studio.booked(start=start + timedelta(minutes=30))
        studio.given(offer, start + timedelta(minutes=75))

    @shows("appointments.book", errors.NoticeTooShort, errors.BeyondHorizon, errors.OutsideHours)
    @shows("appointments.check_booking")
    def test_a_client_is_held_to_notice_horizon_and_hours_and_staff_are_not(self, studio: Studio) -> None:
        offers = [
            (errors.NoticeTooShort, studio.offer(minimum_notice_minutes=LONGEST_NOTICE)),
            (errors.BeyondHorizon, studio.offer(horizon_days=1)),
            (errors.OutsideHours, studio.offer(studio.colleague(windows=("14:00-15:00",)))),
        ]
        for refusal, offer in offers:
            start = studio.day()
            with pytest.raises(refusal) as failure:
                studio.booked(offer, start)
            verdict = studio.anna.appointments.check_booking(offer.at(start))
            assert (verdict.allowed, verdict.code, verdict.reason) == (False, refusal.code, failure.value.message)
            assert verdict.allowed_from == failure.value.allowed_from
            assert verdict.allowed_until == failure.value.allowed_until
            assert studio.given(offer, start).status == "booked"

    @shows("appointments.book", errors.OutsideHours)
    def test_a_date_that_is_closed_takes_no_bookings_of_clients(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        studio.owner.hours.override(OverrideHours(practitioner=offer.practitioner, date=start.date(), windows=[]))
        with pytest.raises(errors.OutsideHours):
            studio.booked(offer, start)

    @shows("appointments.book", errors.DailyLimitReached)
    def test_a_client_has_as_many_appointments_a_day_as_the_practice_allows(self, studio: Studio) -> None:
        offer, start = studio.offer(daily_limit=1), studio.day()
        studio.booked(offer, start)
        with pytest.raises(errors.DailyLimitReached):
            studio.booked(offer, start + timedelta(hours=3))
        studio.booked(offer, studio.day())

    @shows("appointments.book", errors.SlotPast, errors.BeyondHorizon)
    def test_the_past_and_the_far_future_are_booked_by_nobody(self, studio: Studio) -> None:
        offer, now = studio.offer(), studio.clock().replace(second=0)
        with pytest.raises(errors.SlotPast):
            studio.booked(offer, now - timedelta(minutes=30))
        with pytest.raises(errors.SlotPast):
            studio.given(offer, now - timedelta(minutes=30))
        with pytest.raises(errors.BeyondHorizon):
            studio.given(offer, now + DECADE)

    @shows("appointments.book", errors.NotOffered)
    def test_what_is_offered_no_more_is_booked_no_more(self, studio: Studio) -> None:
        offer = studio.offer()
        slot = studio.slot(offer, studio.day())
        studio.owner.services.archive(ServiceReference(service=offer.service.id))
        with pytest.raises(errors.NotOffered):
            studio.anna.appointments.book(BookAppointment(slot=slot))

    @shows("appointments.book", errors.NotFound, errors.InvalidInput)
    @shows("appointments.check_booking", errors.NotFound, errors.InvalidInput)
    def test_a_booking_has_to_name_what_there_is(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        at_no_minute = offer.at(start + timedelta(seconds=30))
        for portal in (studio.owner, studio.anna):
            for call in (portal.appointments.book, portal.appointments.check_booking):
                with pytest.raises(errors.NotFound):
                    call(BookAppointment(slot=MISSING["slot"], client=studio.client_id()))
                with pytest.raises(errors.NotFound):
                    call(offer.at(start, client=MISSING["client"]))
                for wrong in (BookAppointment(service=offer.service.id), at_no_minute):
                    with pytest.raises(errors.InvalidInput):
                        call(wrong)
        with pytest.raises(errors.InvalidInput):
            studio.owner.appointments.book(offer.at(start))
        with pytest.raises(errors.NotFound):
            studio.anna.appointments.book(offer.at(start, client=studio.client_id("other client")))

    @shows("appointments.check_booking")
    def test_asking_whether_it_is_allowed_changes_nothing(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        for _ in range(2):
            assert studio.anna.appointments.check_booking(offer.at(start)).allowed
        studio.given(offer, start)
        assert studio.anna.appointments.check_booking(offer.at(start)).code == "slot_taken"

    @shows("appointments.book", errors.IdempotencyConflict)
    def test_the_same_key_books_once_and_belongs_to_whoever_used_it(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        key = studio.key()
        first = studio.booked(offer, start, idempotency_key=key)
        assert studio.booked(offer, start, idempotency_key=key) == first
        with pytest.raises(errors.IdempotencyConflict):
            studio.booked(offer, start + timedelta(hours=2), idempotency_key=key)
        later = offer.at(start + timedelta(hours=2), idempotency_key=key)
        assert studio.ben.appointments.book(later).id != first.id


class TestSeries:
    """What `portal.appointments.book_series` does."""

    @shows("appointments.book_series")
    def test_a_series_keeps_its_wall_clock_time_when_clocks_change(self, studio: Studio) -> None:
        offer = studio.offer(studio.colleague(timezone="Europe/Rome"))
        first = self._before_clocks_change(studio.clock()).replace(hour=9, minute=0)
        asked = offer.at(first, client=studio.patient())
        booked = studio.owner.appointments.book_series(BookSeries(first=asked, weeks=3))
        zone = ZoneInfo("Europe/Rome")
        shown = [each.starts_at.astimezone(zone).replace(tzinfo=None) for each in booked]
        assert shown == [first.replace(tzinfo=None) + week * WEEK for week in range(3)]
        assert booked[1].starts_at - booked[0].starts_at == WEEK - timedelta(hours=1)
        assert len({each.series_id for each in booked}) == 1
        assert booked[0].series_id is not None

    @shows("appointments.book_series", errors.AmbiguousTime)
    def test_a_series_over_a_time_that_clocks_leave_out_is_refused(self, studio: Studio) -> None:
        offer = studio.offer(studio.colleague(timezone="Europe/Rome"))
        first = self._before_clocks_change(studio.clock()).replace(hour=2, minute=30)
        request = BookSeries(first=offer.at(first, client=studio.patient()), weeks=2)
        with pytest.raises(errors.AmbiguousTime):
            studio.owner.appointments.book_series(request)

    @shows("appointments.book_series", errors.SlotTaken, errors.ClientBusy)
    def test_all_of_a_series_is_booked_or_nothing(self, studio: Studio) -> None:
        offer, start, patient = studio.offer(), studio.day(), studio.patient()
        studio.owner.appointments.book(offer.at(start + WEEK, client=studio.patient()))
        series = BookSeries(first=offer.at(start, client=patient), weeks=3)
        with pytest.raises(errors.SlotTaken):
            studio.owner.appointments.book_series(series)
        studio.owner.appointments.book(offer.at(start, client=studio.patient()))
        other = studio.offer()
        studio.owner.appointments.book(other.at(start + 2 * WEEK, client=patient))
        third = studio.offer()
        series = BookSeries(first=third.at(start, client=patient), weeks=3)
        with pytest.raises(errors.ClientBusy):
            studio.owner.appointments.book_series(series)
        studio.owner.appointments.book(third.at(start, client=patient))

    @shows("appointments.book_series", errors.NotPermitted)
    def test_a_client_books_no_series(self, studio: Studio) -> None:
        with pytest.raises(errors.NotPermitted):
            studio.anna.appointments.book_series(BookSeries(first=studio.offer().at(studio.day()), weeks=2))

    @shows("appointments.book_series", errors.SlotPast, errors.BeyondHorizon, errors.NotOffered)
    @shows("appointments.book_series", errors.NotFound, errors.InvalidInput)
    def test_a_series_is_held_to_what_each_of_its_appointments_is_held_to(self, studio: Studio) -> None:
        offer, now, patient = studio.offer(), studio.clock().replace(second=0), studio.patient()
        archived = studio.offer()
        studio.owner.services.archive(ServiceReference(service=archived.service.id))
        refused = [
            (errors.SlotPast, offer.at(now - WEEK, client=patient)),
            (errors.BeyondHorizon, offer.at(now + DECADE - 1.5 * WEEK, client=patient)),
            (errors.NotOffered, archived.at(studio.day(), client=patient)),
            (errors.NotFound, offer.at(studio.day(), client=MISSING["client"])),
            (errors.InvalidInput, offer.at(studio.day())),
        ]
        for refusal, first in refused:
            with pytest.raises(refusal):
                studio.owner.appointments.book_series(BookSeries(first=first, weeks=3))

    @shows("appointments.book_series", errors.IdempotencyConflict)
    def test_the_same_key_books_one_series(self, studio: Studio) -> None:
        first = studio.offer().at(studio.day(), client=studio.patient())
        request = BookSeries(first=first, weeks=3, idempotency_key=studio.key())
        booked: list[Appointment] = studio.owner.appointments.book_series(request)
        assert studio.owner.appointments.book_series(request) == booked
        with pytest.raises(errors.IdempotencyConflict):
            studio.owner.appointments.book_series(request.model_copy(update={"weeks": 4}))

    @staticmethod
    def _before_clocks_change(now: datetime) -> datetime:
        """The Sunday a week before the next on which clocks in Rome go from two to three, at midnight there."""
        day = (now + WEEK).astimezone(ZoneInfo("Europe/Rome")).replace(hour=0, minute=0, second=0)
        while (day + WEEK).utcoffset() == (day + WEEK + timedelta(days=1)).utcoffset() or day.month != 3:
            day += timedelta(days=1)
        assert day.astimezone(UTC) > now
        return day
