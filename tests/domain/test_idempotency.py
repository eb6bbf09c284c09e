"""An idempotency key names one intent, which is carried out once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from portalctl.models.clients import MakeResetLink
from portalctl.models.hours import AddHours
from portalctl.models.invites import InviteClient, InviteReference, IssuedInvite
from portalctl.models.services import AddService, Service, ServiceReference
from portalctl.models.staff import AddStaff
from portalctl.models.values import Record
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteTransaction
from tests.domain.booking_setup import (
    ANNA,
    BEN,
    ROSSI,
    asked,
    book,
    cancel,
    moment,
    move,
    offer,
)
from tests.domain.conftest import FakeClock, query

NINE = moment("2026-03-10 09:00")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
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
    request = BookSeries(first=asked(NINE, client=ANNA), weeks=3, idempotency_key="k1")
    booked = owner.appointments.book_series(request)
    assert owner.appointments.book_series(request) == booked
    assert len({each.series_id for each in booked}) == 1
    with pytest.raises(errors.IdempotencyConflict):
        owner.appointments.book_series(BookSeries(first=asked(NINE + HOUR, client=ANNA), weeks=3, idempotency_key="k1"))


def test_the_first_appointment_of_a_series_has_no_key_of_its_own(owner: EmbeddedPortal) -> None:
    """Over HTTP a key is of the whole request."""
    offer(owner)
    request = BookSeries(first=asked(NINE, client=ANNA, idempotency_key="k1"), weeks=2, idempotency_key="k1")
    with pytest.raises(errors.InvalidInput):
        owner.appointments.book_series(request)


Make = Callable[[EmbeddedPortal, str | None], Record]

MAKES: dict[str, Make] = {
    "invites.create": lambda owner, key: owner.invites.create(
        InviteClient(email="carl@example.com", name="Carl", idempotency_key=key)
    ),
    "staff.add": lambda owner, key: owner.staff.add(
        AddStaff(email="verdi@example.com", name="Verdi", idempotency_key=key)
    ),
    "services.add": lambda owner, key: owner.services.add(
        AddService(name="Call", duration_minutes=30, idempotency_key=key)
    ),
    "hours.add": lambda owner, key: owner.hours.add(
        AddHours(practitioner=ROSSI, weekdays=[1], windows=["18:00-19:00"], idempotency_key=key)
    ),
    "clients.reset_link": lambda owner, key: owner.clients.reset_link(MakeResetLink(client=ANNA, idempotency_key=key)),
}
"""What creates something beside an appointment."""

every_make = pytest.mark.parametrize("name", MAKES)


def contents(portal_file: Path) -> list[Row]:
    """Everything that such an operation may leave behind."""
    tables = ("audit", "invites", "resets", "services", "staff", "clients", "weekly_hours", "outbox", "idempotency")
    return [row for table in tables for row in query(portal_file, f"SELECT * FROM {table}")]  # noqa: S608  our own names


@every_make
def test_repeated_with_its_key_it_answers_the_same_and_does_nothing(
    owner: EmbeddedPortal, portal_file: Path, name: str
) -> None:
    """The link of an invite or reset is made again: it is the same, and works."""
    first = MAKES[name](owner, "k1")
    before = contents(portal_file)
    assert MAKES[name](owner, "k1") == first
    assert contents(portal_file) == before


@every_make
def test_a_key_that_was_used_for_something_else_is_a_conflict(owner: EmbeddedPortal, name: str) -> None:
    """Whatever it was used for."""
    MAKES[name](owner, "k1")
    for other in MAKES.keys() - {name}:
        with pytest.raises(errors.IdempotencyConflict):
            MAKES[other](owner, "k1")


@every_make
def test_after_a_day_the_key_begins_anew(owner: EmbeddedPortal, clock: FakeClock, portal_file: Path, name: str) -> None:
    """Just before it does not; the old row does not stand in the way."""
    MAKES[name](owner, "k1")
    clock.advance(DAY - SECOND)
    MAKES[name](owner, "k1")
    clock.advance(SECOND)
    if name in ("services.add", "hours.add"):
        with pytest.raises((errors.InUse, errors.InvalidInput)):
            MAKES[name](owner, "k1")
    else:
        MAKES[name](owner, "k1")
        (row,) = query(portal_file, "SELECT created_at FROM idempotency")
        assert row["created_at"] == int(clock().timestamp())


@every_make
def test_what_is_kept_is_no_secret(owner: EmbeddedPortal, portal_file: Path, name: str) -> None:
    """Ids, and hashes of what was asked."""
    MAKES[name](owner, "k1")
    (row,) = query(portal_file, "SELECT * FROM idempotency")
    assert re.fullmatch(r"(inv|svc|stf|rst|cli)_\w{12}( cli_\w{12})?", row["result"])
    assert re.fullmatch(r"[0-9a-f]{64}", row["fingerprint"])


def test_what_was_made_may_have_changed_and_is_still_the_answer(owner: EmbeddedPortal) -> None:
    """A retry hours later makes nothing anew: it tells what has become of the first one."""
    invited, offered = MAKES["invites.create"](owner, "k1"), MAKES["services.add"](owner, "k2")
    assert isinstance(invited, IssuedInvite)
    assert isinstance(offered, Service)
    owner.invites.revoke(InviteReference(id=invited.id))
    owner.services.archive(ServiceReference(service=offered.id))
    assert MAKES["invites.create"](owner, "k1") == invited.model_copy(update={"state": "revoked"})
    again = MAKES["services.add"](owner, "k2")
    assert isinstance(again, Service)
    assert (again.id, again.archived) == (offered.id, True)


@every_make
def test_a_request_that_is_being_carried_out_is_not_begun_again(
    owner: EmbeddedPortal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An engine on which two write at once says that another one holds the key; which one it was is not asked."""
    with monkeypatch.context() as patched:
        patched.setattr(SqliteTransaction, "try_hold", lambda _, name: not name.startswith("key:"))
        with pytest.raises(errors.IdempotencyRunning):
            MAKES[name](owner, "k1")
        MAKES[name](owner, None)


def test_of_many_at_once_with_one_key_one_invites_and_all_hear_of_it(owner: EmbeddedPortal, portal_file: Path) -> None:
    """Where writers take turns, the second waits for its turn and has the first one's answer."""
    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(lambda _: MAKES["invites.create"](owner, "k1").model_dump_json(), range(16)))
    assert len(told) == 1
    assert len(query(portal_file, "SELECT id FROM invites WHERE email = 'carl@example.com'")) == 1
