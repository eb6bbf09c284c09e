"""Whether dashboard, inbox and documentation cost what a list of appointments costs, however much there is of them.

    python -m benchmarks.pages [--messages 1000000] [--rounds 15]

Fills one portal file with 10,000 messages and 10,000 documents, and one with 1,000,000 messages beside as many
documents. In each a client has a hundred coming appointments, a hundred conversations and half of the documents, some
of them with an appointment; the practice's people see those of a thousand clients. Runs each page and the list of a
hundred appointments in turns, as the client and as the practice. Exits with 1 when a page takes more than 1.2 times as
long as appointments do in the first portal, or more than 1.3 times in the second. Filling takes some minutes.
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
from portalctl.storage import documents, messages
from portalctl.storage.engine import Transaction
from portalctl.storage.owners import PRACTICE

FEW, MANY, DOCUMENTS = 10_000, 1_000_000, 10_000
CLIENTS, ROWS, MINUTES, DAY = 1_000, 100, 30, 86_400
EACH = 20
"""How many messages a conversation has."""

TARGETS = {FEW: 1.2, MANY: 1.3}
BASE = "appointments list"
PAGES = {"client": ("dashboard", "inbox list", "docs list"), "owner": ("inbox list", "docs list")}


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="Compare pages of the portal with a list of appointments.")
    parser.add_argument("--messages", type=int, default=MANY, help="how many the large portal has")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs")
    options = parser.parse_args()
    compile_all()
    with tempfile.TemporaryDirectory() as folder:
        sizes = {FEW: FEW, MANY: options.messages}
        samples = {size: _filled(Path(folder) / str(size), count) for size, count in sizes.items()}
        commands = {
            (size, who, page): _command(samples[size], who, page)
            for size in sizes
            for who, pages in PAGES.items()
            for page in (*pages, BASE)
        }
        took = medians(commands, options.rounds)
    return finish(
        [
            Figure(
                f"`{page} --json` as {who}, {count:,} messages",
                took[size, who, page],
                f"`{BASE} --json`",
                took[size, who, BASE],
                TARGETS[size],
            )
            for size, count in sizes.items()
            for who, pages in PAGES.items()
            for page in pages
        ]
    )


def _command(sample: Sample, who: str, page: str) -> Process:
    home = {"PORTALCTL_HOME": str(sample.home), "PORTALCTL_PROFILE": who}
    return fixed(*program(), *page.split(), "--json", **home)


def _filled(home: Path, count: int) -> Sample:
    sample = new_portal(home, minutes=MINUTES)
    with filling(sample) as tx:
        first, second = add_practitioners(tx, sample, 2, "00:00-00:00")
        people = add_clients(tx, CLIENTS)
        begin = midnight() + DAY
        of_one = [Booking(people[0], first, begin + (72 + number) * 3600) for number in range(ROWS)]
        of_many = [Booking(people[1 + number], second, begin + number * 1800) for number in range(ROWS)]
        add_appointments(tx, sample, [*of_many, *of_one], MINUTES)
        owner = tx.one("SELECT id FROM staff WHERE role = 'owner'")
        assert owner is not None
        for number in range(count // EACH):
            client = people[0] if number < ROWS else people[1 + number % (len(people) - 1)]
            _add_conversation(tx, client, owner["id"], number)
        _add_documents(tx, people)
        tokens = {"client": sign_in_client(tx, people[0]), "owner": sign_in(tx, OWNER)}
    for who, token in tokens.items():
        keep(sample, who, token)
    return sample


def _add_conversation(tx: Transaction, client_id: str, staff_id: str, number: int) -> None:
    """What the practice and a client write to each other by turns."""
    begun = messages.Begun(new_id("cnv"), new_id("msg"), client_id, staff_id)
    text = f"Message of conversation {number}. " * 10
    messages.begin(
        tx, [begun], by_client=False, sender="Owner", subject=f"Visit {number}", body=text, at=number * EACH + 1
    )
    for place in range(1, EACH):
        from_client = place % 2 == 1
        messages.add(
            tx,
            {"id": begun.conversation_id, "message_count": place, "closed_at": None},
            id=new_id("msg"),
            sender_id=client_id if from_client else staff_id,
            sender="Client" if from_client else "Owner",
            from_client=from_client,
            body=text,
            at=number * EACH + 1 + place,
        )


def _add_documents(tx: Transaction, people: Sequence[str]) -> None:
    """Files of the practice and of clients, by turns; half stand with the first client, some of them with a visit."""
    visits = [row["id"] for row in tx.all("SELECT id FROM appointments WHERE client_id = :id", id=people[0])]
    for number in range(DOCUMENTS):
        client_id = people[0] if number % 2 else people[number % len(people)]
        document_id = new_id("doc")
        documents.insert(
            tx,
            id=document_id,
            kind="file",
            owner=PRACTICE if number % 4 < 2 else client_id,
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
            appointment_id=visits[number % ROWS] if client_id == people[0] and number < 2 * ROWS else None,
            added_at=number,
            added_by=client_id,
        )


if __name__ == "__main__":
    sys.exit(main())
