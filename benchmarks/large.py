"""Whether the API costs the same in a practice with 10,000,000 appointments as in one with 10,000, on PostgreSQL.

    python -m benchmarks.large [--appointments 10000000] [--rounds 200] [--keep FOLDER]

Fills two databases of one PostgreSQL by COPY, indexes and constraints as the real schema has them. In both the measured
client has the same hundred appointments and the measured practitioner the same coming weeks; the large practice has
400 practitioners and 100,000 clients, the small one 40 and 1,000. Each is served by a process of its own, and the same
requests are sent to both in turns. Exits with 1 when the median of one is more than 1.5 times as long in the large one.
Filling takes a quarter of an hour and 15 GB; `--keep` keeps PostgreSQL's folder, which it then takes up again. Every
account of the system must be able to reach it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.copying import copy_appointments, without_guards
from benchmarks.crowd import MINUTES, crowd
from benchmarks.hosted import durable_postgres, hosts, opened, set_up
from benchmarks.portals import (
    OWNER,
    Sample,
    add_clients,
    add_practitioners,
    add_service,
    midnight,
    sign_in,
    sign_in_client,
)
from benchmarks.timing import Figure, finish
from benchmarks.wire import Connection

SMALL, LARGE = 10_000, 10_000_000
TARGET = 1.5
DAY = 86_400
WARMING = 20
"""Rounds that are not counted."""

SETTINGS = {
    "shared_buffers": "2GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "maintenance_work_mem": "1GB",
    "max_parallel_maintenance_workers": "2",
}


class Size(NamedTuple):
    """How large a practice is."""

    appointments: int
    practitioners: int
    clients: int


class Measured(NamedTuple):
    """A filled practice: the tokens of its client and its owner, and whose slots are asked for."""

    client_token: str
    owner_token: str
    practitioner: str


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="Compare the API of a small practice and of a large one.")
    parser.add_argument("--appointments", type=int, default=LARGE, help="how many the large practice has")
    parser.add_argument("--rounds", type=int, default=200, help="how often each request is sent")
    parser.add_argument("--keep", type=Path, help="keep PostgreSQL in this folder, or use the one that is there")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(exist_ok=True)
    sizes = {
        "small": Size(SMALL, 40, 1000),
        "large": Size(options.appointments, *((400, 100_000) if options.appointments >= 1_000_000 else (40, 1000))),
    }
    with durable_postgres(SETTINGS, options.keep) as postgres, TemporaryDirectory() as folder, ExitStack() as stack:
        sides = []
        for name, size in sizes.items():
            database = postgres.schema_url(name)
            begin = time.perf_counter()
            practice = _practice(database, size, (options.keep or Path(folder)) / f"{name}.json")
            print(f"{name}: {size.appointments:,} appointments, {time.perf_counter() - begin:.0f} s", flush=True)
            sides.append(_Side(practice, stack.enter_context(hosts(database, 1, "--new-key")).port))
        small, large = asyncio.run(_measure(sides, options.rounds))
    return finish(
        [Figure(f"{name}, {options.appointments:,}", large[name], f"{SMALL:,}", small[name], TARGET) for name in small]
    )


def _practice(database: str, size: Size, described: Path) -> Measured:
    """The practice of that size, filled where it is not described yet. The sessions always begin anew."""
    if not described.exists():
        client, practitioner = _fill(database, size)
        described.write_text(json.dumps([client, practitioner]), encoding="utf-8")
    client, practitioner = json.loads(described.read_text(encoding="utf-8"))
    with opened(database) as store, store.writing() as tx:
        return Measured(sign_in_client(tx, client), sign_in(tx, OWNER), practitioner)


def _fill(database: str, size: Size) -> tuple[str, str]:
    """Make and fill a practice: its measured client and practitioner."""
    with opened(database, create=True) as store:
        set_up(store)
        with store.writing() as tx:
            sample = Sample(Path(), database, add_service(tx, MINUTES))
            staff = add_practitioners(tx, sample, size.practitioners, "08:00-17:00")
            people = add_clients(tx, size.clients)
            owner = tx.one("SELECT id, account_id FROM staff WHERE role = 'owner'")
    assert owner is not None
    by = (owner["id"], owner["account_id"])
    with without_guards(database):
        bookings = crowd(people, staff, size.appointments)
        written = copy_appointments(database, sample.service_id, by, bookings, int(time.time()))
    assert written == size.appointments
    return people[0], staff[0]


class _Side:
    """One practice as it is served: asks, and notes how long each answer took."""

    def __init__(self, practice: Measured, port: int) -> None:
        self.took: dict[str, list[float]] = {}
        self._practitioner = practice.practitioner
        self._client = Connection(port, practice.client_token)
        self._owner = Connection(port, practice.owner_token)
        self._free: list[str] = []

    async def begin(self) -> None:
        """Learn what is free."""
        found = await self._client.get(f"/slots?practitioner={self._practitioner}&limit=1000")
        self._free = [slot["id"] for slot in found.json]

    async def ask(self) -> None:
        """Send each request once."""
        practitioner = f"practitioner={self._practitioner}"
        week = "&".join(
            f"{name}={datetime.fromtimestamp(midnight() + days * DAY, UTC):%Y-%m-%dT%H:%M:%SZ}"
            for name, days in (("starts_from", 1), ("starts_before", 8))
        )
        for name, connection, path in (
            ("list, upcoming", self._client, "/appointments?when=upcoming&limit=20"),
            ("list, past", self._client, "/appointments?when=past&newest_first=true&limit=20"),
            ("dashboard", self._client, "/dashboard"),
            ("slots", self._client, f"/slots?{practitioner}&limit=20"),
            ("calendar of a week", self._owner, f"/appointments?{practitioner}&{week}&limit=100"),
            ("clients", self._owner, "/clients?limit=50"),
        ):
            begin = time.perf_counter()
            reply = await connection.get(path)
            self._note(name, begin)
            assert reply.status == 200, reply
        slot = self._free.pop()
        begin = time.perf_counter()
        reply = await self._client.post("/appointments", {"slot": slot}, slot)
        self._note("book", begin)
        assert reply.status == 200, reply

    def _note(self, name: str, begin: float) -> None:
        self.took.setdefault(name, []).append(time.perf_counter() - begin)


async def _measure(sides: Sequence[_Side], rounds: int) -> list[dict[str, float]]:
    """The median seconds of each request, by side, asked in turns."""
    for side in sides:
        await side.begin()
    for number in range(WARMING + rounds):
        for side in sides if number % 2 else reversed(sides):
            await side.ask()
    return [{name: median(took[WARMING:]) for name, took in side.took.items()} for side in sides]


if __name__ == "__main__":
    sys.exit(main())
