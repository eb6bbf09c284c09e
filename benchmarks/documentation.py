"""Whether a list of documents costs what a list of appointments costs.

    python -m benchmarks.documentation [--documents 10000] [--rounds 15]

Fills a portal file with a client's hundred coming appointments and 10,000 documents, half of them in that client's
documentation; runs both lists in turns, as the client and as the practice, a hundred rows each. Exits with 1 when the
documents take more than 1.2 times as long.
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
from portalctl.storage import documents
from portalctl.storage.documents import PRACTICE
from portalctl.storage.engine import Transaction

DOCUMENTS, CLIENTS, ROWS, MINUTES = 10_000, 100, 100, 30
TARGET = 1.2
DAY = 86_400


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="Compare a list of documents with one of appointments.")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="how many there are")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs")
    options = parser.parse_args()
    compile_all()
    with tempfile.TemporaryDirectory() as folder:
        sample = _filled(Path(folder) / "home", options.documents)
        commands = {
            (who, noun): _listing(sample, who, noun) for who in ("client", "owner") for noun in ("docs", "appointments")
        }
        took = medians(commands, options.rounds)
    return finish(
        [
            Figure(
                f"`docs list` as {who}, {options.documents:,} documents",
                took[who, "docs"],
                "`appointments list`",
                took[who, "appointments"],
                TARGET,
            )
            for who in ("client", "owner")
        ]
    )


def _listing(sample: Sample, who: str, noun: str) -> Process:
    home = {"PORTALCTL_HOME": str(sample.home), "PORTALCTL_PROFILE": who}
    return fixed(*program(), noun, "list", "--json", **home)


def _filled(home: Path, count: int) -> Sample:
    sample = new_portal(home, minutes=MINUTES)
    with filling(sample) as tx:
        practitioner, *_ = add_practitioners(tx, sample, 2, "00:00-00:00")
        people = add_clients(tx, CLIENTS)
        begin = midnight() + DAY
        coming = [Booking(people[0], practitioner, begin + number * 3600) for number in range(ROWS)]
        add_appointments(tx, sample, coming, MINUTES)
        _add_documents(tx, people, count)
        tokens = {"client": sign_in_client(tx, people[0]), "owner": sign_in(tx, OWNER)}
    for who, token in tokens.items():
        keep(sample, who, token)
    return sample


def _add_documents(tx: Transaction, people: Sequence[str], count: int) -> None:
    """Files of the practice and of clients, by turns; every other one stands with the first client."""
    for number in range(count):
        client_id = people[0] if number % 2 else people[number % len(people)]
        owner = PRACTICE if number % 4 < 2 else client_id
        document_id = new_id("doc")
        documents.insert(
            tx,
            id=document_id,
            kind="file",
            owner=owner,
            title=f"Letter {number}",
            name=f"letter-{number}.pdf",
            media_type="application/pdf",
            bytes=1000 + number,
            sha256=f"{number:064x}",
            state="completed",
            author_id=client_id,
            author="Somebody",
            created_at=number,
            updated_at=number,
        )
        documents.put_into(
            tx,
            client_id=client_id,
            document_id=document_id,
            appointment_id=None,
            added_at=number,
            added_by=client_id,
        )


if __name__ == "__main__":
    sys.exit(main())
