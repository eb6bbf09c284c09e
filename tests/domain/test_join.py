"""The video room is open from ten minutes before the start until the end, for those whose appointment it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import Appointment, AppointmentReference, Room
from portalctl.models.place import Place
from portalctl.models.policy import SetPolicy
from portalctl.models.services import AddService, EditService, ListServices
from tests.domain.booking_setup import book, cancel, moment, move, offer
from tests.domain.conftest import FakeClock

NINE = moment("2026-03-10 09:00")
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
ROOM = "https://meet.example.com/rossi"


@pytest.fixture
def call(owner: EmbeddedPortal, client: EmbeddedPortal) -> Appointment:
    """Anna's video call from 09:00 to 09:30."""
    offer(owner)
    owner.services.add(AddService(name="Call", duration_minutes=30, place=Place.VIDEO, room_url=ROOM))
    return book(client, NINE, service="Call")


def join(portal: EmbeddedPortal, appointment: Appointment) -> Room:
    """Ask for the room."""
    return portal.appointments.room(AppointmentReference(id=appointment.id))


@pytest.mark.parametrize("at", [NINE - 10 * MINUTE, NINE, NINE + 30 * MINUTE - SECOND])
def test_the_room_is_open_from_ten_minutes_before_the_start_until_the_end(
    client: EmbeddedPortal, call: Appointment, clock: FakeClock, at: datetime
) -> None:
    """To the second."""
    clock.now = at
    assert join(client, call) == Room(
        appointment_id=call.id, url=ROOM, opens_at=NINE - 10 * MINUTE, closes_at=NINE + 30 * MINUTE
    )


def test_before_it_opens_the_refusal_says_when_it_does(
    client: EmbeddedPortal, call: Appointment, clock: FakeClock
) -> None:
    """One second is too early."""
    clock.now = NINE - 10 * MINUTE - SECOND
    with pytest.raises(errors.JoinNotOpen) as refusal:
        join(client, call)
    assert refusal.value.allowed_from == NINE - 10 * MINUTE
    assert refusal.value.hint == "it opens Tue 10 Mar 2026 08:50 CET"


def test_from_the_end_on_the_room_is_closed(client: EmbeddedPortal, call: Appointment, clock: FakeClock) -> None:
    """The refusal says when it ended."""
    clock.now = NINE + 30 * MINUTE
    with pytest.raises(errors.JoinNotOpen) as refusal:
        join(client, call)
    assert refusal.value.allowed_until == NINE + 30 * MINUTE


def test_the_room_opens_by_the_new_time_after_a_move(
    client: EmbeddedPortal, call: Appointment, clock: FakeClock
) -> None:
    """And no longer by the old one."""
    move(client, call, NINE + 2 * HOUR)
    clock.now = NINE
    with pytest.raises(errors.JoinNotOpen):
        join(client, call)
    clock.now = NINE + 2 * HOUR
    assert join(client, call).url == ROOM


def test_an_appointment_in_person_has_nothing_to_join(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Whatever the time."""
    offer(owner)
    booked = book(client, NINE)
    clock.now = NINE
    with pytest.raises(errors.NothingToJoin):
        join(client, booked)


def test_what_is_not_agreed_or_no_longer_agreed_cannot_be_joined(
    owner: EmbeddedPortal, client: EmbeddedPortal, call: Appointment, clock: FakeClock
) -> None:
    """A request and a cancelled appointment have no meeting."""
    cancel(client, call)
    owner.policy.set(SetPolicy(approval_required=True))
    wish = book(client, NINE, service="Call")
    clock.now = NINE
    for appointment in (call, wish):
        with pytest.raises(errors.JoinNotOpen):
            join(client, appointment)


def test_a_client_who_was_marked_as_come_can_join_again_until_the_end(
    owner: EmbeddedPortal, client: EmbeddedPortal, call: Appointment, clock: FakeClock
) -> None:
    """Who loses the connection, or comes after being marked as absent, finds the room open."""
    clock.now = NINE + MINUTE
    owner.appointments.attended(AppointmentReference(id=call.id))
    assert join(client, call).url == ROOM
    owner.appointments.no_show(AppointmentReference(id=call.id))
    assert join(client, call).url == ROOM


def test_nobody_else_finds_the_room(
    owner: EmbeddedPortal, other_client: EmbeddedPortal, call: Appointment, clock: FakeClock
) -> None:
    """For another client it is not there; the practice may join."""
    clock.now = NINE
    with pytest.raises(errors.NotFound):
        join(other_client, call)
    assert join(owner, call).url == ROOM


def test_an_appointment_keeps_the_room_it_was_booked_with(
    owner: EmbeddedPortal, client: EmbeddedPortal, call: Appointment, clock: FakeClock
) -> None:
    """A new room of the service is for new appointments."""
    owner.services.edit(EditService(service="Call", room_url="https://meet.example.com/other"))
    clock.now = NINE
    assert join(client, call).url == ROOM


def test_clients_learn_of_the_room_only_by_joining(client: EmbeddedPortal, call: Appointment) -> None:
    """Neither the appointment nor the list of services tells it."""
    assert ROOM not in call.model_dump_json()
    assert all(ROOM not in service.model_dump_json() for service in client.services.list(ListServices()))
