"""Free times."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.appointments import BookAppointment
from portalctl.models.slots import FindSlots
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

HOUR = timedelta(hours=1)


class TestSlots:
    """What `portal.slots` does."""

    @shows("slots.find")
    def test_free_times_are_found_earliest_first_within_the_hours(self, studio: Studio) -> None:
        offer = studio.offer(studio.colleague(windows=("09:00-12:00",)), slot_interval_minutes=60)
        day = studio.day()
        asked = FindSlots(service=offer.service.id, starts_from=day, starts_before=day + timedelta(days=1, hours=1))
        found = studio.anna.slots.find(asked)
        starts = [day, day + HOUR, *(day + timedelta(days=1, hours=hour) for hour in (-1, 0))]
        assert [slot.starts_at for slot in found] == starts
        assert {slot.practitioner_id for slot in found} == {offer.practitioner}
        assert all(slot.ends_at - slot.starts_at == HOUR for slot in found)

    @shows("slots.find")
    @shows("appointments.book", errors.SlotTaken)
    def test_what_is_found_can_be_booked_and_is_then_found_no_more(self, studio: Studio) -> None:
        offer, day = studio.offer(slot_interval_minutes=60), studio.day()
        asked = FindSlots(service=offer.service.id, starts_from=day, limit=2)
        first, second = studio.anna.slots.find(asked)
        booked = studio.anna.appointments.book(BookAppointment(slot=first.id))
        assert (booked.starts_at, booked.service_id) == (first.starts_at, offer.service.id)
        assert studio.anna.slots.find(asked)[0] == second
        with pytest.raises(errors.SlotTaken):
            studio.ben.appointments.book(BookAppointment(slot=first.id))

    @shows("slots.find")
    def test_a_client_is_not_offered_what_their_other_appointments_leave_no_time_for(self, studio: Studio) -> None:
        offer, day = studio.offer(slot_interval_minutes=60), studio.day()
        studio.booked(start=day)
        asked = FindSlots(service=offer.service.id, starts_from=day, limit=1)
        assert studio.anna.slots.find(asked)[0].starts_at == day + HOUR
        assert studio.ben.slots.find(asked)[0].starts_at == day
        for_anna = asked.model_copy(update={"client": studio.client_id()})
        assert studio.owner.slots.find(for_anna)[0].starts_at == day + HOUR

    @shows("slots.find", errors.NotFound, errors.NotOffered)
    def test_there_are_no_times_for_what_is_not_there_or_not_offered(self, studio: Studio) -> None:
        for wrong in ({"service": MISSING["service"]}, {"practitioner": MISSING["staff"]}):
            with pytest.raises(errors.NotFound):
                studio.anna.slots.find(FindSlots(**wrong))
        with pytest.raises(errors.NotFound):
            studio.anna.slots.find(FindSlots(client=studio.client_id("other client")))
        with pytest.raises(errors.NotOffered):
            studio.anna.slots.find(FindSlots(service=studio.offer().service.id, practitioner=studio.colleague()))
