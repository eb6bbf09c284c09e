"""Portal files of any size, written through the same queries that the program uses."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from portalctl.backends.embedded import EmbeddedPortal, open_portal
from portalctl.clock import system_clock
from portalctl.config import Config, Profile
from portalctl.credentials import open_store
from portalctl.domain.ids import new_id
from portalctl.domain.office import Origin
from portalctl.domain.sessions import start_session
from portalctl.models.practice import SetUpPractice
from portalctl.storage import accounts, appointments, audit, clients, hours, notices, services, staff
from portalctl.storage.engine import Transaction
from portalctl.storage.sqlite import SqliteStore, SqliteTransaction

OWNER = "owner@example.com"

UNUSABLE = "-"
"""Is the hash of no password."""

CACHE_KIB = 2_000_000
"""Page cache while a portal is filled: a large one is written once instead of page by page again and again."""


class Sample(NamedTuple):
    """A portal made for a measurement, in a folder that PORTALCTL_HOME may name, with its one service."""

    home: Path
    url: str
    service_id: str

    @property
    def file(self) -> Path:
        """The portal's file."""
        return Path(self.url.removeprefix("sqlite://"))

    def open(self, token: str) -> EmbeddedPortal:
        """The portal for whoever has the token."""
        return open_portal(self.url, token, system_clock, _unheard)


class Booking(NamedTuple):
    """One appointment to be written; `start` is epoch seconds."""

    client_id: str
    practitioner_id: str
    start: int


def new_portal(home: Path, *, minutes: int) -> Sample:
    """A practice with one service of that many minutes and nobody but its owner."""
    data = home / "data"
    data.mkdir(mode=0o700, parents=True)
    url = f"sqlite://{data / 'portal.db'}"
    portal = open_portal(url, None, system_clock, _unheard)
    portal.practice.set_up(
        SetUpPractice(name="Practice", email=OWNER, timezone="UTC", owner="Owner", password=new_id("password"))
    )
    portal.close()
    sample = Sample(home, url, "")
    with filling(sample) as tx:
        return sample._replace(service_id=add_service(tx, minutes))


def add_service(tx: Transaction, minutes: int) -> str:
    """A service of so many minutes, by phone; its id."""
    service_id = new_id("svc")
    services.insert(
        tx,
        id=service_id,
        name="Visit",
        duration_minutes=minutes,
        buffer_before_minutes=0,
        buffer_after_minutes=0,
        place="phone",
        created_at=_now(),
    )
    return service_id


@contextmanager
def filling(sample: Sample) -> Iterator[Transaction]:
    """One large transaction, with the schema's guards on and a cache that holds all of it."""
    connection = apsw.Connection(str(sample.file), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.execute(f"PRAGMA foreign_keys=ON; PRAGMA cache_size=-{CACHE_KIB}")
        with connection:
            yield SqliteTransaction(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


@contextmanager
def reading(sample: Sample) -> Iterator[Transaction]:
    """A look at what the file holds."""
    store = SqliteStore(sample.file)
    try:
        with store.reading() as tx:
            yield tx
    finally:
        store.close()


def add_practitioners(tx: Transaction, sample: Sample, count: int, windows: str) -> list[str]:
    """Practitioners who offer the service every weekday in those windows (UTC)."""
    found = [new_id("stf") for _ in range(count)]
    for number, staff_id in enumerate(found):
        staff.insert(
            tx,
            id=staff_id,
            account_id=None,
            name=f"Practitioner {number}",
            email=f"practitioner{number}@example.com",
            role="practitioner",
            timezone="UTC",
            created_at=_now(),
        )
        for weekday in range(1, 8):
            hours.set_weekday(tx, staff_id, weekday, windows)
    services.set_practitioners(tx, sample.service_id, found)
    return found


def add_clients(tx: Transaction, count: int) -> list[str]:
    """Clients without accounts."""
    found = [new_id("cli") for _ in range(count)]
    for number, client_id in enumerate(found):
        clients.insert(
            tx, id=client_id, name=f"Client {number}", email=_address(client_id), timezone="UTC", created_at=_now()
        )
    return found


def sign_in_client(tx: Transaction, client_id: str) -> str:
    """A new session of a client, whose account no password opens; its token."""
    account = accounts.by_email(tx, _address(client_id))
    if account is None:
        account_id = new_id("acc")
        accounts.insert(tx, id=account_id, email=_address(client_id), password_hash=UNUSABLE, created_at=_now())
        accounts.join(tx, "client", client_id, account_id=account_id, name="Measured client", timezone=None)
    return sign_in(tx, _address(client_id))


def sign_in(tx: Transaction, email: str) -> str:
    """A new session of an account; its token."""
    account = accounts.by_email(tx, email)
    assert account is not None
    return start_session(tx, account["account_id"], system_clock(), Origin("local", "benchmark")).token


def keep(sample: Sample, profile: str, token: str) -> None:
    """Make the session usable from the command line, as `login --store file` does."""
    config = Config.load({"PORTALCTL_HOME": str(sample.home)})
    config.save(Profile(profile, sample.url, store="file"))
    saved = config.profile(profile)
    open_store(saved, config, _unheard).set(saved.name, sample.url, token)


def add_appointments(tx: Transaction, sample: Sample, bookings: Iterable[Booking], minutes: int) -> None:
    """Write appointments as booking leaves them: each with a notice and an audit row. Past ones were attended."""
    now = _now()
    owner = tx.one("SELECT id, account_id FROM staff WHERE role = 'owner'")
    assert owner is not None
    for client_id, practitioner_id, start in bookings:
        appointment_id = new_id("apt")
        booked_at = min(now, start - 7 * 86_400)
        appointments.insert(
            tx,
            id=appointment_id,
            client_id=client_id,
            practitioner_id=practitioner_id,
            service_id=sample.service_id,
            status="booked" if start > now else "attended",
            holds=1,
            starts_at=start,
            ends_at=start + 60 * minutes,
            blocked_from=start,
            blocked_until=start + 60 * minutes,
            place="phone",
            cancellation_notice_minutes=1440,
            reschedule_notice_minutes=1440,
            reason_required=0,
            late_cancellation_recorded=0,
            created_at=booked_at,
            updated_at=booked_at,
        )
        notices.insert(
            tx,
            id=new_id("ntc"),
            client_id=client_id,
            kind="booked",
            appointment_id=appointment_id,
            starts_at=start,
            by_account=owner["account_id"],
            by_name="Owner",
            at=booked_at,
        )
        audit.append(
            tx,
            chain=client_id,
            at=booked_at,
            actor=owner["id"],
            role="owner",
            action="appointments.book",
            subject=appointment_id,
        )


def midnight() -> int:
    """The beginning of today in UTC, in epoch seconds."""
    return _now() // 86_400 * 86_400


def _address(client_id: str) -> str:
    return f"{client_id}@example.com"


def _now() -> int:
    return int(time.time())


def _unheard(text: str) -> None:
    """Notes for people are of no use here."""
