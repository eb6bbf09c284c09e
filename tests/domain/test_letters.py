"""What people hear by mail is written down in the transaction of what it tells of: once, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import (
    Appointment,
    AppointmentReference,
    BookSeries,
    DeclineAppointment,
    RescheduleAppointment,
)
from portalctl.models.invites import InviteClient, InviteReference
from portalctl.models.sessions import RequestReset, ResetPassword
from portalctl.models.staff import AddStaff
from portalctl.storage import outbox
from portalctl.storage.engine import Row, Transaction
from portalctl.storage.sqlite import SqliteStore, SqliteTransaction
from tests.domain.booking_setup import (
    SESSION,
    approve,
    asked,
    book,
    cancel,
    colleague,
    free,
    moment,
    move,
    offer,
)
from tests.domain.conftest import ANNA_EMAIL, BEN_EMAIL, OWNER_EMAIL, FakeClock, query
from tests.domain.ways_in import CARA_PASSWORD, WRONG, invite, reset, sign_in

NINE, TEN, ELEVEN = moment("2026-03-04 09:00"), moment("2026-03-04 10:00"), moment("2026-03-04 11:00")
DAY = timedelta(days=1)
CANARY = "CANARY-a3f9"


class Line(NamedTuple):
    """The part of a letter that most tests look at."""

    kind: str
    recipient: str
    state: str = "waiting"


Letters = Callable[[], list[Row]]


@pytest.fixture
def letters(portal_file: Path) -> Letters:
    """Reads the letters that were written since the test began."""
    before = {row["id"] for row in query(portal_file, "SELECT id FROM outbox")}

    def read() -> list[Row]:
        rows = query(portal_file, "SELECT * FROM outbox ORDER BY created_at, due_at, kind, recipient")
        return [row for row in rows if row["id"] not in before]

    return read


def lines(rows: list[Row]) -> list[Line]:
    """Kind, recipient and state of each."""
    return [Line(row["kind"], row["recipient"], row["state"]) for row in rows]


def to_both(kind: str) -> list[Line]:
    """A letter to Anna and one to Dr Rossi."""
    return [Line(kind, ANNA_EMAIL), Line(kind, OWNER_EMAIL)]


@pytest.fixture
def practice(owner: EmbeddedPortal) -> EmbeddedPortal:
    """The portal for Dr Rossi, who gives sessions every day and reminds nobody."""
    offer(owner, reminder_minutes=[])
    return owner


@pytest.mark.usefixtures("practice")
def test_what_a_client_books_is_told_to_them_and_to_the_practitioner(client: EmbeddedPortal, letters: Letters) -> None:
    booked = book(client, NINE)
    assert lines(letters()) == to_both("booked")
    assert {row["subject_id"] for row in letters()} == {booked.id}
    assert {row["due_at"] for row in letters()} == {int(booked.created_at.timestamp())}


def test_what_the_practice_books_is_told_to_the_client_alone(practice: EmbeddedPortal, letters: Letters) -> None:
    """Who did it knows."""
    book(practice, NINE, client=ANNA_EMAIL)
    assert lines(letters()) == [Line("booked", ANNA_EMAIL)]


@pytest.mark.usefixtures("practice")
def test_moving_and_cancelling_are_told_once_each(client: EmbeddedPortal, letters: Letters) -> None:
    booked = book(client, NINE)
    moved = move(client, booked, TEN)
    assert lines(letters())[2:] == to_both("moved")
    cancel(client, moved)
    assert sorted(lines(letters())) == sorted(to_both("booked") + to_both("moved") + to_both("cancelled"))


def test_a_client_who_moves_to_somebody_else_tells_both_practitioners(
    owner: EmbeddedPortal, client: EmbeddedPortal, letters: Letters
) -> None:
    miller = colleague(owner)
    offer(owner, reminder_minutes=[])
    booked = book(client, NINE)
    slot = free(client, TEN, service=SESSION, practitioner=miller)[0]
    client.appointments.reschedule(RescheduleAppointment(id=booked.id, slot=slot.id))
    moved = [Line("moved", ANNA_EMAIL), Line("moved", "miller@example.com"), Line("cancelled", OWNER_EMAIL)]
    told = [line for line in lines(letters()) if line.kind not in ("invite", "booked")]
    assert sorted(told) == sorted(moved)


def test_a_request_and_its_answer_are_told(owner: EmbeddedPortal, client: EmbeddedPortal, letters: Letters) -> None:
    offer(owner, approval_required=True, reminder_minutes=[60])
    wish = book(client, NINE)
    assert lines(letters()) == to_both("requested")
    approve(owner, wish)
    owner.appointments.decline(DeclineAppointment(id=book(client, TEN).id))
    told = [line for line in lines(letters()) if line.kind != "requested"]
    assert sorted(told) == [Line("approved", ANNA_EMAIL), Line("declined", ANNA_EMAIL), Line("reminder", ANNA_EMAIL)]


def test_a_series_is_told_in_one_letter_and_each_of_its_appointments_is_reminded_of(
    owner: EmbeddedPortal, letters: Letters
) -> None:
    offer(owner, reminder_minutes=[60])
    booked = owner.appointments.book_series(BookSeries(first=asked(NINE, client=ANNA_EMAIL), weeks=3))
    assert lines(letters()) == [Line("booked", ANNA_EMAIL), *[Line("reminder", ANNA_EMAIL)] * 3]
    assert letters()[0]["subject_id"] == booked[0].series_id
    cancel(owner, booked[1])
    assert reminders(letters()) == [*before(booked[0], 60), *before(booked[2], 60)]


def test_a_refused_booking_leaves_no_letter(
    practice: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, letters: Letters
) -> None:
    book(client, NINE + 7 * DAY)
    before = letters()
    with pytest.raises(errors.SlotTaken):
        book(other_client, NINE + 7 * DAY)
    with pytest.raises(errors.SlotTaken):
        practice.appointments.book_series(BookSeries(first=asked(NINE, client=BEN_EMAIL), weeks=2))
    assert letters() == before


@pytest.mark.usefixtures("practice")
def test_a_booking_that_is_rolled_back_takes_its_letters_with_it(
    client: EmbeddedPortal, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure comes after the letters were written, in the same transaction."""
    written: list[str] = []

    def fail(tx: Any, **columns: Any) -> None:
        insert(tx, **columns)
        written.append(columns["kind"])
        if len(written) == 2:
            raise errors.DiskFull("no space left")

    insert = outbox.insert
    monkeypatch.setattr(outbox, "insert", fail)
    with pytest.raises(errors.DiskFull):
        book(client, NINE)
    assert written == ["booked", "booked"]
    assert letters() == []


@pytest.mark.usefixtures("practice")
def test_a_repeated_intent_writes_no_second_letter(client: EmbeddedPortal, letters: Letters) -> None:
    for _ in range(2):
        booked = book(client, NINE, idempotency_key="one")
    for _ in range(2):
        booked = move(client, booked, TEN, key="two")
    for _ in range(2):
        cancel(client, booked)
    assert sorted(lines(letters())) == sorted(to_both("booked") + to_both("moved") + to_both("cancelled"))


def test_what_tells_nobody_anything_new_writes_no_letter(
    practice: EmbeddedPortal, client: EmbeddedPortal, letters: Letters, clock: FakeClock
) -> None:
    booked = book(client, NINE)
    before = letters()
    move(client, booked, NINE)
    client.appointments.confirm(AppointmentReference(id=booked.id))
    clock.now = TEN
    practice.appointments.attended(AppointmentReference(id=booked.id))
    practice.appointments.no_show(AppointmentReference(id=booked.id))
    assert letters() == before


def reminders(rows: list[Row], state: str = "waiting") -> list[int]:
    """When reminders of that state are due."""
    return [row["due_at"] for row in rows if row["kind"] == "reminder" and row["state"] == state]


def before(appointment: Appointment, *minutes: int) -> list[int]:
    """The moments so long before its start."""
    return [int(appointment.starts_at.timestamp()) - 60 * each for each in minutes]


def test_there_is_a_reminder_for_each_length_of_the_policy_that_is_still_to_come(
    owner: EmbeddedPortal, client: EmbeddedPortal, letters: Letters
) -> None:
    offer(owner, reminder_minutes=[20_000, 1440, 60])
    booked = book(client, NINE)
    assert reminders(letters()) == before(booked, 1440, 60)


def test_reminders_follow_a_move_and_end_with_the_appointment(
    owner: EmbeddedPortal, client: EmbeddedPortal, letters: Letters
) -> None:
    offer(owner, reminder_minutes=[60])
    booked = book(client, NINE)
    moved = move(client, booked, ELEVEN)
    assert reminders(letters()) == before(moved, 60)
    assert reminders(letters(), "dropped") == before(booked, 60)
    cancel(client, moved)
    assert reminders(letters()) == []


def test_an_invite_is_mailed_and_a_newer_one_besides(owner: EmbeddedPortal, letters: Letters) -> None:
    invite(owner)
    invite(owner)
    owner.staff.add(AddStaff(email="eva@example.com", name="Eva"))
    assert sorted(lines(letters())) == [
        Line("invite", "cara@example.com"),
        Line("invite", "cara@example.com"),
        Line("invite", "eva@example.com"),
    ]
    first = next(row for row in letters() if row["recipient"] == "eva@example.com")
    owner.invites.revoke(InviteReference(id=first["subject_id"]))
    assert len(letters()) == 3


def test_an_invite_asked_for_again_with_its_key_is_mailed_once(owner: EmbeddedPortal, letters: Letters) -> None:
    for _ in range(2):
        owner.invites.create(InviteClient(email="cara@example.com", name="Cara", idempotency_key="one"))
    assert lines(letters()) == [Line("invite", "cara@example.com")]


def test_a_portal_that_never_sends_keeps_no_letter_for_ever(
    portal: EmbeddedPortal, letters: Letters, clock: FakeClock
) -> None:
    """A sign-in clears away what is too old to be sent, and later forgets it."""
    sign_in(portal)
    clock.advance(7 * DAY + timedelta(seconds=1))
    sign_in(portal)
    assert [row["state"] for row in letters()] == ["dropped", "waiting"]
    clock.advance(30 * DAY + timedelta(seconds=1))
    sign_in(portal)
    assert [row["state"] for row in letters()] == ["dropped", "waiting"]


def test_a_sign_in_is_told_and_a_failed_one_is_not(portal: EmbeddedPortal, letters: Letters) -> None:
    with pytest.raises(errors.BadCredentials):
        sign_in(portal, password=WRONG)
    assert letters() == []
    sign_in(portal)
    assert lines(letters()) == [Line("new_sign_in", ANNA_EMAIL)]


def test_a_changed_password_is_told_and_ends_every_session(
    portal: EmbeddedPortal, owner: EmbeddedPortal, client: EmbeddedPortal, letters: Letters
) -> None:
    code = reset(owner)
    with pytest.raises(errors.WeakPassword):
        portal.sessions.reset_password(ResetPassword(code=code, password="short"))
    assert letters() == []
    portal.sessions.reset_password(ResetPassword(code=code, password=CARA_PASSWORD))
    assert lines(letters()) == [Line("password_changed", ANNA_EMAIL)]
    with pytest.raises(errors.SignInNeeded):
        client.sessions.who_am_i()


class Statements(list[str]):
    """The SQL that a step executes, without what it is executed with."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """Keeps what is executed from now on."""
    seen = Statements()
    for name in ("all", "run"):
        original = getattr(SqliteTransaction, name)

        def keep(self: Any, sql: str, _original: Any = original, **parameters: Any) -> Any:
            seen.append(sql)
            return _original(self, sql, **parameters)

        monkeypatch.setattr(SqliteTransaction, name, keep)
    return seen


def test_asking_for_a_reset_link_is_the_same_work_and_answer_for_any_address(
    portal: EmbeddedPortal, letters: Letters, statements: Statements
) -> None:
    """Statement by statement, with and without an account: there is nothing to measure."""
    portal.sessions.request_reset(RequestReset(email=ANNA_EMAIL))
    known = list(statements)
    statements.clear()
    portal.sessions.request_reset(RequestReset(email="nobody@example.com"))
    assert list(statements) == known
    assert not any("accounts" in sql for sql in known)
    assert [row["kind"] for row in letters()] == ["password_reset"] * 2


def test_reset_links_for_one_address_are_limited_whether_or_not_it_has_an_account(
    portal: EmbeddedPortal, letters: Letters, clock: FakeClock
) -> None:
    for email in (ANNA_EMAIL, "nobody@example.com"):
        for _ in range(3):
            portal.sessions.request_reset(RequestReset(email=email))
        with pytest.raises(errors.TooManyAttempts) as refused:
            portal.sessions.request_reset(RequestReset(email=email))
        assert refused.value.allowed_from == clock() + timedelta(hours=1)
    assert len(letters()) == 6
    clock.advance(timedelta(hours=1))
    portal.sessions.request_reset(RequestReset(email=ANNA_EMAIL))


def test_one_place_cannot_ask_for_everybody(portal: EmbeddedPortal) -> None:
    for number in range(20):
        portal.sessions.request_reset(RequestReset(email=f"person{number}@example.com"))
    with pytest.raises(errors.TooManyAttempts):
        portal.sessions.request_reset(RequestReset(email="another@example.com"))


def test_a_letter_holds_ids_addresses_and_moments_only(
    practice: EmbeddedPortal, client: EmbeddedPortal, portal: EmbeddedPortal, letters: Letters
) -> None:
    """No note or reason, no link or part of one, no password, nobody's name."""
    booked = book(client, NINE, note=CANARY)
    cancel(client, booked, reason=CANARY)
    secret = invite(practice).partition(".")[2]
    portal.sessions.reset_password(ResetPassword(code=reset(practice), password=f"{CARA_PASSWORD} {CANARY}"))
    portal.sessions.request_reset(RequestReset(email=ANNA_EMAIL))
    stored = "\n".join(str(row) for row in letters())
    assert len(letters()) == 7
    for word in (CANARY, secret, "Anna", "Rossi", "Session", "Studio", "http", "sqlite:", CARA_PASSWORD):
        assert word not in stored.replace(ANNA_EMAIL, "").replace(OWNER_EMAIL, ""), word


def test_letters_are_found_by_state_and_age_without_a_walk_through_all(
    portal_file: Path, statements: Statements
) -> None:
    """However many there are: each query reads one index, in its order."""
    store = SqliteStore(portal_file)
    with store.writing() as tx:
        for state in ("waiting", "failed", None):
            outbox.page(tx, state=state, after=(9, "out_9"), limit=9)
        outbox.claim(tx, 9, 10)
        outbox.forget(tx, settled_before=9, limit=9)
        outbox.drop_older(tx, due_before=9, at=9, why="", limit=9)
        outbox.drop_about(tx, "apt_9", "reminder", 9, "")
        plans = [plan_of(tx, sql) for sql in list(statements)]
    store.close()
    indexes = ["outbox_waiting", "outbox_of_state", "outbox_by_age", "outbox_due", "outbox_settled", "outbox_due"]
    for plan, index in zip(plans, [*indexes, "outbox_of_subject"], strict=True):
        assert index in plan
        assert "SCAN outbox" not in plan
        assert "TEMP B-TREE" not in plan


def plan_of(tx: Transaction, sql: str) -> str:
    """How SQLite would go about it."""
    names = re.findall(r":(\w+)", sql)
    rows = tx.all(f"EXPLAIN QUERY PLAN {sql}", **dict.fromkeys(names, 9))
    return "\n".join(row["detail"] for row in rows)
