"""A practice in PostgreSQL made by storage alone, and its people as they see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any, TypeVar

from portalctl import errors
from portalctl.domain.office import Office, hash_token
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.models.appointments import BookAppointment
from portalctl.storage import accounts, appointments, clients, hours, practice, services, sessions, staff
from portalctl.storage.engine import Store, Transaction
from portalctl.storage.stores import open_store
from tests.domain.served import Served

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NINE = int(datetime(2026, 3, 3, 9, 0, tzinfo=UTC).timestamp())
"""Tomorrow."""

HOUR = 3600
PRACTITIONERS = ("stf_000000000001", "stf_000000000002")
CLIENTS = ("cli_000000000001", "cli_000000000002", "cli_000000000003", "cli_000000000004")
SERVICE = "svc_000000000001"

T = TypeVar("T")


def made(url: str, **settings: Any) -> Store:
    """The store of a practice with two owners who give appointments around the clock, and four clients."""
    store = open_store(url, create=True, **settings)
    with store.writing() as tx:
        practice.insert(tx, id="prc_1", name="Studio Rossi", email="r@example.com", timezone="UTC", created_at=1)
        for person in PRACTITIONERS:
            _sign_up(tx, person)
            account = f"acc_{person}"
            staff.insert(
                tx,
                id=person,
                account_id=account,
                name=f"Dr {person}",
                email=_email(person),
                role="owner",
                timezone="UTC",
                created_at=1,
            )
        for person in CLIENTS:
            _sign_up(tx, person)
            clients.insert(tx, id=person, name=person, email=_email(person), created_at=1, account_id=f"acc_{person}")
        services.insert(tx, **_SERVICE)
        services.set_practitioners(tx, SERVICE, PRACTITIONERS)
        for person in PRACTITIONERS:
            for weekday in range(1, 8):
                hours.set_weekday(tx, person, weekday, "00:00-00:00")
    return store


def seen_by(store: Store, person: str) -> Served:
    """The portal as this person sees it."""
    return Served(Office(store, lambda: NOW, token_of(person), lambda: b"k" * 32, "https://portal.example.com"))


def token_of(person: str) -> str:
    """The token of the person's session."""
    return f"pct_{person}"


def booking(start: int = NINE, practitioner: str = PRACTITIONERS[0], **more: Any) -> BookAppointment:
    """The request for an hour with a practitioner."""
    return BookAppointment(slot=encode(SlotKey(SERVICE, practitioner, start)), **more)


def insert(store: Store, id: str, start: int = NINE, **columns: Any) -> None:  # noqa: A002  the column's name
    """Write an appointment with nothing but SQL: the first client's hour with the first practitioner."""
    row = {
        "client_id": CLIENTS[0],
        "practitioner_id": PRACTITIONERS[0],
        "service_id": SERVICE,
        "status": "booked",
        "holds": 1,
        "starts_at": start,
        "ends_at": start + HOUR,
        "blocked_from": start,
        "blocked_until": start + HOUR,
        "place": "phone",
        "cancellation_notice_minutes": 0,
        "reschedule_notice_minutes": 0,
        "reason_required": 0,
        "late_cancellation_recorded": 0,
        "created_at": 1,
        "updated_at": 1,
    }
    with store.writing() as tx:
        appointments.insert(tx, id=id, **{**row, **columns})


def rename(store: Store, name: str = "Renamed") -> None:
    """A small change."""
    with store.writing() as tx:
        tx.run("UPDATE practice SET name = :name", name=name)


def count(store: Store, table: str) -> int:
    """How many rows a table has."""
    with store.reading() as tx:
        return int(tx.all(f"SELECT count(*) AS n FROM {table}")[0]["n"])  # noqa: S608  our own name


def all_at_once(attempts: Sequence[Callable[[], object]]) -> list[str]:
    """What each of some attempts that begin in the same moment comes to: "done", or a failure's code; sorted."""
    start = Barrier(len(attempts))

    def told(attempt: Callable[[], object]) -> str:
        start.wait()
        try:
            attempt()
        except errors.PortalError as failure:
            return failure.code
        return "done"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return sorted(pool.map(told, attempts))


def wait_until(happens: Callable[[], object]) -> None:
    """Ask again and again until it is so."""
    until = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.01)


def _sign_up(tx: Transaction, person: str) -> None:
    accounts.insert(tx, id=f"acc_{person}", email=_email(person), password_hash="-", created_at=1)
    sessions.insert(
        tx,
        id=f"ses_{person}",
        token_hash=hash_token(token_of(person)),
        account_id=f"acc_{person}",
        address="local",
        device="test",
        created_at=int(NOW.timestamp()),
        expires_at=2**40,
        idle_minutes=2**30,
    )


def _email(person: str) -> str:
    return f"{person}@example.com"


_SERVICE: dict[str, Any] = {
    "id": SERVICE,
    "name": "Session",
    "duration_minutes": 60,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 0,
    "place": "phone",
    "created_at": 1,
}
