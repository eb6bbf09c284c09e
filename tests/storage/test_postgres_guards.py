"""On PostgreSQL writers work side by side: what may happen once happens once, and nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from threading import Barrier, Thread
from typing import Any

import pytest

from portalctl import errors
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.models.appointments import (
    AppointmentReference,
    CancelAppointment,
    ListAppointments,
    RescheduleAppointment,
)
from portalctl.models.clients import MakeResetLink
from portalctl.models.staff import EditStaff, StaffReference
from portalctl.storage import appointments, audit
from portalctl.storage.engine import Store
from tests.domain.served import Served
from tests.storage.on_postgres import (
    CLIENTS,
    HOUR,
    NINE,
    PRACTITIONERS,
    SERVICE,
    all_at_once,
    booking,
    count,
    insert,
    made,
    seen_by,
)

MANY = 8
ROSSI, MILLER = PRACTITIONERS


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = made(postgres_url)
    yield store
    store.close()


def chains_are_whole(store: Store) -> bool:
    """Whether every chain has each position once, and each row's hash covers it and the one before."""
    with store.reading() as tx:
        for (chain,) in (tuple(row.values()) for row in tx.all("SELECT DISTINCT chain FROM audit")):
            previous = audit.ORIGIN
            for position, row in enumerate(audit.rows(tx, chain), start=1):
                told = (row["at"], row["actor"], row["role"], row["action"], row["subject"])
                if row["previous"] != previous or row["hash"] != audit.row_hash(previous, chain, position, *told):
                    return False
                previous = row["hash"]
    return True


@pytest.mark.parametrize("minutes", [0, 59, -59])
def test_held_time_of_a_practitioner_is_guarded_by_the_database_itself(store: Store, minutes: int) -> None:
    insert(store, "apt_000000000001")
    with pytest.raises(errors.SlotTaken):
        insert(store, "apt_000000000002", NINE + 60 * minutes, client_id=CLIENTS[1])


@pytest.mark.parametrize("minutes", [0, 59, -59])
def test_held_time_of_a_client_is_guarded_by_the_database_itself(store: Store, minutes: int) -> None:
    insert(store, "apt_000000000001")
    with pytest.raises(errors.ClientBusy):
        insert(store, "apt_000000000002", NINE + 60 * minutes, practitioner_id=MILLER)


def test_buffers_hold_the_practitioner_and_not_the_client(store: Store) -> None:
    insert(store, "apt_000000000001", blocked_until=NINE + 2 * HOUR)
    insert(store, "apt_000000000002", NINE + HOUR, practitioner_id=MILLER)
    with pytest.raises(errors.SlotTaken):
        insert(store, "apt_000000000003", NINE + HOUR, client_id=CLIENTS[1])


def test_times_may_touch_and_what_holds_nothing_is_in_nobodys_way(store: Store) -> None:
    insert(store, "apt_000000000001")
    insert(store, "apt_000000000002", NINE + HOUR)
    insert(store, "apt_000000000003", NINE - HOUR)
    insert(store, "apt_000000000004", status="requested", holds=0)
    with store.writing() as tx:
        appointments.change(tx, "apt_000000000001", status="cancelled", holds=0)
    insert(store, "apt_000000000005")
    assert count(store, "appointments") == 5


def test_a_change_is_guarded_like_a_new_appointment(store: Store) -> None:
    insert(store, "apt_000000000001")
    insert(store, "apt_000000000002", NINE + 3 * HOUR, practitioner_id=MILLER, client_id=CLIENTS[1])
    insert(store, "apt_000000000003", practitioner_id=MILLER, client_id=CLIENTS[2])
    changes: list[tuple[type[errors.Refused], dict[str, Any]]] = [
        (errors.SlotTaken, {"practitioner_id": ROSSI}),
        (errors.ClientBusy, {"client_id": CLIENTS[0]}),
        (
            errors.SlotTaken,
            {"starts_at": NINE + 3 * HOUR, "ends_at": NINE + 4 * HOUR, "blocked_until": NINE + 4 * HOUR},
        ),
    ]
    for failure, columns in changes:
        with pytest.raises(failure), store.writing() as tx:
            appointments.change(tx, "apt_000000000003", **columns)


@pytest.mark.parametrize("columns", [{"holds": 0}, {"holds": 2}, {"status": "lost"}, {"ends_at": NINE}])
def test_what_contradicts_itself_is_refused(store: Store, columns: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="check constraint"):
        insert(store, "apt_000000000001", **columns)


def test_of_many_connections_that_write_into_one_time_exactly_one_succeeds(store: Store) -> None:
    """Past every rule: the exclusion constraint alone decides."""
    told = all_at_once(
        [partial(insert, store, f"apt_00000000000{number}", client_id=CLIENTS[number % 4]) for number in range(MANY)]
    )
    assert told.count("done") == 1
    assert set(told) == {"done", "slot_taken"}
    assert count(store, "appointments") == 1


def test_of_many_clients_who_book_one_slot_exactly_one_succeeds(store: Store) -> None:
    told = all_at_once([partial(seen_by(store, person).appointments.book, booking()) for person in CLIENTS] * 2)
    assert told == ["done", *["slot_taken"] * (MANY - 1)]
    assert count(store, "appointments") == 1
    assert chains_are_whole(store)


def test_one_client_is_not_booked_with_two_practitioners_at_once(store: Store) -> None:
    portal = seen_by(store, CLIENTS[0])
    told = all_at_once([partial(portal.appointments.book, booking(practitioner=who)) for who in PRACTITIONERS])
    assert told == ["client_busy", "done"]


def test_of_overlapping_requests_approved_at_once_one_is_agreed(store: Store) -> None:
    for number, client in enumerate(CLIENTS):
        insert(store, f"apt_00000000000{number}", client_id=client, status="requested", holds=0)
    owner = seen_by(store, ROSSI)
    told = all_at_once(
        [
            partial(owner.appointments.approve, AppointmentReference(id=f"apt_00000000000{number}"))
            for number in range(4)
        ]
    )
    assert told == ["done", "slot_taken", "slot_taken", "slot_taken"]


def test_one_request_approved_many_times_at_once_is_agreed_and_told_once(store: Store) -> None:
    insert(store, "apt_000000000001", status="requested", holds=0)
    owner = seen_by(store, ROSSI)
    told = all_at_once([lambda: owner.appointments.approve(AppointmentReference(id="apt_000000000001"))] * MANY)
    assert told == ["done"] * MANY
    assert count(store, "notices") == 1


def test_one_appointment_cancelled_many_times_at_once_is_cancelled_and_told_once(store: Store) -> None:
    insert(store, "apt_000000000001")
    client = seen_by(store, CLIENTS[0])
    assert (
        all_at_once([lambda: client.appointments.cancel(CancelAppointment(id="apt_000000000001"))] * MANY)
        == ["done"] * MANY
    )
    assert count(store, "notices") == 1


def test_moving_and_cancelling_at_once_leaves_one_of_both(store: Store) -> None:
    """Whichever comes second sees what the first did."""
    slots = [encode(SlotKey(SERVICE, who, NINE + hours * HOUR)) for hours in (2, 4) for who in PRACTITIONERS]
    insert(store, "apt_000000000001")
    owner = seen_by(store, ROSSI)
    told = all_at_once(
        [
            lambda: owner.appointments.cancel(CancelAppointment(id="apt_000000000001")),
            *(
                partial(owner.appointments.reschedule, RescheduleAppointment(id="apt_000000000001", slot=slot))
                for slot in slots
            ),
        ]
    )
    assert set(told) <= {"done", "not_changeable"}
    with store.reading() as tx:
        (row,) = tx.all("SELECT status, holds, sequence FROM appointments")
    assert (row["status"], row["holds"]) == ("cancelled", 0)
    assert row["sequence"] == told.count("done")


def test_of_two_owners_who_disable_each_other_at_once_one_stays(store: Store) -> None:
    told = all_at_once(
        [
            lambda: seen_by(store, ROSSI).staff.disable(StaffReference(staff=MILLER)),
            lambda: seen_by(store, MILLER).staff.disable(StaffReference(staff=ROSSI)),
        ]
    )
    assert told in (["done", "last_owner"], ["done", "sign_in_needed"])
    with store.reading() as tx:
        assert len(tx.all("SELECT id FROM staff WHERE disabled_at IS NULL")) == 1


def test_of_two_owners_who_step_down_at_once_one_stays(store: Store) -> None:
    told = all_at_once(
        [partial(seen_by(store, who).staff.edit, EditStaff(staff=who, role="practitioner")) for who in PRACTITIONERS]
    )
    assert told == ["done", "last_owner"]


def test_reset_links_made_at_once_leave_one_open(store: Store) -> None:
    owner = seen_by(store, ROSSI)
    assert all_at_once([lambda: owner.clients.reset_link(MakeResetLink(client=CLIENTS[0]))] * MANY) == ["done"] * MANY
    with store.reading() as tx:
        assert len(tx.all("SELECT id FROM resets WHERE revoked_at IS NULL")) == 1


def test_an_intent_sent_many_times_at_once_has_one_effect(store: Store) -> None:
    portal = seen_by(store, CLIENTS[0])
    request = booking(idempotency_key="one-intent")
    told = all_at_once([lambda: portal.appointments.book(request)] * MANY)
    assert set(told) <= {"done", "idempotency_running"}
    assert "done" in told
    assert portal.appointments.book(request).id == portal.appointments.list(ListAppointments()).items[0].id
    assert count(store, "appointments") == 1


def test_chains_stay_whole_when_many_staff_read_many_clients_at_once(store: Store) -> None:
    """Each reading adds to four chains, in whatever order it comes upon them."""
    for number, client in enumerate(CLIENTS):
        insert(store, f"apt_00000000000{number}", NINE + number * HOUR, client_id=client)
    reads = [
        partial(seen_by(store, who).appointments.list, ListAppointments(newest_first=newest))
        for who in PRACTITIONERS
        for newest in (True, False)
    ]
    assert all_at_once(reads * 3) == ["done"] * 12
    assert chains_are_whole(store)
    with store.reading() as tx:
        assert [row["n"] for row in tx.all("SELECT count(*) AS n FROM audit GROUP BY chain")] == [12] * 4


def steps_of(portal: Served, person: str, step: int) -> list[Callable[[], object]]:
    """What somebody does: book, look, cancel; Dr Rossi also changes her colleague's name."""
    practitioner = PRACTITIONERS[step % 2]
    named = {"client": CLIENTS[step % 4]} if person in PRACTITIONERS else {}

    def cancel_some() -> None:
        for found in portal.appointments.list(ListAppointments(limit=2)).items:
            portal.appointments.cancel(CancelAppointment(id=found.id))

    steps: list[Callable[[], object]] = [
        partial(portal.appointments.book, booking(NINE + step % 3 * HOUR, practitioner, **named)),
        partial(portal.appointments.list, ListAppointments()),
        cancel_some,
    ]
    if person == ROSSI:
        steps.append(partial(portal.staff.edit, EditStaff(staff=MILLER, name=f"Dr {step}")))
    return steps


def test_everything_at_once_never_waits_in_a_circle(store: Store) -> None:
    """Whoever waits is served in the end: no deadlock, which PostgreSQL would break up with a failure."""
    start = Barrier(6)
    seen: list[str] = []

    def work(person: str, number: int) -> None:
        portal = seen_by(store, person)
        start.wait()
        for step in range(6):
            for attempt in steps_of(portal, person, number + step):
                try:
                    attempt()
                except errors.Refused:
                    continue
                except errors.PortalError as failure:
                    seen.append(f"{failure.code}: {failure.message}")

    threads = [Thread(target=work, args=(person, number)) for number, person in enumerate((*PRACTITIONERS, *CLIENTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == []
    assert chains_are_whole(store)
    with store.reading() as tx:
        held = tx.all(
            "SELECT practitioner_id, blocked_from, blocked_until FROM appointments WHERE holds = 1 ORDER BY 1, 2"
        )
    for one, next_ in pairwise(held):
        assert one["practitioner_id"] != next_["practitioner_id"] or one["blocked_until"] <= next_["blocked_from"]
