"""Whether something happens twice whose answer was lost.

    python -m benchmarks.lost_replies [--times 1000] [--threads 8]

A proxy lets each request through to a real server on PostgreSQL and loses the first answer, in turn by hanging up, by
a reset, and in the middle of the answer. The real remote portal books, moves, cancels and invites through it, so many
times each. Exits with 1 when anything has not exactly one effect.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from benchmarks.dropping_proxy import DroppingProxy, dropping_proxy
from benchmarks.history import broken_chains
from benchmarks.hosted import Practice, durable_postgres, hosts, new_practice, opened
from benchmarks.portals import midnight
from portalctl import errors
from portalctl.backends.registry import open_portal
from portalctl.clock import system_clock
from portalctl.contract.portal import Portal
from portalctl.domain.ids import new_id
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.models.appointments import BookAppointment, CancelAppointment, RescheduleAppointment
from portalctl.models.invites import InviteClient
from portalctl.storage.engine import Transaction

MINUTES = 30
DAY = 86_400
TRIES = 5
Answer = TypeVar("Answer")


class Heard(NamedTuple):
    """What one thread was told, how many of its answers were lost, and how often it had to ask anew."""

    appointments: list[str]
    invites: list[str]
    dropped: int
    asked_anew: int


def main() -> int:
    """Make the practice, lose answers, count effects."""
    parser = argparse.ArgumentParser(description="Lose answers and count effects.")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()
    with durable_postgres() as postgres:
        practice = new_practice(postgres.url, practitioners=options.threads, clients=options.threads, minutes=MINUTES)
        with hosts(postgres.url, 1) as running, ThreadPoolExecutor(options.threads) as threads:
            begin = time.perf_counter()
            shares = [
                options.times // options.threads + (number < options.times % options.threads)
                for number in range(options.threads)
            ]
            heard = list(
                threads.map(
                    lambda number: _work(running.port, practice, number, shares[number]), range(options.threads)
                )
            )
            took = time.perf_counter() - begin
        with opened(postgres.url) as store, store.reading() as tx:
            amiss = list(
                _amiss(
                    tx,
                    [one for each in heard for one in each.appointments],
                    [one for each in heard for one in each.invites],
                )
            )
    dropped = sum(each.dropped for each in heard)
    print(f"book, reschedule, cancel, invite: {options.times:,} times each in {took:.0f} s; {dropped:,} answers lost")
    print(
        f"the remote portal asked again by itself, and was asked again {sum(each.asked_anew for each in heard)} times"
    )
    print("\n".join(amiss[:20]) or "each had exactly one effect: in the records, the audit, the news and the mail")
    return 0 if not amiss and dropped == 4 * options.times else 1


def _work(port: int, practice: Practice, number: int, times: int) -> Heard:
    """One client and the owner, each answer lost once."""
    with dropping_proxy(port) as proxy:
        client = open_portal(proxy.url, practice.clients[number][1], system_clock, _unheard)
        owner = open_portal(proxy.url, practice.owner_token, system_clock, _unheard)
        asker = _Asker(proxy)
        slots = _slots(practice, number)
        booked = [asker.book(client, next(slots)) for _ in range(times)]
        for appointment in booked:
            asker.move(client, appointment, next(slots))
        for appointment in booked:
            asker.cancel(client, appointment)
        invited = [asker.invite(owner) for _ in range(times)]
        client.close()
        owner.close()
        return Heard(booked, invited, proxy.dropped, asker.asked_anew)


class _Asker:
    """Asks so that the first answer is lost."""

    def __init__(self, proxy: DroppingProxy) -> None:
        self._proxy = proxy
        self.asked_anew = 0

    def book(self, portal: Portal, slot: str) -> str:
        request = BookAppointment(slot=slot, idempotency_key=new_id("key"))
        return self._ask(lambda: portal.appointments.book(request)).id

    def move(self, portal: Portal, appointment: str, slot: str) -> None:
        request = RescheduleAppointment(id=appointment, slot=slot, idempotency_key=new_id("key"))
        self._ask(lambda: portal.appointments.reschedule(request))

    def cancel(self, portal: Portal, appointment: str) -> None:
        self._ask(lambda: portal.appointments.cancel(CancelAppointment(id=appointment)))

    def invite(self, portal: Portal) -> str:
        address = f"{new_id('cli')}@example.com"
        request = InviteClient(name="Invited", email=address, idempotency_key=new_id("key"))
        return self._ask(lambda: portal.invites.create(request)).id

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        self._proxy.drop()
        for _ in range(TRIES):
            try:
                return question()
            except errors.Retryable:
                self.asked_anew += 1
        return question()


def _slots(practice: Practice, number: int) -> Iterator[str]:
    """This client's own slots, one after the other."""
    start = midnight() + 2 * DAY
    while True:
        yield encode(SlotKey(practice.service, practice.practitioners[number], start))
        start += 60 * MINUTES


def _amiss(tx: Transaction, booked: Sequence[str], invited: Sequence[str]) -> Iterator[str]:
    effects = {
        "audit": (
            "SELECT action AS kind, subject AS id FROM audit",
            "appointments.book",
            "appointments.reschedule",
            "appointments.cancel",
            "invites.create",
        ),
        "notices": ("SELECT kind, appointment_id AS id FROM notices", "booked", "moved", "cancelled", None),
    }
    for place, (query, *kinds) in effects.items():
        found = Counter((row["kind"], row["id"]) for row in tx.all(query))
        for kind, wanted in zip(kinds, (booked, booked, booked, invited), strict=True):
            if kind is not None:
                yield from (
                    f"{place}: {kind} of {one} {found[kind, one]} times" for one in wanted if found[kind, one] != 1
                )
                more = sum(times for (each, _), times in found.items() if each == kind) - len(wanted)
                if more:
                    yield f"{place}: {more} of {kind} beyond those acknowledged"
    letters = tx.all("SELECT kind, recipient, subject_id, due_at FROM outbox")
    sent = Counter(
        (row["kind"], row["recipient"], row["subject_id"], row["due_at"] if row["kind"] == "reminder" else None)
        for row in letters
    )
    yield from (f"outbox: {letter} {times} times" for letter, times in sent.items() if times != 1)
    yield from (
        f"appointment: {row}"
        for row in tx.all("SELECT id, status, sequence FROM appointments")
        if (row["status"], row["sequence"]) != ("cancelled", 2)
    )
    if any(row["revoked_at"] for row in tx.all("SELECT revoked_at FROM invites")):
        yield "an invite was revoked by its own repetition"
    yield from broken_chains(tx)


def _unheard(text: str) -> None:
    """Notes for people are of no use here."""


if __name__ == "__main__":
    sys.exit(main())
