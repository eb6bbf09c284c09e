"""However many callers come at once, a time is booked once."""

from __future__ import annotations

import multiprocessing
import queue
from datetime import datetime, timedelta
from functools import partial
from itertools import combinations, cycle, islice
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import Appointment, AppointmentStatus, BookAppointment, ListAppointments
from portalctl.models.services import AddService
from portalctl.storage.engine import Row
from tests.domain.booking_setup import (
    ANNA,
    BEN,
    SESSION,
    approve,
    asked,
    at_once,
    book,
    cancel,
    colleague,
    free,
    give_hours,
    moment,
    move,
    offer,
    outcomes,
    show,
)
from tests.domain.conftest import MORNING, PortalFor, Template, query

NINE = moment("2026-03-03 09:00")
HOUR = timedelta(hours=1)


@pytest.fixture
def tokens(_template: Template) -> list[str]:
    """Sessions of Anna and of Ben."""
    return [_template.client, _template.other_client]


@pytest.fixture
def callers(portal_for: PortalFor, tokens: list[str]) -> list[EmbeddedPortal]:
    """Eight portals on the same file, each with connections of its own, for Anna and Ben in turn."""
    return [portal_for(token) for token in islice(cycle(tokens), 8)]


@pytest.fixture
def clerks(portal_for: PortalFor, _template: Template) -> list[EmbeddedPortal]:
    """Eight portals on the same file, each with connections of its own, for Dr Rossi."""
    return [portal_for(_template.owner) for _ in range(8)]


def held(portal_file: Path) -> list[Row]:
    """Every appointment that holds its time, read past all rules."""
    return query(portal_file, "SELECT * FROM appointments WHERE holds = 1 ORDER BY starts_at")


def notices(portal_file: Path, kind: str) -> list[Row]:
    """What clients were told of that kind."""
    return query(portal_file, f"SELECT * FROM notices WHERE kind = '{kind}'")  # noqa: S608  a test's own word


def test_of_many_threads_exactly_one_books_a_slot(
    owner: EmbeddedPortal, callers: list[EmbeddedPortal], portal_file: Path
) -> None:
    """Many callers book one slot at once (Cal #13397): exactly one succeeds, the rest get slot_taken."""
    offer(owner)
    for start in (NINE + number * HOUR for number in range(8)):
        answers = at_once([partial(book, caller, start) for caller in callers])
        assert outcomes(answers) == ["booked"] + ["slot_taken"] * 7
    assert len(held(portal_file)) == 8


def book_in_a_process(file: str, token: str, starts: list[datetime], barrier: Barrier, answers: Queue[str]) -> None:
    """What each process does: wait for the others before each start, then book it."""
    portal = EmbeddedPortal(f"sqlite://{file}", Path(file), token, lambda: MORNING, lambda _: None)
    for start in starts:
        barrier.wait(timeout=60)
        try:
            answers.put(book(portal, start).status.value)
        except errors.PortalError as error:
            answers.put(error.code)
    portal.close()


def test_of_many_processes_exactly_one_books_a_slot(
    owner: EmbeddedPortal, tokens: list[str], portal_file: Path
) -> None:
    """Many callers book one slot at once (Cal #13397): with processes on SQLite."""
    offer(owner, ["00:00-00:00"])
    starts = [NINE + number * HOUR for number in range(40)]
    fresh = multiprocessing.get_context("spawn")
    barrier, answers = fresh.Barrier(4), fresh.Queue()
    processes = [
        fresh.Process(target=book_in_a_process, args=(str(portal_file), token, starts, barrier, answers), daemon=True)
        for token in tokens * 2
    ]
    for process in processes:
        process.start()
    given = sorted(answers.get(timeout=60) for _ in range(4 * len(starts)))
    for process in processes:
        process.join()
    assert given == ["booked"] * 40 + ["slot_taken"] * 120
    assert [row["starts_at"] for row in held(portal_file)] == [int(start.timestamp()) for start in starts]
    with pytest.raises(queue.Empty):
        answers.get_nowait()


def test_overlaps_of_different_services_and_lengths_never_both_succeed(
    owner: EmbeddedPortal, clerks: list[EmbeddedPortal], portal_file: Path
) -> None:
    """The database is the last guard, buffers included: whatever the services, held times stay apart."""
    offer(owner)
    owner.services.add(AddService(name="Short", duration_minutes=20, buffer_after_minutes=10))
    owner.services.add(AddService(name="Long", duration_minutes=90, buffer_before_minutes=25))
    for day in range(4):
        wishes = [
            asked(NINE + timedelta(days=day, minutes=17 * place), service=service, client=client)
            for place, (service, client) in enumerate(
                islice(zip(cycle((SESSION, "Short", "Long")), cycle((ANNA, BEN)), strict=False), 8)
            )
        ]
        answers = at_once([partial(clerk.appointments.book, wish) for clerk, wish in zip(clerks, wishes, strict=True)])
        assert set(outcomes(answers)) <= {"booked", "slot_taken", "client_busy"}
        assert 1 <= outcomes(answers).count("booked") < 8
    assert not [
        (one["id"], other["id"])
        for one, other in combinations(held(portal_file), 2)
        if one["blocked_from"] < other["blocked_until"] and other["blocked_from"] < one["blocked_until"]
    ]


def test_of_two_overlapping_requests_approved_at_once_one_wins(
    owner: EmbeddedPortal, clerks: list[EmbeddedPortal], callers: list[EmbeddedPortal], portal_file: Path
) -> None:
    """Two requests that wait for approval overlap; both are approved at once (Cal #10789, #29958)."""
    offer(owner, approval_required=True)
    wishes = [book(callers[0], NINE), book(callers[1], NINE + timedelta(minutes=30))]
    assert {wish.status for wish in wishes} == {AppointmentStatus.REQUESTED}
    answers = at_once([partial(approve, clerk, wish) for clerk, wish in zip(clerks[:2], wishes, strict=True)])
    assert outcomes(answers) == ["booked", "slot_taken"]
    refusal = next(each for each in answers if isinstance(each, errors.SlotTaken))
    assert refusal.message == "that time is taken"
    assert sorted(show(owner, wish).status.value for wish in wishes) == ["booked", "requested"]
    assert len(notices(portal_file, "approved")) == 1


def test_one_request_approved_twice_at_once_gives_one_booking_and_one_notice(
    owner: EmbeddedPortal, clerks: list[EmbeddedPortal], client: EmbeddedPortal, portal_file: Path
) -> None:
    """The same request is confirmed twice at once (Cal PR #28188): one event, one notice."""
    offer(owner, approval_required=True)
    wish = book(client, NINE)
    answers = at_once([partial(approve, clerk, wish) for clerk in clerks])
    assert outcomes(answers) == ["booked"] * 8
    assert len(notices(portal_file, "approved")) == 1
    rows = query(portal_file, "SELECT * FROM audit WHERE action = 'appointments.approve'")
    assert len(rows) == 1


def test_a_slot_from_an_outdated_listing_is_refused_at_commit(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """A slot is booked from a listing that is out of date (Cal PR #22401)."""
    offer(owner)
    first, second, third = free(client, NINE)[:3]
    book(other_client, first.starts_at)
    with pytest.raises(errors.SlotTaken):
        client.appointments.book(BookAppointment(slot=first.id))
    with pytest.raises(errors.SlotTaken):
        client.appointments.book(BookAppointment(slot=second.id))
    give_hours(owner, windows=["14:00-17:00"])
    with pytest.raises(errors.OutsideHours):
        client.appointments.book(BookAppointment(slot=third.id))


def test_a_request_that_waits_does_not_block_its_slot(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    """A request that waits for approval does not block its slot; approving checks everything again."""
    offer(owner, approval_required=True)
    wish = book(client, NINE)
    assert NINE in [slot.starts_at for slot in free(other_client, NINE)]
    book(owner, NINE, client=BEN)
    with pytest.raises(errors.SlotTaken):
        approve(owner, wish)
    assert show(client, wish).status is AppointmentStatus.REQUESTED


def test_approving_checks_that_the_client_is_still_free(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Approving checks everything again: the client may have another appointment by now."""
    miller = colleague(owner)
    offer(owner, approval_required=True)
    wish = book(client, NINE)
    book(owner, NINE, client=ANNA, practitioner=miller)
    with pytest.raises(errors.ClientBusy):
        approve(owner, wish)


def test_of_two_appointments_moved_to_one_slot_at_once_one_stays_where_it_was(
    owner: EmbeddedPortal, callers: list[EmbeddedPortal]
) -> None:
    """Two clients move to the same free slot at once: one gets it, the other keeps the old time."""
    offer(owner)
    mine, theirs = book(callers[0], NINE), book(callers[1], NINE + HOUR)
    target = NINE + 4 * HOUR
    answers = at_once([partial(move, callers[0], mine, target), partial(move, callers[1], theirs, target)])
    assert outcomes(answers) == ["booked", "slot_taken"]
    starts = sorted([show(owner, mine).starts_at, show(owner, theirs).starts_at])
    assert starts in ([NINE, target], [NINE + HOUR, target])


def test_one_key_used_by_many_threads_books_once(callers: list[EmbeddedPortal], owner: EmbeddedPortal) -> None:
    """The caller tries again with the same key while the first try is still under way: the same appointment."""
    offer(owner)
    annas = callers[::2]
    answers = at_once([partial(book, caller, NINE, idempotency_key="visit-1") for caller in annas])
    assert outcomes(answers) == ["booked"] * 4
    assert len({each.id for each in answers if isinstance(each, Appointment)}) == 1
    assert len(owner.appointments.list(ListAppointments()).items) == 1


def test_one_appointment_cancelled_twice_at_once_gives_one_notice(
    owner: EmbeddedPortal, callers: list[EmbeddedPortal], portal_file: Path
) -> None:
    """Cancel twice, at once: the same answer, and one notice."""
    offer(owner)
    booked = book(callers[0], NINE)
    answers = at_once([partial(cancel, caller, booked) for caller in callers[::2]])
    assert outcomes(answers) == ["cancelled"] * 4
    assert len(notices(portal_file, "cancelled")) == 1
