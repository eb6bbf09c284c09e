"""Moving an appointment to another slot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.appointments import (
    Appointment,
    AppointmentReference,
    CancelAppointment,
    RescheduleAppointment,
)
from portalctl.models.hours import OverrideHours
from portalctl.models.policy import SetPolicy
from portalctl.models.services import ServiceReference
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import LONGEST_NOTICE, Studio

DAY = timedelta(days=1)


class TestMoving:
    """What `portal.appointments.reschedule` does."""

    @shows("appointments.reschedule")
    def test_an_appointment_is_moved_in_one_step_and_its_old_time_is_free(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        booked = studio.booked(offer, start)
        confirmed = studio.anna.appointments.confirm(AppointmentReference(id=booked.id))
        moved = self._move(studio, confirmed, studio.slot(offer, start + DAY))
        assert (moved.id, moved.starts_at, moved.sequence) == (booked.id, start + DAY, booked.sequence + 1)
        assert moved.confirmed_at is None
        assert studio.given(offer, start).starts_at == start

    @shows("appointments.reschedule", errors.SlotTaken, errors.ClientBusy)
    def test_when_the_new_time_is_taken_the_old_one_is_kept(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        booked = studio.booked(offer, start)
        taken, busy = studio.slot(offer, start + DAY), studio.slot(offer, start + 2 * DAY)
        studio.given(offer, start + DAY)
        studio.booked(start=start + 2 * DAY)
        with pytest.raises(errors.SlotTaken):
            self._move(studio, booked, taken)
        with pytest.raises(errors.ClientBusy):
            self._move(studio, booked, busy)
        self._is_where_it_was(studio, booked)
        with pytest.raises(errors.SlotTaken):
            studio.given(offer, start)

    @shows("appointments.reschedule", errors.RescheduleWindowPassed, errors.ApprovalRequired)
    def test_a_client_moves_it_in_time_and_not_where_the_practice_approves(self, studio: Studio) -> None:
        strict, approving = studio.offer(reschedule_notice_minutes=LONGEST_NOTICE), studio.offer(approval_required=True)
        for offer, refusal in ((strict, errors.RescheduleWindowPassed), (approving, errors.ApprovalRequired)):
            start = studio.day()
            asked = offer.at(start, client=studio.client_id())
            booked, slot = studio.owner.appointments.book(asked), studio.slot(offer, start + DAY)
            with pytest.raises(refusal):
                self._move(studio, booked, slot)
            self._is_where_it_was(studio, booked)
            moved = studio.owner.appointments.reschedule(RescheduleAppointment(id=booked.id, slot=slot))
            assert moved.starts_at == start + DAY

    @shows("appointments.reschedule", errors.NoticeTooShort, errors.BeyondHorizon)
    @shows("appointments.reschedule", errors.OutsideHours, errors.DailyLimitReached, errors.NotOffered)
    def test_a_client_is_held_to_the_rules_of_booking(self, studio: Studio) -> None:
        rules = {
            errors.NoticeTooShort: self._set(minimum_notice_minutes=LONGEST_NOTICE),
            errors.BeyondHorizon: self._set(horizon_days=1),
            errors.DailyLimitReached: self._set(daily_limit=1),
        }
        for refusal, policy in rules.items():
            offer, start = studio.offer(), studio.day()
            booked, slot = studio.booked(offer, start), studio.slot(offer, start + DAY)
            studio.booked(start=start + DAY + timedelta(hours=3))
            studio.owner.policy.set(policy.model_copy(update={"service": offer.service.id}))
            with pytest.raises(refusal):
                self._move(studio, booked, slot)
        offer, start = studio.offer(), studio.day()
        booked, slot = studio.booked(offer, start), studio.slot(offer, start + DAY)
        closed = OverrideHours(practitioner=offer.practitioner, date=(start + DAY).date(), windows=[])
        studio.owner.hours.override(closed)
        with pytest.raises(errors.OutsideHours):
            self._move(studio, booked, slot)
        studio.owner.services.archive(ServiceReference(service=offer.service.id))
        with pytest.raises(errors.NotOffered):
            self._move(studio, booked, slot)
        self._is_where_it_was(studio, booked)

    @shows("appointments.reschedule", errors.SlotPast)
    def test_nothing_is_moved_into_the_past(self, studio: Studio) -> None:
        offer, now = studio.offer(slot_interval_minutes=5), studio.clock()
        soon = now.replace(minute=now.minute // 5 * 5, second=0) + timedelta(minutes=5)
        booked, slot = studio.given(offer, studio.day()), studio.slot(offer, soon)
        studio.clock.move(soon - now + timedelta(seconds=1))
        with pytest.raises(errors.SlotPast):
            studio.owner.appointments.reschedule(RescheduleAppointment(id=booked.id, slot=slot))

    @shows("appointments.reschedule", errors.NotChangeable, errors.NotFound, errors.InvalidInput)
    def test_only_what_is_to_come_is_moved_and_only_to_its_own_service(self, studio: Studio) -> None:
        offer, other, start = studio.offer(), studio.offer(), studio.day()
        booked, slot = studio.booked(offer, start), studio.slot(offer, start + DAY)
        with pytest.raises(errors.InvalidInput):
            self._move(studio, booked, studio.slot(other, start + DAY))
        for reference in (MISSING["appointment"], studio.given().id):
            with pytest.raises(errors.NotFound):
                studio.anna.appointments.reschedule(RescheduleAppointment(id=reference, slot=slot))
        studio.anna.appointments.cancel(CancelAppointment(id=booked.id))
        with pytest.raises(errors.NotChangeable):
            self._move(studio, booked, slot)

    @shows("appointments.reschedule", errors.IdempotencyConflict)
    def test_the_same_key_moves_once(self, studio: Studio) -> None:
        offer, start = studio.offer(), studio.day()
        booked, key = studio.booked(offer, start), studio.key()
        slot, other = studio.slot(offer, start + DAY), studio.slot(offer, start + 2 * DAY)
        moved = self._move(studio, booked, slot, key)
        assert self._move(studio, booked, slot, key) == moved
        with pytest.raises(errors.IdempotencyConflict):
            self._move(studio, booked, other, key)

    @staticmethod
    def _set(**terms: int) -> SetPolicy:
        return SetPolicy(**terms)

    @staticmethod
    def _move(studio: Studio, booked: Appointment, slot: str, key: str | None = None) -> Appointment:
        request = RescheduleAppointment(id=booked.id, slot=slot, idempotency_key=key)
        return studio.anna.appointments.reschedule(request)

    @staticmethod
    def _is_where_it_was(studio: Studio, booked: Appointment) -> None:
        assert studio.anna.appointments.show(AppointmentReference(id=booked.id)) == booked
