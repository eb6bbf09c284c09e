"""What the practice offers."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.models.appointments import AppointmentReference
from portalctl.models.services import AddService, EditService, ListServices, Service, ServiceReference
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

ROOM = "https://video.example.com/room"


class TestServices:
    """What `portal.services` does."""

    @shows("services.list")
    def test_what_is_offered_is_listed_by_name(self, studio: Studio) -> None:
        listed = studio.anna.services.list(ListServices())
        assert all(isinstance(service, Service) and not service.archived for service in listed)
        assert [service.name.casefold() for service in listed] == sorted(service.name.casefold() for service in listed)

    @shows("services.list")
    @shows("services.add")
    def test_a_service_is_offered_by_whom_it_names(self, studio: Studio) -> None:
        colleague, name = studio.colleague(), studio.word("Massage")
        price = {"amount": 8050, "currency": "EUR"}
        request = AddService(
            name=name,
            duration_minutes=45,
            buffer_after_minutes=15,
            price=price,
            place="video",
            room_url=ROOM,
            practitioners=[colleague],
        )
        added = studio.owner.services.add(request)
        assert (added.name, added.duration_minutes, added.buffer_after_minutes) == (name, 45, 15)
        assert (str(added.price), added.place, added.room_url) == ("80.50 EUR", "video", ROOM)
        assert added.practitioners == [self._name(studio, colleague)]
        assert added in studio.owner.services.list(ListServices())
        (seen,) = [each for each in studio.anna.services.list(ListServices()) if each.id == added.id]
        assert seen.room_url is None

    @shows("services.add", errors.InUse, errors.NotFound, errors.InvalidInput)
    def test_a_service_has_a_name_of_its_own_practitioners_who_exist_and_a_room_only_by_video(
        self, studio: Studio
    ) -> None:
        taken = studio.offer().service.name
        with pytest.raises(errors.InUse):
            studio.owner.services.add(AddService(name=taken.upper(), duration_minutes=30))
        by_nobody = AddService(name=studio.word("By nobody"), duration_minutes=30, practitioners=[MISSING["staff"]])
        with pytest.raises(errors.NotFound):
            studio.owner.services.add(by_nobody)
        for wrong in ({"place": "video"}, {"place": "phone", "room_url": ROOM}):
            with pytest.raises(errors.InvalidInput):
                studio.owner.services.add(AddService(name=studio.word("Roomless"), duration_minutes=30, **wrong))

    @shows("services.add", errors.IdempotencyConflict)
    def test_the_same_key_adds_one_service_once(self, studio: Studio) -> None:
        request = AddService(name=studio.word("Once"), duration_minutes=30, idempotency_key=studio.key())
        assert studio.owner.services.add(request) == studio.owner.services.add(request)
        with pytest.raises(errors.IdempotencyConflict):
            studio.owner.services.add(request.model_copy(update={"duration_minutes": 60}))

    @shows("services.edit")
    def test_an_edit_changes_what_is_given_and_appointments_keep_their_times(self, studio: Studio) -> None:
        offer = studio.offer()
        booked = studio.given(offer)
        edited = studio.owner.services.edit(EditService(service=offer.service.id, duration_minutes=90))
        assert edited == offer.service.model_copy(update={"duration_minutes": 90, "version": edited.version})
        assert edited.version != offer.service.version
        assert (booked.ends_at - booked.starts_at).seconds == 3600
        assert studio.owner.appointments.show(AppointmentReference(id=booked.id)) == booked
        after = studio.given(offer)
        assert (after.ends_at - after.starts_at).seconds == 5400

    @shows("services.edit", errors.NotFound, errors.InUse, errors.InvalidInput)
    def test_an_edit_is_held_to_what_a_new_service_is_held_to(self, studio: Studio) -> None:
        offer, other = studio.offer(), studio.offer()
        with pytest.raises(errors.NotFound):
            studio.owner.services.edit(EditService(service=MISSING["service"], duration_minutes=30))
        with pytest.raises(errors.InUse):
            studio.owner.services.edit(EditService(service=offer.service.id, name=other.service.name))
        with pytest.raises(errors.InvalidInput):
            studio.owner.services.edit(EditService(service=offer.service.id, place="video"))

    @shows("services.edit", errors.ChangedMeanwhile)
    def test_an_edit_of_what_somebody_else_has_edited_is_refused(self, studio: Studio) -> None:
        service = studio.offer().service
        request = EditService(service=service.id, duration_minutes=90, if_version=service.version)
        edited = studio.owner.services.edit(request)
        with pytest.raises(errors.ChangedMeanwhile):
            studio.owner.services.edit(request.model_copy(update={"duration_minutes": 120}))
        assert edited in studio.owner.services.list(ListServices())

    @shows("services.archive")
    def test_an_archived_service_is_offered_no_more_and_its_appointments_stay(self, studio: Studio) -> None:
        offer = studio.offer()
        booked = studio.given(offer)
        for _ in range(2):
            assert studio.owner.services.archive(ServiceReference(service=offer.service.id)).archived
        offered = {service.id for service in studio.owner.services.list(ListServices())}
        kept = {service.id for service in studio.owner.services.list(ListServices(archived=True))}
        assert booked.service_id in kept - offered

    @shows("services.archive", errors.NotFound)
    def test_what_does_not_exist_is_not_archived(self, studio: Studio) -> None:
        with pytest.raises(errors.NotFound):
            studio.owner.services.archive(ServiceReference(service=MISSING["service"]))

    @staticmethod
    def _name(studio: Studio, who: str) -> str:
        return next(each.name for each in studio.owner.staff.list() if each.id == who)
