"""An idempotency key names one intent, which is carried out once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import (
    AppointmentStatus,
    BookSeries,
    ListAppointments,
)
from portalctl.models.services import AddService
from portalctl.storage.engine import Row
from tests.domain.booking_setup import (
    ANNA,
    BEN,
    asked,
    book,
    cancel,
    moment,
    move,
    offer,
)
from tests.domain.conftest import FakeClock, query

NINE = moment("2026-03-10 09:00")
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def notices(portal_file: Path) -> list[str]:
    """The kinds of everything that clients were told, in order."""
    rows: list[Row] = query(portal_file, "SELECT kind FROM notices ORDER BY rowid")
    return [row["kind"] for row in rows]


def test_the_same_key_and_request_lead_to_the_same_appointment(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """The reply is lost after the commit and the caller tries again with the same key: the same appointment."""
    offer(owner)
    booked = book(client, NINE, idempotency_key="k1")
    assert book(client, NINE, idempotency_key="k1") == booked
    assert len(client.appointments.list(ListAppointments()).items) == 1
    assert notices(portal_file) == ["booked"]


def test_a_repeated_key_answers_with_what_has_become_of_the_appointment(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """A retry after a cancellation books nothing anew."""
    offer(owner)
    booked = book(client, NINE, idempotency_key="k1")
    cancelled = cancel(client, booked)
    assert book(client, NINE, idempotency_key="k1") == cancelled


@pytest.mark.parametrize("more", [{"note": "x"}, {"service": "Call"}])
def test_the_same_key_with_another_request_is_a_conflict(
    owner: EmbeddedPortal, client: EmbeddedPortal, more: dict[str, str]
) -> None:
    """The same key with another body: a conflict; so is another operation."""
    offer(owner)
    owner.services.add(AddService(name="Call", duration_minutes=60))
    booked = book(client, NINE, idempotency_key="k1")
    with pytest.raises(errors.IdempotencyConflict):
        book(client, NINE, **more, idempotency_key="k1")
    with pytest.raises(errors.IdempotencyConflict):
        move(client, booked, NINE + HOUR, key="k1")


def test_a_key_is_kept_for_24_hours_and_then_forgotten(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """One second before, it answers the first appointment; at 24 hours it is a new intent."""
    offer(owner)
    booked = book(client, NINE, idempotency_key="k1")
    clock.advance(DAY - timedelta(seconds=1))
    assert book(client, NINE, idempotency_key="k1").id == booked.id
    clock.advance(timedelta(seconds=1))
    with pytest.raises(errors.SlotTaken):
        book(client, NINE, idempotency_key="k1")
    assert book(client, NINE + HOUR, idempotency_key="k1").id != booked.id


def test_the_same_key_of_another_user_is_another_intent(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """Each account has keys of its own."""
    offer(owner)
    mine = book(client, NINE, idempotency_key="k1")
    theirs = book(other_client, NINE + HOUR, idempotency_key="k1")
    assert (mine.client, theirs.client) == (ANNA, BEN)


def test_a_refused_booking_uses_up_no_key(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """Nothing happened, so the key may name the next try."""
    offer(owner)
    book(other_client, NINE)
    with pytest.raises(errors.SlotTaken):
        book(client, NINE, idempotency_key="k1")
    assert book(client, NINE + HOUR, idempotency_key="k1").status is AppointmentStatus.BOOKED


def test_a_move_repeated_with_its_key_moves_once(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """The reply to a move is lost: trying again is no second move, also when it has moved on since."""
    offer(owner)
    booked = book(client, NINE)
    moved = move(client, booked, NINE + HOUR, key="k1")
    assert move(client, booked, NINE + HOUR, key="k1") == moved
    further = move(owner, booked, NINE + 3 * HOUR)
    assert move(client, booked, NINE + HOUR, key="k1") == further
    assert notices(portal_file) == ["booked", "moved", "moved"]


def test_a_series_repeated_with_its_key_is_one_series(owner: EmbeddedPortal) -> None:
    """The reply to a series is lost: the same appointments."""
    offer(owner)
    request = BookSeries(first=asked(NINE, client=ANNA, idempotency_key="k1"), weeks=3)
    booked = owner.appointments.book_series(request)
    assert owner.appointments.book_series(request) == booked
    assert len({each.series_id for each in booked}) == 1
