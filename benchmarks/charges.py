"""Whether an invoice is ever charged twice, or a charge lost, while everything around it fails.

    python -m benchmarks.charges [--charges 1000] [--workers 4] [--every 20] [--lost 0.04] [--seed 1]

Several processes charge the invoices of a practice over HTTP; a fifth of the invoices is charged by two of them. The
server asks localstripe, in a process of its own, over a road on which requests and answers are lost at random. All the
while a process that charges, or the server, gets SIGKILL, and another one takes its place. Afterwards the books are
reconciled, and held against what localstripe itself lists. Exits with 1 when they differ.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from benchmarks.hosted import Hosts, Practice, new_practice, opened, processes
from benchmarks.timing import REPOSITORY, program
from portalctl import errors
from portalctl.backends.remote import open_portal
from portalctl.clock import system_clock
from portalctl.contract.portal import Portal
from portalctl.domain.ids import new_id
from portalctl.gateways.gateway import Card
from portalctl.gateways.tokenizers import StripeTokenizer
from portalctl.models.invoices import ChargeState, InvoiceItem, PayInvoice, Reconcile
from portalctl.models.payment_methods import AddPaymentMethod
from portalctl.storage import invoices, policy
from tests.gateways.faulty_road import Fate, FaultyRoad, faulty_road
from tests.gateways.loopback_stripe import PUBLISHABLE_KEY, SECRET_KEY, loopback_stripe

AMOUNT = 8000
LOOK = 0.02
"""Seconds between two looks at how far they are."""

PAUSE = 0.05
"""Seconds before a charge of which nothing is known is asked for again."""

SERVER_SHARE = 0.3
"""How many of the kills are the server's."""


class Kills(NamedTuple):
    """How many processes were killed."""

    clients: int
    servers: int


def main() -> int:
    """Charge, kill, reconcile and compare; or be one of those who charge."""
    parser = argparse.ArgumentParser(description="Charge invoices while client and server are killed.")
    parser.add_argument("--charges", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--every", type=float, default=20, help="charges between two kills, on average")
    parser.add_argument("--lost", type=float, default=0.04, help="share of requests that are lost, and of answers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(Path(options.work))
        return 0
    chance = random.Random(options.seed)  # noqa: S311  the same faults for the same seed, not secrets
    with (
        tempfile.TemporaryDirectory(prefix="portalctl-charges-") as folder,
        loopback_stripe() as stripe,
        faulty_road(stripe.url) as road,
    ):
        database = f"sqlite://{folder}/portal.db"
        practice = new_practice(database, practitioners=1, clients=1, minutes=30)
        owed = owe(practice, options.charges)
        keys = {"SECRET_KEY": SECRET_KEY, "PUBLISHABLE_KEY": PUBLISHABLE_KEY, "API_BASE": road.url}
        environment = {f"PORTALCTL_STRIPE_{name}": value for name, value in keys.items()}
        with processes(database, 1, [*program(), "serve"], environment) as server:
            keep_card(server.url, practice, stripe.url)
            begin = time.perf_counter()
            fates = lose(road, chance, options.lost)
            lanes = write_lanes(Path(folder), server.url, practice.owner_token, owed, options.workers)
            kills = charge_and_kill(server, lanes, chance, options.every)
            took = time.perf_counter() - begin
            road.choose = lambda _method, _path: Fate.PASSES
            lost = fates[Fate.LOST], fates[Fate.ANSWER_LOST]
            print(f"{options.charges:,} charges in {took:.0f} s by {options.workers} processes at once;", end=" ")
            print(f"killed: {kills.clients} of those, {kills.servers} servers;", end=" ")
            print(f"lost: {lost[0]} requests to Stripe, {lost[1]} answers of {sum(fates.values()):,}")
            return judge(server.url, practice, stripe.url, options.charges)


def owe(practice: Practice, count: int) -> list[str]:
    """Issue so many invoices at a practice that takes payments by Stripe: their ids."""
    at, made = int(time.time()), []
    with opened(practice.database) as store, store.writing() as tx:
        terms = policy.terms(tx, policy.PRACTICE)
        policy.put(tx, policy.PRACTICE, {**terms, "payment_gateway": "stripe", "typed_cards": True})
        for _ in range(count):
            made.append(new_id("ivc"))
            invoices.insert(
                tx,
                id=made[-1],
                client_id=practice.clients[0][0],
                items=[InvoiceItem(text="Visit", amount=AMOUNT)],
                currency="EUR",
                net=AMOUNT,
                tax=0,
                tax_rate=0,
                created_by="benchmark",
                created_at=at,
            )
            invoices.change(tx, made[-1], number=invoices.next_number(tx), state="issued", issued_at=at)
    return made


def keep_card(url: str, practice: Practice, stripe: str) -> None:
    """Have the client hand a card in that the whole practice may charge."""
    token = StripeTokenizer(PUBLISHABLE_KEY, stripe).token_of(Card("4242424242424242", 12, 2035, "123"))
    client = open_portal(url, practice.clients[0][1], system_clock, lambda _: None)
    client.payment_methods.add(AddPaymentMethod(token=token, authorize="practice"))
    client.close()


def lose(road: FaultyRoad, chance: random.Random, share: float) -> Counter[Fate]:
    """Lose that share of requests, and of answers; what becomes of them is counted from here on."""
    fates: Counter[Fate] = Counter()

    def choose(_method: str, _path: str) -> Fate:
        drawn = chance.random()
        fate = Fate.LOST if drawn < share else Fate.ANSWER_LOST if drawn < 2 * share else Fate.PASSES
        fates[fate] += 1
        return fate

    road.choose = choose
    return fates


def write_lanes(folder: Path, url: str, token: str, owed: Sequence[str], count: int) -> list[Path]:
    """What each process is to charge, with keys of its own; every fifth invoice is in two lanes."""
    lanes: list[list[str]] = [[] for _ in range(count)]
    for number, invoice in enumerate(owed):
        for lane in {number % count, (number + (number % 5 == 0)) % count}:
            lanes[lane].append(invoice)
    files = []
    for number, lane_of in enumerate(lanes):
        files.append(folder / f"lane-{number}.json")
        files[-1].write_text(json.dumps({"url": url, "token": token, "invoices": lane_of}))
    return files


def work(lane: Path) -> None:
    """Charge what is in a lane, going on where the one before was killed."""
    asked = json.loads(lane.read_text())
    done = lane.with_suffix(".done")
    finished = set(done.read_text().split()) if done.exists() else set()
    portal = open_portal(asked["url"], asked["token"], system_clock, lambda _: None)
    with done.open("a") as writing:
        for invoice in asked["invoices"]:
            if invoice not in finished:
                charge(portal, PayInvoice(id=invoice, idempotency_key=f"{lane.stem}-{invoice}"))
                writing.write(f"{invoice}\n")
                writing.flush()
    portal.close()


def charge(portal: Portal, request: PayInvoice) -> None:
    """Ask until it is known that the invoice is paid."""
    while True:
        try:
            if portal.invoices.charge(request).state is ChargeState.SUCCEEDED:
                return
        except (errors.Retryable, errors.ChargeRunning):
            pass
        except errors.NotChangeable:
            return
        time.sleep(PAUSE)


def charge_and_kill(server: Hosts, lanes: Sequence[Path], chance: random.Random, every: float) -> Kills:
    """Let all lanes be worked through while processes are killed: how many were."""
    working = {lane: _started(lane) for lane in lanes}
    clients = servers = 0
    due = chance.uniform(0.5, 1.5) * every
    try:
        while working:
            time.sleep(LOOK)
            for lane, process in list(working.items()):
                if process.poll() is not None:
                    if process.returncode != 0:
                        raise RuntimeError(f"{lane.name} ended by itself with {process.returncode}")
                    del working[lane]
            if _finished(lanes) < due:
                continue
            due += chance.uniform(0.5, 1.5) * every
            if chance.random() < SERVER_SHARE:
                server.check()
                server.start()
                server.kill()
                servers += 1
            elif working:
                lane = chance.choice(list(working))
                working[lane].kill()
                working[lane].wait()
                working[lane] = _started(lane)
                clients += 1
    finally:
        for process in working.values():
            process.kill()
            process.wait()
    return Kills(clients, servers)


def _finished(lanes: Sequence[Path]) -> int:
    """How many charges those who made them know of."""
    done = [lane.with_suffix(".done") for lane in lanes]
    return sum(each.read_bytes().count(b"\n") for each in done if each.exists())


def _started(lane: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.charges", "--work", str(lane)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, env=dict(os.environ))


def judge(url: str, practice: Practice, stripe: str, count: int) -> int:
    """Reconcile, compare what the books say with what localstripe lists, and print what is amiss; 1 where it is."""
    portal = open_portal(url, practice.owner_token, system_clock, lambda _: None)
    found = portal.invoices.reconcile(Reconcile())
    portal.close()
    there = [each for each in listed(stripe) if each["status"] == "succeeded"]
    taken = Counter(each["metadata"]["invoice"] for each in there)
    with opened(practice.database) as store, store.reading() as tx:
        (books,) = tx.all(
            "SELECT (SELECT count(*) FROM invoices WHERE state = 'paid') AS paid,"
            " (SELECT count(*) FROM movements WHERE state = 'pending') AS pending,"
            " (SELECT count(*) FROM movements WHERE state = 'succeeded') AS succeeded,"
            " (SELECT count(*) FROM movements WHERE state = 'failed') AS failed,"
            " (SELECT sum(amount) FROM movements WHERE state = 'succeeded') AS amount"
        )
    twice = sum(1 for times in taken.values() if times > 1)
    amount = sum(each["amount"] for each in there)
    print(
        f"books: {books['paid']:,} invoices paid by {books['succeeded']:,} charges, {books['failed']} failed,", end=" "
    )
    print(f"{books['pending']} waiting; {books['amount'] / 100:,.2f} EUR")
    print(f"Stripe: {len(there):,} charges of {len(taken):,} invoices; {amount / 100:,.2f} EUR; charged twice: {twice}")
    print(f"reconciled: {found.settled} settled, {found.compared:,} compared, {len(found.differences)} differences")
    is_right = (
        (books["paid"], books["succeeded"], books["pending"], len(there), len(taken), twice)
        == (count, count, 0, count, count, 0)
        and books["amount"] == amount
        and not found.differences
    )
    print("books and Stripe agree" if is_right else "BOOKS AND STRIPE DIFFER")
    return 0 if is_right else 1


def listed(stripe: str) -> list[dict[str, Any]]:
    """Every PaymentIntent, as localstripe lists them."""
    found: list[dict[str, Any]] = []
    while True:
        after = f"&starting_after={found[-1]['id']}" if found else ""
        headers = {"Authorization": f"Bearer {SECRET_KEY}"}
        asked = Request(f"{stripe}/v1/payment_intents?limit=100{after}", headers=headers)  # noqa: S310  on loopback
        with urlopen(asked, timeout=60) as answer:  # noqa: S310  likewise
            page = json.load(answer)
        found += page["data"]
        if not page["has_more"]:
            return found


if __name__ == "__main__":
    sys.exit(main())
