"""How many answers a second one server process gives on PostgreSQL, beside the least that its framework can cost.

    python -m benchmarks.throughput [--rounds 5] [--seconds 5] [--connections 64]

`GET /appointments` (20 rows, signed in) and booking, with `wrk`, in turns: the portal; a bare route of its framework
that runs the same statements through the same pool and makes the same bytes of the rows; the same with an answer that
was made before; an empty route. Exits with 1 when the portal's median is below 0.7 of the bare route's. Needs `wrk`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bare import ROWS
from benchmarks.hosted import Hosts, Practice, any_key, durable_postgres, hosts, new_practice, opened, processes
from benchmarks.portals import midnight
from benchmarks.recording import Recording
from benchmarks.wire import Connection
from benchmarks.wrk import Load, Request, load
from portalctl.clock import system_clock
from portalctl.contract.binding import answer_type, every_operation
from portalctl.domain.appointments import Appointments
from portalctl.domain.office import Office, hash_token
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.models.appointments import BookAppointment, ListAppointments
from portalctl.storage.engine import Store

MINUTES = 30
DAY = 86_400
TARGET = 0.7
MOST_A_SECOND = 3000
"""More bookings than any of them makes: so many slots are ready for each second."""

LIST = f"/appointments?when=upcoming&limit={ROWS}"


def main() -> int:
    """Make the practice, load, compare."""
    parser = argparse.ArgumentParser(description="Compare the server's throughput with a bare route's.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    clients = options.connections
    with durable_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        practice = new_practice(postgres.url, practitioners=clients + 1, clients=clients + 1, minutes=MINUTES)
        plan = Path(folder, "plan.json")
        with opened(postgres.url) as store:
            plan.write_text(json.dumps(_plan(store, practice)), encoding="utf-8")
        bare = [sys.executable, "-m", "benchmarks.bare", "--plan", str(plan)]
        with hosts(postgres.url, 1) as portal, processes(postgres.url, 1, bare) as beside:
            asyncio.run(_compare(practice, portal, beside))
            loads = _measure(practice, portal, beside, options)
    return _verdict(loads)


def _plan(store: Store, practice: Practice) -> dict[str, Any]:
    """What the bare routes do and answer. It is recorded with the last client, after all have something to list."""
    starts = [midnight() + (2 + number // 10) * DAY + (8 + number % 10) * 3600 for number in range(ROWS)]
    for number, (_, token) in enumerate(practice.clients):
        for start in starts:
            _office_of(store, token).book(BookAppointment(slot=_slot(practice, number, start)))
    client, token = practice.clients[-1]
    recording = Recording(store)
    listed = _office_of(recording, token).list(ListAppointments(when="upcoming", limit=ROWS))
    assert len(listed.items) == ROWS
    with store.reading() as tx:
        people = {
            row["token_hash"]: {"token": row["token_hash"], "client": row["client"], "account": row["account"]}
            for row in tx.all(
                "SELECT s.token_hash, c.id AS client, s.account_id AS account FROM sessions s"
                " JOIN clients c ON c.account_id = s.account_id"
            )
        }
    was = dict(people[hash_token(token)])
    answer = answer_type(every_operation()["appointments.list"]).dump_json(listed).decode()
    lists = {"steps": recording.steps[:], "was": was, "start": 0, "answer": answer}
    recording.steps.clear()
    start = midnight() + 5 * DAY
    slot = _slot(practice, len(practice.clients) - 1, start)
    booked = _office_of(recording, token).book(BookAppointment(slot=slot, idempotency_key=slot))
    was_booked = was | {"practitioner": booked.practitioner_id, "key": slot}
    books = {"steps": recording.steps, "was": was_booked, "start": start}
    print(f"statements: {_counted(lists)} to list, {_counted(books)} to book; {client} has {len(listed.items)} rows")
    return {"people": people, "list": lists, "book": books}


async def _compare(practice: Practice, portal: Hosts, beside: Hosts) -> None:
    """See that both give everybody the same bytes; the portal knows all their sessions then, and limits each apart."""
    for client, token in practice.clients[:-1]:
        connections = [Connection(each.port, token) for each in (portal, beside)]
        one, other = [await connection.get(LIST) for connection in connections]
        assert one.status == 200
        assert one == other, f"{client} is told two things"
        for connection in connections:
            connection.close()


def _measure(practice: Practice, portal: Hosts, beside: Hosts, options: argparse.Namespace) -> dict[str, list[Load]]:
    clients = practice.clients[:-1]
    listing = [Request("GET", LIST, token) for _, token in clients]
    days = count(10)

    def booking() -> list[Request]:
        """Enough for one load: everybody's next days with a practitioner of their own."""
        rounds = -(-MOST_A_SECOND * options.seconds // len(clients))
        starts = [start for _ in range(-(-rounds // 48)) for start in _starts(next(days))]
        return [
            Request("POST", "/appointments", token, slot, json.dumps({"slot": slot}))
            for start in starts
            for number, (_, token) in enumerate(clients)
            for slot in (_slot(practice, number, start),)
        ]

    runs: dict[str, tuple[Hosts, Callable[[], list[Request]]]] = {
        "list, portal": (portal, lambda: listing),
        "list, bare": (beside, lambda: listing),
        "list, bare, ready-made answer": (beside, lambda: [each._replace(path="/ready-made") for each in listing]),
        "empty": (beside, lambda: [Request("GET", "/empty", "-")]),
        "book, portal": (portal, booking),
        "book, bare": (beside, booking),
    }
    loads: dict[str, list[Load]] = {name: [] for name in runs}
    for number in range(options.rounds + 1):
        for name, (server, requests) in runs.items():
            took = load(server.port, requests(), connections=options.connections, seconds=options.seconds)
            if number:
                loads[name].append(took)
    return loads


def _verdict(loads: Mapping[str, list[Load]]) -> int:
    rates = {name: median(each.rate for each in found) for name, found in loads.items()}
    print("| | answers a second | median | p99 |\n|---|--:|--:|--:|")
    for name, found in loads.items():
        halves = [1000 * median(getattr(each, figure) for each in found) for figure in ("median", "p99")]
        print(f"| {name} | {rates[name]:,.0f} | {halves[0]:.1f} ms | {halves[1]:.1f} ms |")
    code = 0
    for name in ("list", "book"):
        ratio = rates[f"{name}, portal"] / rates[f"{name}, bare"]
        empty = rates[f"{name}, portal"] / rates["empty"]
        met = "met" if ratio >= TARGET else "MISSED"
        print(f"{name}: {ratio:.2f} of the bare route (≥ {TARGET}: {met}), {empty:.2f} of the empty one")
        code |= ratio < TARGET
    return code


def _office_of(store: Store, token: str) -> Appointments:
    return Appointments(Office(store, system_clock, token, any_key, ""))


def _counted(part: Mapping[str, Any]) -> int:
    return sum(step.kind != "hold" or bool(step.parameters) for step in part["steps"])


def _slot(practice: Practice, practitioner: int, start: int) -> str:
    return encode(SlotKey(practice.service, practice.practitioners[practitioner], start))


def _starts(day: int) -> range:
    begin = midnight() + day * DAY
    return range(begin, begin + DAY, 60 * MINUTES)


if __name__ == "__main__":
    sys.exit(main())
