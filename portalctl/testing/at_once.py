"""The same key, sent several times in the same moment: one effect, whoever is first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from portalctl import errors
from portalctl.models.appointments import BookSeries, RescheduleAppointment
from portalctl.models.clients import MakeResetLink
from portalctl.models.hours import AddHours
from portalctl.models.invites import InviteClient
from portalctl.models.services import AddService
from portalctl.models.staff import AddStaff
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

TIMES = 3


def at_once(call: Callable[[], object]) -> None:
    """Make a call several times in the same moment: each has the one answer, or is told that another is at it."""
    ready = Barrier(TIMES)

    def ask(_: int) -> object:
        ready.wait(60)
        try:
            return call()
        except errors.IdempotencyRunning:
            return None

    with ThreadPoolExecutor(TIMES) as pool:
        answers = [answer for answer in pool.map(ask, range(TIMES)) if answer is not None]
    again = call()
    assert all(answer == again for answer in answers)


class TestAtOnce:
    """What several callers with one intent come to."""

    @shows("appointments.book")
    @shows("appointments.book", errors.IdempotencyRunning, certain=False)
    def test_one_appointment_is_booked(self, studio: Studio) -> None:
        request, anna = studio.offer().at(studio.day(), idempotency_key=studio.key()), studio.anna
        at_once(lambda: anna.appointments.book(request))

    @shows("appointments.book_series")
    @shows("appointments.book_series", errors.IdempotencyRunning, certain=False)
    def test_one_series_is_booked(self, studio: Studio) -> None:
        first, owner = studio.offer().at(studio.day(), client=studio.patient()), studio.owner
        request = BookSeries(first=first, weeks=3, idempotency_key=studio.key())
        at_once(lambda: owner.appointments.book_series(request))

    @shows("appointments.reschedule")
    @shows("appointments.reschedule", errors.IdempotencyRunning, certain=False)
    def test_an_appointment_is_moved_once(self, studio: Studio) -> None:
        offer, anna = studio.offer(), studio.anna
        booked, slot = studio.booked(offer), studio.slot(offer, studio.day())
        request = RescheduleAppointment(id=booked.id, slot=slot, idempotency_key=studio.key())
        at_once(lambda: anna.appointments.reschedule(request))
        assert anna.appointments.reschedule(request).sequence == booked.sequence + 1

    @shows("invites.create")
    @shows("invites.create", errors.IdempotencyRunning, certain=False)
    def test_one_invite_is_made(self, studio: Studio) -> None:
        request, owner = InviteClient(email=studio.address(), name="Xaver", idempotency_key=studio.key()), studio.owner
        at_once(lambda: owner.invites.create(request))

    @shows("clients.reset_link")
    @shows("clients.reset_link", errors.IdempotencyRunning, certain=False)
    def test_one_reset_link_is_made(self, studio: Studio) -> None:
        request, owner = MakeResetLink(client=studio.client_id(), idempotency_key=studio.key()), studio.owner
        at_once(lambda: owner.clients.reset_link(request))

    @shows("hours.add")
    @shows("hours.add", errors.IdempotencyRunning, certain=False)
    def test_hours_are_added_once(self, studio: Studio) -> None:
        who, owner = studio.colleague(windows=("09:00-12:00",)), studio.owner
        request = AddHours(practitioner=who, weekdays=[2], windows=["14:00-15:00"], idempotency_key=studio.key())
        at_once(lambda: owner.hours.add(request))

    @shows("services.add")
    @shows("services.add", errors.IdempotencyRunning, certain=False)
    def test_one_service_is_added(self, studio: Studio) -> None:
        name, owner = studio.word("Yoga"), studio.owner
        request = AddService(name=name, duration_minutes=30, idempotency_key=studio.key())
        at_once(lambda: owner.services.add(request))

    @shows("staff.add")
    @shows("staff.add", errors.IdempotencyRunning, certain=False)
    def test_one_person_is_added(self, studio: Studio) -> None:
        request, owner = AddStaff(email=studio.address(), name="Zoe", idempotency_key=studio.key()), studio.owner
        at_once(lambda: owner.staff.add(request))
