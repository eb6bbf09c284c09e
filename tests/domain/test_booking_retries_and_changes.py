"""A retry has one effect, and a change happens as a whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import (
    AppointmentReference,
    AppointmentStatus,
    BookAppointment,
    BookSeries,
    DeclineAppointment,
    ListAppointments,
    RescheduleAppointment,
)
from portalctl.models.policy import SetPolicy
from portalctl.models.services import AddService, EditService, ServiceReference
from portalctl.storage.engine import Row
from tests.domain.booking_setup import (
    BEN,
    SESSION,
    approve,
    asked,
    book,
    cancel,
    colleague,
    free,
    free_starts,
    moment,
    move,
    offer,
    show,
)
from tests.domain.conftest import FakeClock, query

NINE = moment("2026-03-10 09:00")
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def notices(portal_file: Path) -> list[str]:
    """The kinds of everything that clients were told, in order."""
    rows: list[Row] = query(portal_file, "SELECT kind FROM notices ORDER BY rowid")
    return [row["kind"] for row in rows]


def test_when_the_new_slot_is_taken_the_old_one_is_kept(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """Reschedule is one step: when the new slot is taken the old one is kept (Cal #21589)."""
    offer(owner)
    mine = book(client, NINE)
    book(other_client, NINE + HOUR)
    with pytest.raises(errors.SlotTaken):
        move(client, mine, NINE + HOUR)
    assert show(client, mine) == mine
    with pytest.raises(errors.SlotTaken):
        book(other_client, NINE)


def test_after_a_move_the_old_slot_can_be_booked_again(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """Reschedule is one step: afterwards the old slot can be booked again (Cal #21589)."""
    offer(owner)
    mine = book(client, NINE)
    moved = move(client, mine, NINE + HOUR)
    assert (moved.id, moved.starts_at, moved.ends_at) == (mine.id, NINE + HOUR, NINE + 2 * HOUR)
    assert moved.sequence == mine.sequence + 1
    assert NINE in free_starts(other_client, NINE)
    assert book(other_client, NINE).status is AppointmentStatus.BOOKED
    with pytest.raises(errors.SlotTaken):
        move(client, moved, NINE)


def test_an_appointment_may_move_into_part_of_its_own_time(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Half an hour later overlaps nothing but itself, buffers included."""
    offer(owner)
    owner.services.edit(EditService(service=SESSION, buffer_before_minutes=30, buffer_after_minutes=30))
    booked = book(client, NINE + HOUR)
    later = move(client, booked, NINE + HOUR + HOUR / 2)
    assert move(client, later, NINE + HOUR).starts_at == NINE + HOUR


def test_moving_to_where_it_is_changes_nothing(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """No new sequence, no notice."""
    offer(owner)
    booked = book(client, NINE)
    assert move(client, booked, NINE) == booked
    assert notices(portal_file) == ["booked"]


def test_a_move_to_another_practitioner_is_the_same_appointment(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """A slot of the same service with somebody else; the first is free again at once."""
    miller = colleague(owner)
    offer(owner)
    booked = book(client, NINE)
    (slot,) = [each for each in free(client, NINE, practitioner=miller) if each.starts_at == NINE + HOUR]
    moved = client.appointments.reschedule(RescheduleAppointment(id=booked.id, slot=slot.id))
    assert (moved.id, moved.practitioner, moved.starts_at) == (booked.id, miller, NINE + HOUR)
    assert book(other_client, NINE).practitioner == booked.practitioner


def test_a_move_to_a_slot_of_another_service_is_refused(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Another service is another appointment."""
    offer(owner)
    owner.services.add(AddService(name="Call", duration_minutes=30))
    booked = book(client, NINE)
    (slot, *_) = free(client, NINE + HOUR, service="Call")
    with pytest.raises(errors.InvalidInput, match="another service"):
        client.appointments.reschedule(RescheduleAppointment(id=booked.id, slot=slot.id))


def test_a_confirmed_appointment_that_moves_is_to_be_confirmed_anew(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Who said that they come at nine did not say so of ten; confirming twice is confirming once."""
    offer(owner)
    booked = book(client, NINE)
    confirmed = client.appointments.confirm(AppointmentReference(id=booked.id))
    assert confirmed.confirmed_at == clock.now
    clock.advance(HOUR)
    assert client.appointments.confirm(AppointmentReference(id=booked.id)) == confirmed
    assert move(client, booked, NINE + HOUR).confirmed_at is None


def test_where_each_time_is_approved_a_client_cannot_move_an_agreed_one_alone(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """A request may still be moved; what the practice agreed to, the practice moves."""
    offer(owner, approval_required=True)
    moved = move(client, book(client, NINE), NINE + HOUR)
    assert (moved.status, moved.starts_at) == (AppointmentStatus.REQUESTED, NINE + HOUR)
    agreed = approve(owner, moved)
    with pytest.raises(errors.ApprovalRequired):
        move(client, agreed, NINE)
    assert move(owner, agreed, NINE).status is AppointmentStatus.BOOKED


def test_a_request_is_approved_for_the_time_that_was_asked_for(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """The service is shorter or longer by now: the request keeps its hour, and that hour is what must be free."""
    offer(owner, approval_required=True)
    first, second = book(client, NINE), book(client, NINE + 2 * HOUR)
    owner.services.edit(EditService(service=SESSION, duration_minutes=120, buffer_before_minutes=30))
    book(owner, NINE - 2 * HOUR - HOUR / 4, client=BEN)
    assert approve(owner, first).ends_at == NINE + HOUR
    owner.services.edit(EditService(service=SESSION, duration_minutes=30, buffer_before_minutes=0))
    book(owner, NINE + 2 * HOUR + HOUR / 2, client=BEN)
    with pytest.raises(errors.SlotTaken):
        approve(owner, second)


def test_a_request_for_what_is_offered_no_more_is_not_approved(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Approving checks everything again, also that somebody still gives it; declining stays possible."""
    offer(owner, approval_required=True)
    wish = book(client, NINE)
    owner.services.archive(ServiceReference(service=SESSION))
    with pytest.raises(errors.NotOffered):
        approve(owner, wish)
    assert owner.appointments.decline(DeclineAppointment(id=wish.id)).status is AppointmentStatus.DECLINED


def test_an_appointment_keeps_its_length_when_its_service_changes(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """Appointments already booked keep their times; archiving their service ends none of them."""
    offer(owner)
    booked = book(client, NINE)
    owner.services.edit(EditService(service=SESSION, duration_minutes=120))
    owner.services.archive(ServiceReference(service=SESSION))
    assert show(client, booked) == booked
    assert cancel(client, booked).status is AppointmentStatus.CANCELLED


def test_a_series_is_booked_as_a_whole_or_not_at_all(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """One taken week refuses all weeks, and says which."""
    offer(owner)
    book(client, NINE + 14 * DAY)
    with pytest.raises(errors.SlotTaken, match="Tue 24 Mar 2026 09:00 CET"):
        owner.appointments.book_series(BookSeries(first=asked(NINE, client=BEN), weeks=4))
    assert len(owner.appointments.list(ListAppointments()).items) == 1


def test_booking_a_taken_slot_again_without_a_key_is_slot_taken_also_for_its_owner(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """Repeating `book` without a key is a new intent, and its time is taken."""
    offer(owner)
    (slot, *_) = free(client, NINE)
    client.appointments.book(BookAppointment(slot=slot.id))
    with pytest.raises(errors.SlotTaken):
        client.appointments.book(BookAppointment(slot=slot.id))


def test_cancelling_twice_answers_the_same_and_tells_nobody_twice(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, portal_file: Path
) -> None:
    """Cancel twice: the second is a no-op with the same answer, and no second notice."""
    offer(owner)
    booked = book(client, NINE)
    cancelled = cancel(client, booked, "I am ill")
    clock.advance(HOUR)
    assert cancel(client, booked, "another reason") == cancelled
    assert cancel(owner, booked) == cancelled
    assert notices(portal_file) == ["booked", "cancelled"]


def test_declining_twice_answers_the_same_and_tells_nobody_twice(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """A declined request stays declined, and cannot be approved after all."""
    offer(owner, approval_required=True)
    wish = book(client, NINE)
    declined = owner.appointments.decline(DeclineAppointment(id=wish.id, reason="I am away"))
    assert owner.appointments.decline(DeclineAppointment(id=wish.id)) == declined
    assert notices(portal_file) == ["requested", "declined"]
    with pytest.raises(errors.NotChangeable):
        approve(owner, wish)


def test_a_policy_set_later_asks_nothing_of_what_is_booked(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """A reason that was not required at booking is not required at cancelling."""
    offer(owner)
    booked = book(client, NINE)
    owner.policy.set(SetPolicy(reason_required=True))
    assert cancel(client, booked).status is AppointmentStatus.CANCELLED
