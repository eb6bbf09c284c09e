"""Notice, horizon, buffers and limits hold to the second, when listing and when booking."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import AppointmentStatus, CancelAppointment
from portalctl.models.policy import SetPolicy
from portalctl.models.services import EditService
from tests.domain.booking_setup import (
    ANNA,
    BEN,
    SESSION,
    asked,
    book,
    cancel,
    colleague,
    free_starts,
    local,
    moment,
    move,
    offer,
    show,
)
from tests.domain.conftest import MORNING, FakeClock
from tests.domain.people import hire

NINE = moment("2026-03-10 09:00")
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
DAY = 24 * HOUR


def test_minimum_notice_is_checked_to_the_second_when_booking(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Minimum notice is checked when booking, not only when listing (Cal #14465, #14868)."""
    offer(owner, minimum_notice_minutes=120)
    clock.now = NINE - 2 * HOUR + SECOND
    assert NINE not in free_starts(client, NINE - HOUR)
    with pytest.raises(errors.NoticeTooShort) as refusal:
        book(client, NINE)
    assert refusal.value.allowed_until == NINE - 2 * HOUR
    clock.now = NINE - 2 * HOUR
    assert NINE in free_starts(other_client, NINE - HOUR)
    assert book(other_client, NINE).status is AppointmentStatus.BOOKED


def test_nothing_beyond_the_horizon_is_listed_or_bookable(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Nothing beyond the horizon is listed or bookable (Medplum #8432); the horizon is checked when booking too."""
    offer(owner, horizon_days=10)
    clock.now = NINE - 10 * DAY - SECOND
    assert local(free_starts(client, MORNING, days=400))[-1] == "2026-03-09 16:00"
    with pytest.raises(errors.BeyondHorizon) as refusal:
        book(client, NINE)
    assert refusal.value.allowed_from == NINE - 10 * DAY
    clock.now = NINE - 10 * DAY
    assert free_starts(client, MORNING, days=400)[-1] == NINE
    assert book(client, NINE).starts_at == NINE


@pytest.mark.parametrize(("minutes", "code"), [(-105, None), (-104, "slot_taken"), (104, "slot_taken"), (105, None)])
def test_buffers_are_checked_when_booking(
    owner: EmbeddedPortal, client: EmbeddedPortal, minutes: int, code: str | None
) -> None:
    """Buffers are checked when booking, not only when listing (Cal #14465, #14868): those of both appointments."""
    offer(owner)
    owner.services.edit(EditService(service=SESSION, buffer_before_minutes=30, buffer_after_minutes=15))
    book(client, NINE + 4 * HOUR)
    start = NINE + 4 * HOUR + minutes * MINUTE
    assert owner.appointments.check_booking(asked(start, client=BEN)).code == code
    if code is None:
        assert book(owner, start, client=BEN).starts_at == start


def test_buffers_are_left_free_when_listing(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """What stands within a buffer is not offered; the buffer may reach beyond the practitioner's hours."""
    offer(owner)
    owner.services.edit(EditService(service=SESSION, buffer_before_minutes=30, buffer_after_minutes=15))
    book(client, NINE + 4 * HOUR)
    assert [start[11:] for start in local(free_starts(client, NINE))] == [
        *("09:00", "09:30", "10:00", "10:30", "11:00"),
        *("15:00", "15:30", "16:00"),
    ]


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-03-10 09:00", "2026-03-09 09:00"),
        ("2026-03-29 12:00", "2026-03-28 11:00"),
        ("2026-10-25 12:00", "2026-10-24 13:00"),
    ],
)
def test_cancellation_notice_is_elapsed_time_and_ends_at_its_very_second(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, start: str, last: str
) -> None:
    """At exactly N hours still allowed, one second later refused; across a change of clocks N elapsed hours."""
    offer(owner, cancellation_notice_minutes=24 * 60)
    booked = book(client, moment(start))
    assert booked.cancellable_until == moment(last)
    clock.now = moment(last) + SECOND
    with pytest.raises(errors.CancellationWindowPassed) as refusal:
        cancel(client, booked)
    assert refusal.value.allowed_until == moment(last)
    verdict = client.appointments.check_cancellation(CancelAppointment(id=booked.id))
    assert (verdict.allowed, verdict.code, verdict.allowed_until) == (False, refusal.value.code, moment(last))
    clock.now = moment(last)
    assert client.appointments.check_cancellation(CancelAppointment(id=booked.id)).allowed
    assert cancel(client, booked).status is AppointmentStatus.CANCELLED


def test_reschedule_notice_is_elapsed_time_and_ends_at_its_very_second(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """The same for moving: at exactly N hours still allowed, one second later refused."""
    offer(owner, reschedule_notice_minutes=24 * 60)
    booked = book(client, NINE)
    clock.now = NINE - DAY + SECOND
    with pytest.raises(errors.RescheduleWindowPassed):
        move(client, booked, NINE + DAY)
    clock.now = NINE - DAY
    assert move(client, booked, NINE + DAY).starts_at == NINE + DAY


@pytest.mark.parametrize(("before", "after"), [(60, 48 * 60), (48 * 60, 60)])
def test_the_notice_in_force_at_booking_is_kept(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, before: int, after: int
) -> None:
    """The notice that applies is the one in force when the appointment was booked: kept on the appointment."""
    offer(owner, cancellation_notice_minutes=before, reschedule_notice_minutes=before)
    booked = book(client, NINE)
    owner.policy.set(
        SetPolicy(cancellation_notice_minutes=after, reschedule_notice_minutes=after, reason_required=True)
    )
    assert show(client, booked) == booked
    clock.now = NINE - before * MINUTE + SECOND
    with pytest.raises(errors.CancellationWindowPassed):
        cancel(client, booked)
    with pytest.raises(errors.RescheduleWindowPassed):
        move(client, booked, NINE + DAY)
    clock.now = NINE - before * MINUTE
    moved = move(client, booked, NINE + DAY)
    assert moved.cancellable_until == NINE + DAY - before * MINUTE
    assert cancel(client, moved).status is AppointmentStatus.CANCELLED


def test_a_late_cancellation_is_recorded_as_such_where_the_practice_allows_it(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock
) -> None:
    """A late cancellation is refused, or recorded as `late_cancelled`; never silently accepted."""
    offer(owner, cancellation_notice_minutes=24 * 60, late_cancellation="recorded")
    booked = book(client, NINE)
    owner.policy.set(SetPolicy(late_cancellation="refused"))
    clock.now = NINE - DAY + SECOND
    assert cancel(client, booked).status is AppointmentStatus.LATE_CANCELLED
    assert cancel(client, booked).status is AppointmentStatus.LATE_CANCELLED
    assert book(other_client, NINE).status is AppointmentStatus.BOOKED


def test_a_cancellation_in_time_is_no_late_one(owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock) -> None:
    """Where late ones are recorded, one in time is still an ordinary one."""
    offer(owner, cancellation_notice_minutes=24 * 60, late_cancellation="recorded")
    booked = book(client, NINE)
    clock.now = NINE - DAY
    assert cancel(client, booked).status is AppointmentStatus.CANCELLED


def test_a_client_cannot_cancel_or_move_what_has_started(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Without any notice the start itself is the end of it, also where late cancellations are recorded."""
    offer(owner, late_cancellation="recorded")
    booked = book(client, NINE)
    clock.now = NINE
    with pytest.raises(errors.NotChangeable):
        cancel(client, booked)
    with pytest.raises(errors.NotChangeable):
        move(client, booked, NINE + DAY)


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_a_reason_is_required_of_the_client_where_the_practice_wants_one(
    owner: EmbeddedPortal, client: EmbeddedPortal, reason: str | None
) -> None:
    """No reason, or a blank one, is refused; the practice itself needs none."""
    offer(owner, reason_required=True)
    booked = book(client, NINE)
    with pytest.raises(errors.ReasonRequired):
        cancel(client, booked, reason)
    assert cancel(client, booked, " I am ill ").reason == "I am ill"
    assert cancel(owner, book(client, NINE)).status is AppointmentStatus.CANCELLED


def test_the_practitioner_may_move_or_cancel_at_any_time(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """The practitioner may move or cancel at any time (Cal #18980)."""
    offer(owner, cancellation_notice_minutes=48 * 60, reschedule_notice_minutes=48 * 60, minimum_notice_minutes=600)
    clock.now = NINE - MINUTE
    miller = hire(owner, "Miller")
    owner.services.edit(EditService(service=SESSION, practitioners=["Miller"]))
    booked = book(miller, NINE, client=ANNA, practitioner="Miller")
    with pytest.raises(errors.CancellationWindowPassed):
        cancel(client, booked)
    with pytest.raises(errors.RescheduleWindowPassed):
        move(client, booked, NINE + DAY)
    moved = move(miller, booked, NINE + 7 * MINUTE)
    assert (moved.status, moved.starts_at) == (AppointmentStatus.BOOKED, NINE + 7 * MINUTE)
    assert cancel(miller, moved).status is AppointmentStatus.CANCELLED
    miller.close()


def test_a_cancelled_appointment_frees_its_time_at_once_buffers_included(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """A cancelled appointment frees its time at once, buffers included (Cal PR #21623)."""
    offer(owner)
    owner.services.edit(EditService(service=SESSION, buffer_before_minutes=60, buffer_after_minutes=60))
    before = free_starts(other_client, NINE)
    booked = book(client, NINE + 4 * HOUR)
    assert len(free_starts(other_client, NINE)) == len(before) - 11
    cancel(client, booked)
    assert free_starts(other_client, NINE) == before
    assert [book(other_client, NINE + number * HOUR).status.value for number in (2, 5)] == ["booked"] * 2


def test_one_client_cannot_be_with_two_practitioners_at_the_same_time(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """One client, two practitioners, the same time (OpenEMR #2632): refused, and not listed."""
    miller = colleague(owner)
    offer(owner)
    booked = book(client, NINE + HOUR)
    for start in (NINE + HOUR, NINE + 30 * MINUTE, NINE + 90 * MINUTE):
        with pytest.raises(errors.ClientBusy):
            book(client, start, practitioner=miller)
        assert start not in free_starts(client, NINE, practitioner=miller)
        assert start in free_starts(other_client, NINE, practitioner=miller)
    with pytest.raises(errors.ClientBusy):
        book(owner, NINE + HOUR, client=ANNA, practitioner=miller)
    assert book(client, booked.ends_at, practitioner=miller).starts_at == booked.ends_at
