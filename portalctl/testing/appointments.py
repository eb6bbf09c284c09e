"""Appointments: who sees them, and what may happen to one whose time stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portalctl import errors
from portalctl.models.appointments import (
    Appointment,
    AppointmentReference,
    BookSeries,
    CancelAppointment,
    DeclineAppointment,
    ListAppointments,
)
from portalctl.models.services import ServiceReference
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import LONGEST_NOTICE, Studio

ROOM = "https://video.example.com/room"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def named(appointment: Appointment) -> AppointmentReference:
    """The reference to an appointment."""
    return AppointmentReference(id=appointment.id)


class TestAppointments:
    """What `portal.appointments` shows."""

    @shows("appointments.list")
    def test_a_client_sees_their_own_and_staff_those_of_all(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        offer, start = studio.offer(), studio.day()
        mine = [cara.appointments.book(offer.at(start + day * DAY)) for day in (2, 0, 1)]
        others = studio.given(offer, start + timedelta(hours=2))
        in_order = sorted(mine, key=lambda each: each.starts_at)
        assert cara.appointments.list(ListAppointments()).items == in_order
        assert studio.owner.appointments.list(ListAppointments(client=identity.email)).items == in_order
        by_practitioner = studio.staff.appointments.list(ListAppointments(practitioner=offer.practitioner)).items
        assert by_practitioner == sorted([*mine, others], key=lambda each: each.starts_at)

    @shows("appointments.list")
    def test_a_list_is_narrowed_by_time_and_status_and_goes_on_where_a_page_ends(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        made = [studio.given(offer, start + hour * timedelta(hours=1)) for hour in range(5)]
        studio.owner.appointments.cancel(CancelAppointment(id=made[4].id))

        def listed(**which: object) -> list[str]:
            found, cursor = [], None
            while True:
                fields = {"practitioner": offer.practitioner, "limit": 2, "cursor": cursor, **which}
                page = studio.owner.appointments.list(ListAppointments.model_validate(fields))
                found += [each.id for each in page.items]
                cursor = page.next
                if cursor is None:
                    return found

        ids = [each.id for each in made]
        assert listed() == ids
        assert listed(newest_first=True) == ids[::-1]
        assert listed(statuses=["cancelled", "declined"]) == ids[4:]
        assert listed(starts_from=made[1].starts_at, starts_before=made[3].starts_at) == ids[1:3]
        assert listed(when="upcoming") == ids
        assert listed(when="past") == []

    @shows("appointments.list", errors.InvalidInput, errors.NotFound)
    def test_a_list_of_nobody_and_from_nowhere_is_refused(self, studio: Studio) -> None:
        with pytest.raises(errors.InvalidInput):
            studio.anna.appointments.list(ListAppointments(cursor="somewhere"))
        for wrong in ({"client": studio.client_id("other client")}, {"practitioner": MISSING["staff"]}):
            with pytest.raises(errors.NotFound):
                studio.anna.appointments.list(ListAppointments(**wrong))

    @shows("appointments.show", errors.NotFound)
    def test_what_belongs_to_somebody_else_is_answered_as_what_is_not_there(self, studio: Studio) -> None:
        told = set()
        for reference in (studio.given().id, MISSING["appointment"]):
            with pytest.raises(errors.NotFound) as failure:
                studio.anna.appointments.show(AppointmentReference(id=reference))
            told.add((failure.value.message.replace(reference, "…"), failure.value.hint))
        assert len(told) == 1

    @shows("appointments.show")
    @shows("appointments.show", errors.AmbiguousId)
    def test_a_prefix_of_an_id_is_enough_where_it_fits_one(self, studio: Studio) -> None:
        first = studio.offer().at(studio.day(), client=studio.patient())
        booked = studio.owner.appointments.book_series(BookSeries(first=first, weeks=34))
        begins = [each.id[:5] for each in booked]
        shared = next(prefix for prefix in begins if begins.count(prefix) > 1)
        with pytest.raises(errors.AmbiguousId):
            studio.owner.appointments.show(AppointmentReference(id=shared))
        assert studio.owner.appointments.show(AppointmentReference(id=booked[0].id[:-1].upper())) == booked[0]

    @shows("appointments.room")
    @shows("appointments.room", errors.JoinNotOpen)
    def test_a_video_room_is_open_from_ten_minutes_before_the_start_to_the_end(self, studio: Studio) -> None:
        offer = studio.offer(service={"place": "video", "room_url": ROOM, "duration_minutes": 5})
        start = self._soon(studio, 12)
        booked = studio.given(offer, start)
        with pytest.raises(errors.JoinNotOpen) as failure:
            studio.owner.appointments.room(named(booked))
        assert failure.value.allowed_from == start - 10 * MINUTE
        studio.clock.move(start - 10 * MINUTE - studio.clock())
        room = studio.owner.appointments.room(named(booked))
        assert (room.appointment_id, room.url, room.opens_at) == (booked.id, ROOM, start - 10 * MINUTE)
        studio.clock.move(booked.ends_at - studio.clock())
        with pytest.raises(errors.JoinNotOpen):
            studio.owner.appointments.room(named(booked))

    @shows("appointments.room", errors.NothingToJoin, errors.NotFound)
    def test_there_is_nothing_to_join_without_a_room(self, studio: Studio) -> None:
        with pytest.raises(errors.NothingToJoin):
            studio.anna.appointments.room(named(studio.booked()))
        with pytest.raises(errors.NotFound):
            studio.anna.appointments.room(named(studio.given()))

    @staticmethod
    def _soon(studio: Studio, minutes: int) -> datetime:
        return studio.clock().replace(second=0) + (minutes + 1) * MINUTE


class TestChanges:
    """What `portal.appointments` does to one appointment."""

    @shows("appointments.confirm")
    def test_a_client_confirms_once(self, studio: Studio) -> None:
        booked = studio.booked()
        confirmed = studio.anna.appointments.confirm(named(booked))
        assert confirmed.confirmed_at == studio.clock()
        studio.clock.move(MINUTE)
        assert studio.anna.appointments.confirm(named(booked)) == confirmed

    @shows("appointments.confirm", errors.NotChangeable, errors.NotFound)
    def test_only_what_is_booked_is_confirmed(self, studio: Studio) -> None:
        with pytest.raises(errors.NotChangeable):
            studio.anna.appointments.confirm(named(studio.booked(studio.offer(approval_required=True))))
        with pytest.raises(errors.NotFound):
            studio.anna.appointments.confirm(named(studio.given()))

    @shows("appointments.cancel")
    @shows("appointments.check_cancellation")
    def test_cancelling_frees_the_time_at_once_and_repeating_it_changes_nothing(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        booked = studio.booked(offer, start)
        request = CancelAppointment(id=booked.id, reason="travelling")
        assert studio.anna.appointments.check_cancellation(request).allowed
        cancelled = studio.anna.appointments.cancel(request)
        assert (cancelled.status, cancelled.reason, cancelled.sequence) == ("cancelled", "travelling", 1)
        studio.clock.move(MINUTE)
        assert studio.anna.appointments.cancel(request.model_copy(update={"reason": "another"})) == cancelled
        assert studio.given(offer, start).starts_at == start

    @shows("appointments.cancel", errors.CancellationWindowPassed)
    @shows("appointments.check_cancellation")
    def test_a_client_cancels_in_time_or_late_where_that_is_recorded(self, studio: Studio) -> None:
        strict = studio.offer(cancellation_notice_minutes=LONGEST_NOTICE)
        lenient = studio.offer(cancellation_notice_minutes=LONGEST_NOTICE, late_cancellation="recorded")
        kept = studio.booked(strict)
        with pytest.raises(errors.CancellationWindowPassed) as failure:
            studio.anna.appointments.cancel(CancelAppointment(id=kept.id))
        assert failure.value.allowed_until == kept.cancellable_until
        verdict = studio.anna.appointments.check_cancellation(CancelAppointment(id=kept.id))
        assert (verdict.allowed, verdict.code) == (False, "cancellation_window_passed")
        late = studio.anna.appointments.cancel(CancelAppointment(id=studio.booked(lenient).id))
        assert late.status == "late_cancelled"
        assert studio.owner.appointments.cancel(CancelAppointment(id=kept.id)).status == "cancelled"

    @shows("appointments.cancel", errors.ReasonRequired)
    def test_where_a_reason_is_required_a_client_gives_one(self, studio: Studio) -> None:
        booked = studio.booked(studio.offer(reason_required=True))
        for reason in (None, "", "  "):
            with pytest.raises(errors.ReasonRequired):
                studio.anna.appointments.cancel(CancelAppointment(id=booked.id, reason=reason))
        assert studio.anna.appointments.cancel(CancelAppointment(id=booked.id, reason="ill")).reason == "ill"

    @shows("appointments.cancel", errors.NotChangeable, errors.NotFound)
    @shows("appointments.check_cancellation", errors.NotFound)
    def test_only_what_is_to_come_is_cancelled(self, studio: Studio) -> None:
        declined = self._declined(studio)
        with pytest.raises(errors.NotChangeable):
            studio.anna.appointments.cancel(CancelAppointment(id=declined.id))
        request = CancelAppointment(id=studio.given().id)
        for call in (studio.anna.appointments.cancel, studio.anna.appointments.check_cancellation):
            with pytest.raises(errors.NotFound):
                call(request)

    @shows("appointments.approve")
    @shows("appointments.approve", errors.SlotTaken)
    def test_of_two_who_ask_for_one_time_one_is_approved(self, studio: Studio) -> None:
        offer, start = studio.offer(approval_required=True), studio.day()
        asked = studio.booked(offer, start), studio.ben.appointments.book(offer.at(start))
        approved = studio.owner.appointments.approve(named(asked[0]))
        assert (approved.id, approved.status) == (asked[0].id, "booked")
        assert studio.owner.appointments.approve(named(asked[0])) == approved
        with pytest.raises(errors.SlotTaken):
            studio.owner.appointments.approve(named(asked[1]))
        assert studio.ben.appointments.show(named(asked[1])) == asked[1]

    @shows("appointments.approve", errors.ClientBusy, errors.NotOffered)
    def test_what_is_approved_is_checked_again(self, studio: Studio) -> None:
        offer, start = studio.offer(approval_required=True), studio.day()
        asked = studio.booked(offer, start)
        other = studio.booked(start=start)
        with pytest.raises(errors.ClientBusy):
            studio.owner.appointments.approve(named(asked))
        studio.anna.appointments.cancel(CancelAppointment(id=other.id))
        studio.owner.services.archive(ServiceReference(service=offer.service.id))
        with pytest.raises(errors.NotOffered):
            studio.owner.appointments.approve(named(asked))

    @shows("appointments.approve", errors.NotChangeable, errors.NotFound)
    def test_only_a_request_is_approved(self, studio: Studio) -> None:
        with pytest.raises(errors.NotChangeable):
            studio.owner.appointments.approve(named(self._declined(studio)))
        with pytest.raises(errors.NotFound):
            studio.owner.appointments.approve(AppointmentReference(id=MISSING["appointment"]))

    @shows("appointments.decline")
    @shows("appointments.decline", errors.NotChangeable, errors.NotFound)
    def test_a_request_is_declined_once_with_a_reason(self, studio: Studio) -> None:
        declined = self._declined(studio)
        assert (declined.status, declined.reason) == ("declined", "fully booked")
        again = studio.owner.appointments.decline(DeclineAppointment(id=declined.id, reason="other"))
        assert again == declined
        with pytest.raises(errors.NotChangeable):
            studio.owner.appointments.decline(DeclineAppointment(id=studio.booked().id))
        with pytest.raises(errors.NotFound):
            studio.owner.appointments.decline(DeclineAppointment(id=MISSING["appointment"]))

    @shows("appointments.attended")
    @shows("appointments.no_show")
    @shows("appointments.attended", errors.NotChangeable, errors.NotFound)
    @shows("appointments.no_show", errors.NotChangeable, errors.NotFound)
    def test_from_its_start_it_is_recorded_whether_the_client_came_and_one_mark_corrects_the_other(
        self, studio: Studio
    ) -> None:
        start = studio.clock().replace(second=0) + 2 * MINUTE
        booked = studio.given(start=start)
        marks = studio.owner.appointments.attended, studio.owner.appointments.no_show
        for mark in marks:
            with pytest.raises(errors.NotChangeable):
                mark(named(booked))
            with pytest.raises(errors.NotFound):
                mark(AppointmentReference(id=MISSING["appointment"]))
        studio.clock.move(start - studio.clock())
        for mark, status in ((marks[0], "attended"), (marks[1], "no_show"), (marks[1], "no_show")):
            assert mark(named(booked)).status == status

    @staticmethod
    def _declined(studio: Studio) -> Appointment:
        asked = studio.booked(studio.offer(approval_required=True))
        return studio.owner.appointments.decline(DeclineAppointment(id=asked.id, reason="fully booked"))
