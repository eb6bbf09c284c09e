"""Whether a list of conversations costs what a list of appointments costs, however many messages there are.

    python -m benchmarks.inbox [--messages 1000000] [--rounds 15]

Fills one portal file with 10,000 messages and one with 1,000,000, in each of which a client has a hundred coming
appointments and a hundred conversations, and the practice next those of a hundred clients; runs both lists on both in
turns, as the client and as the practice, a hundred rows each. Exits with 1 when conversations take more than 1.2 times
as long as appointments among 10,000 messages, or more than 1.3 times among 1,000,000. Filling takes some minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
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
from portalctl.storage import messages
from portalctl.storage.engine import Transaction

FEW, MANY = 10_000, 1_000_000
CLIENTS, ROWS, MINUTES, DAY = 1_000, 100, 30, 86_400
EACH = 20
"""How many messages a conversation has."""

TARGETS = {FEW: 1.2, MANY: 1.3}
WHO = ("client", "owner")


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="Compare a list of conversations with one of appointments.")
    parser.add_argument("--messages", type=int, default=MANY, help="how many the large portal has")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs")
    options = parser.parse_args()
    compile_all()
    with tempfile.TemporaryDirectory() as folder:
        sizes = {FEW: FEW, MANY: options.messages}
        samples = {size: _filled(Path(folder) / str(size), count) for size, count in sizes.items()}
        commands = {
            (size, who, noun): _listing(samples[size], who, noun)
            for size in sizes
            for who in WHO
            for noun in ("inbox", "appointments")
        }
        took = medians(commands, options.rounds)
    return finish(
        [
            Figure(
                f"`inbox list` as {who}, {count:,} messages",
                took[size, who, "inbox"],
                "`appointments list`",
                took[size, who, "appointments"],
                TARGETS[size],
            )
            for size, count in sizes.items()
            for who in WHO
        ]
    )


def _listing(sample: Sample, who: str, noun: str) -> Process:
    home = {"PORTALCTL_HOME": str(sample.home), "PORTALCTL_PROFILE": who}
    return fixed(*program(), noun, "list", "--json", **home)


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


if __name__ == "__main__":
    sys.exit(main())
