"""The database refuses a double booking by itself, whatever program writes to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.ids import new_id
from portalctl.models.services import AddService
from portalctl.storage import appointments
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteStore
from tests.domain.booking_setup import ANNA, BEN, book, colleague, moment, offer
from tests.domain.conftest import query
from tests.domain.people import member

TWELVE = moment("2026-03-03 12:00")


@pytest.fixture
def miller(owner: EmbeddedPortal) -> str:
    """The id of a colleague of Dr Rossi who is free all day."""
    return member(owner, colleague(owner)).id


@pytest.fixture
def row(owner: EmbeddedPortal, portal_file: Path) -> Row:
    """Anna's appointment from 12:00 to 13:00 as it is stored: Dr Rossi is held from 11:45 to 13:30."""
    offer(owner)
    owner.services.add(
        AddService(name="Padded", duration_minutes=60, buffer_before_minutes=15, buffer_after_minutes=30)
    )
    booked = book(owner, TWELVE, service="Padded", client=ANNA)
    return query(portal_file, f"SELECT * FROM appointments WHERE id = '{booked.id}'")[0]  # noqa: S608  our own id


@pytest.fixture
def ben(portal_file: Path) -> str:
    """Ben's id."""
    return str(query(portal_file, f"SELECT id FROM clients WHERE name = '{BEN}'")[0]["id"])  # noqa: S608  our own name


def shifted(row: Row, minutes: int, **changes: Any) -> Row:
    """Another appointment like that one, so many minutes later."""
    times = {name: row[name] + 60 * minutes for name in ("starts_at", "ends_at", "blocked_from", "blocked_until")}
    return {**row, "id": new_id("apt"), **times, **changes}


def write(portal_file: Path, row: Row) -> None:
    """Insert a row with nothing but SQL."""
    store = SqliteStore(portal_file)
    try:
        with store.writing() as tx:
            appointments.insert(tx, **row)
    finally:
        store.close()


def rewrite(portal_file: Path, row: Row, **columns: Any) -> None:
    """Update a row with nothing but SQL."""
    store = SqliteStore(portal_file)
    try:
        with store.writing() as tx:
            appointments.change(tx, row["id"], **columns)
    finally:
        store.close()


def count(portal_file: Path) -> int:
    """How many appointments are stored."""
    return len(query(portal_file, "SELECT id FROM appointments"))


@pytest.mark.parametrize("minutes", [0, 60, 104, -60, -104])
def test_an_overlap_of_a_practitioner_is_refused_buffers_included(
    row: Row, ben: str, portal_file: Path, minutes: int
) -> None:
    """The database is the last guard, buffers included: 105 minutes are held for 60."""
    with pytest.raises(errors.SlotTaken):
        write(portal_file, shifted(row, minutes, client_id=ben))
    assert count(portal_file) == 1


@pytest.mark.parametrize("minutes", [105, -105])
def test_held_times_may_touch(row: Row, ben: str, portal_file: Path, minutes: int) -> None:
    """Where one held time ends the next may begin."""
    write(portal_file, shifted(row, minutes, client_id=ben))
    assert count(portal_file) == 2


@pytest.mark.parametrize("minutes", [0, 59, -59])
def test_an_overlap_of_a_client_is_refused(row: Row, miller: str, portal_file: Path, minutes: int) -> None:
    """A guard like it per client."""
    with pytest.raises(errors.ClientBusy):
        write(portal_file, shifted(row, minutes, practitioner_id=miller))
    assert count(portal_file) == 1


@pytest.mark.parametrize("minutes", [60, -60])
def test_a_buffer_holds_the_practitioner_and_not_the_client(
    row: Row, miller: str, portal_file: Path, minutes: int
) -> None:
    """A client may go straight from one practitioner to another."""
    write(portal_file, shifted(row, minutes, practitioner_id=miller))
    assert count(portal_file) == 2


def test_the_longest_appointment_is_seen_from_its_far_end(row: Row, ben: str, portal_file: Path) -> None:
    """A day of 24 hours with eight hours of buffer on both sides, met in its last minute."""
    day = 86_400
    long = shifted(row, 10 * 1440, client_id=ben)
    long |= {"ends_at": long["starts_at"] + day, "blocked_from": long["starts_at"] - day // 3}
    long |= {"blocked_until": long["ends_at"] + day // 3}
    write(portal_file, long)
    late = shifted(row, 0) | {"blocked_from": long["blocked_until"] - 60}
    late |= {"starts_at": late["blocked_from"], "ends_at": late["blocked_from"] + 3600}
    with pytest.raises(errors.SlotTaken):
        write(portal_file, late | {"blocked_until": late["ends_at"]})


def test_a_move_into_held_time_is_refused(row: Row, ben: str, portal_file: Path) -> None:
    """Also by UPDATE: the time of an appointment, its practitioner and its client are guarded."""
    other = shifted(row, 300, client_id=ben)
    write(portal_file, other)
    onto = {name: row[name] for name in ("starts_at", "ends_at", "blocked_from", "blocked_until")}
    with pytest.raises(errors.SlotTaken):
        rewrite(portal_file, other, **onto)
    rewrite(portal_file, other, starts_at=other["starts_at"] + 60, ends_at=other["ends_at"] + 60)


def test_a_change_of_practitioner_into_held_time_is_refused(row: Row, ben: str, miller: str, portal_file: Path) -> None:
    """Also by UPDATE of the practitioner."""
    other = shifted(row, 30, client_id=ben, practitioner_id=miller)
    write(portal_file, other)
    with pytest.raises(errors.SlotTaken):
        rewrite(portal_file, other, practitioner_id=row["practitioner_id"])


def test_a_change_of_client_into_held_time_is_refused(row: Row, ben: str, miller: str, portal_file: Path) -> None:
    """Also by UPDATE of the client."""
    other = shifted(row, 30, client_id=ben, practitioner_id=miller)
    write(portal_file, other)
    with pytest.raises(errors.ClientBusy):
        rewrite(portal_file, other, client_id=row["client_id"])


def test_a_request_holds_nothing_until_it_is_approved(row: Row, ben: str, portal_file: Path) -> None:
    """A request may stand beside a booking; turning it into one is refused."""
    request = shifted(row, 0, client_id=ben, status="requested", holds=0)
    write(portal_file, request)
    with pytest.raises(errors.SlotTaken):
        rewrite(portal_file, request, status="booked", holds=1)


def test_a_cancelled_appointment_holds_nothing_and_cannot_come_back_into_taken_time(
    row: Row, ben: str, portal_file: Path
) -> None:
    """A cancelled appointment frees its time at once, buffers included (Cal PR #21623)."""
    rewrite(portal_file, row, status="cancelled", holds=0)
    write(portal_file, shifted(row, 0, client_id=ben))
    with pytest.raises(errors.SlotTaken):
        rewrite(portal_file, row, status="booked", holds=1)
