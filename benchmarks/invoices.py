"""Whether a list of invoices costs what a list of appointments costs, however many invoices there are.

    python -m benchmarks.invoices [--invoices 100000] [--rounds 15]

Fills a portal file with a hundred coming appointments of a client, as many of others, and 100,000 invoices of a
thousand clients: the client has half of them, half of all are unpaid, and a hundred of those, the oldest, overdue. Runs
the lists of a hundred invoices and of a hundred appointments in turns, as the client and as the practice. Exits with 1
when a list of invoices takes more than 1.2 times as long. Filling takes half a minute.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.portals import (
    OWNER,
    Booking,
    Sample,
    add_appointments,
    add_clients,
    add_practitioners,
    filling,
    keep,
    midnight,
    new_portal,
    sign_in,
    sign_in_client,
)
from benchmarks.timing import Figure, Process, compile_all, finish, fixed, medians, program
from portalctl.domain.ids import new_id
from portalctl.models.invoices import InvoiceItem
from portalctl.storage import invoices
from portalctl.storage.engine import Transaction

MANY, CLIENTS, ROWS, MINUTES, DAY = 100_000, 1_000, 100, 30, 86_400
TARGET = 1.2
BASE = "appointments list"
LISTS = {
    "client": ("invoices list", "invoices list --unpaid"),
    "owner": ("practice invoices list", "practice invoices list --unpaid", "practice invoices list --overdue"),
}


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="Compare lists of invoices with a list of appointments.")
    parser.add_argument("--invoices", type=int, default=MANY, help="how many the portal has")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs")
    options = parser.parse_args()
    compile_all()
    with tempfile.TemporaryDirectory() as folder:
        sample = _filled(Path(folder) / "home", options.invoices)
        took = medians(
            {(who, words): _command(sample, who, words) for who, lists in LISTS.items() for words in (*lists, BASE)},
            options.rounds,
        )
    return finish(
        [
            Figure(
                f"`{words} --json` as {who}, {options.invoices:,} invoices",
                took[who, words],
                f"`{BASE} --json`",
                took[who, BASE],
                TARGET,
            )
            for who, lists in LISTS.items()
            for words in lists
        ]
    )


def _command(sample: Sample, who: str, words: str) -> Process:
    home = {"PORTALCTL_HOME": str(sample.home), "PORTALCTL_PROFILE": who}
    return fixed(*program(), *words.split(), "--json", **home)


def _filled(home: Path, count: int) -> Sample:
    sample = new_portal(home, minutes=MINUTES)
    with filling(sample) as tx:
        first, second = add_practitioners(tx, sample, 2, "00:00-00:00")
        people = add_clients(tx, CLIENTS)
        begin = midnight() + DAY
        of_one = [Booking(people[0], first, begin + (72 + number) * 3600) for number in range(ROWS)]
        of_many = [Booking(people[1 + number], second, begin + number * 1800) for number in range(ROWS)]
        add_appointments(tx, sample, [*of_many, *of_one], MINUTES)
        _add_invoices(tx, people, first, count)
        tokens = {"client": sign_in_client(tx, people[0]), "owner": sign_in(tx, OWNER)}
    for who, token in tokens.items():
        keep(sample, who, token)
    return sample


def _add_invoices(tx: Transaction, people: Sequence[str], practitioner_id: str, count: int) -> None:
    """Issued invoices; of each four two are paid, and two are the first client's."""
    for number in range(count):
        invoice_id = new_id("ivc")
        invoices.insert(
            tx,
            id=invoice_id,
            client_id=people[0] if number % 2 else people[number % len(people)],
            items=[InvoiceItem(text=f"Visit {number}", amount=8_050)],
            provider_id=practitioner_id,
            currency="EUR",
            tax_rate=2_200,
            net=8_050,
            tax=1_771,
            due_on="2000-01-01" if number < 2 * ROWS else "2100-01-01",
            created_by=practitioner_id,
            created_at=number,
        )
        is_paid = number % 4 < 2
        invoices.change(
            tx,
            invoice_id,
            number=invoices.next_number(tx),
            issued_at=number,
            state="paid" if is_paid else "issued",
            paid=9_821 if is_paid else 0,
        )


if __name__ == "__main__":
    sys.exit(main())
