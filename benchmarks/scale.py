"""Whether commands cost the same in a large practice as in a small one.

    python -m benchmarks.scale [--appointments 1000000] [--rounds 15] [--keep FOLDER]

Fills one portal with 1,000 appointments and one with 1,000,000 and 10,000 clients, in which the measured client has the
same hundred appointments and the measured practitioner the same coming weeks; runs each command on both in turns. Then
counts the steps of every query on both. Exits with 1 when a command takes more than 1.3 times as long in the large one,
or a query more than twice the steps. Filling takes some minutes; `--keep` keeps the portals and takes them up again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.crowd import MINUTES, crowd
from benchmarks.portals import (
    OWNER,
    Sample,
    add_appointments,
    add_clients,
    add_practitioners,
    filling,
    keep,
    new_portal,
    sign_in,
    sign_in_client,
)
from benchmarks.steps import Measured, steps
from benchmarks.timing import Figure, Process, finish, fixed, medians, program
from portalctl.models.slots import FindSlots

SMALL, LARGE = 1_000, 1_000_000
TARGET = 1.3
STEPS_TARGET = 2.0
NEGLIGIBLE = 150_000
"""Steps that take about 20 ms: reading through all that one practitioner ever gave."""

PRACTITIONERS = 40


def main() -> int:
    """Fill, measure, count, print."""
    parser = argparse.ArgumentParser(description="Compare commands on a small portal and on a large one.")
    parser.add_argument("--appointments", type=int, default=LARGE, help="how many the large portal has")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs")
    parser.add_argument("--keep", type=Path, help="keep the portals in this folder, or use those that are there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = options.keep or Path(folder)
        small = _portal(kept / "small", SMALL, clients=SMALL)
        large = _portal(kept / "large", options.appointments, clients=10_000)
        on_small, on_large = _commands(small, options.rounds), _commands(large, options.rounds)
        took = medians(
            {(name, size): each[name] for name in on_small for size, each in ((SMALL, on_small), (LARGE, on_large))},
            options.rounds,
        )
        grown = _grown(steps(small), steps(large))
    figures = [
        Figure(f"{name}, {options.appointments:,}", took[name, LARGE], f"{SMALL:,}", took[name, SMALL], TARGET)
        for name in on_small
    ]
    code = finish(figures)
    print("\n".join(["", f"Queries that take more than {STEPS_TARGET:.0f} times the steps: {len(grown)}", *grown]))
    return 1 if grown else code


def _grown(small: dict[str, int], large: dict[str, int]) -> list[str]:
    return [
        f"- {small[sql]:,} steps became {took:,}: `{sql}`"
        for sql, took in large.items()
        if sql in small and took > STEPS_TARGET * max(small[sql], NEGLIGIBLE)
    ]


def _commands(portal: Measured, rounds: int) -> dict[str, Process]:
    def of(profile: str, *arguments: str) -> Process:
        home = {"PORTALCTL_HOME": str(portal.sample.home), "PORTALCTL_PROFILE": profile}
        return fixed(*program(), *arguments, "--json", **home)

    with_slot = of("client", "appointments", "book")
    free = portal.sample.open(portal.client_token).slots.find(
        FindSlots(practitioner=portal.practitioner, limit=rounds + 1)
    )
    book = Process(lambda number: [*with_slot.arguments(number), free[number].id], with_slot.environment)
    return {
        "`appointments list`": of("client", "appointments", "list"),
        "`appointments list --all`": of("client", "appointments", "list", "--all"),
        "`appointments slots --practitioner`": of(
            "client", "appointments", "slots", "--practitioner", portal.practitioner
        ),
        "`appointments book`": book,
        "`dashboard`": of("client", "dashboard"),
        "`practice calendar`": of("owner", "practice", "calendar"),
        "`practice clients list`": of("owner", "practice", "clients", "list"),
    }


def _portal(home: Path, appointments: int, *, clients: int) -> Measured:
    """The portal in that folder, made and filled when it is not there. The sessions always begin anew."""
    described = home / "measured.json"
    if not described.exists():
        sample = new_portal(home, minutes=MINUTES)
        with filling(sample) as tx:
            practitioners = add_practitioners(tx, sample, PRACTITIONERS, "08:00-17:00")
            people = add_clients(tx, clients)
            add_appointments(tx, sample, crowd(people, practitioners, appointments), MINUTES)
        chosen = {
            "url": sample.url,
            "service": sample.service_id,
            "client": people[0],
            "practitioner": practitioners[0],
        }
        described.write_text(json.dumps(chosen), encoding="utf-8")
    chosen = json.loads(described.read_text(encoding="utf-8"))
    sample = Sample(home, chosen["url"], chosen["service"])
    with filling(sample) as tx:
        token, owner_token = sign_in_client(tx, chosen["client"]), sign_in(tx, OWNER)
    keep(sample, "client", token)
    keep(sample, "owner", owner_token)
    return Measured(sample, token, owner_token, chosen["practitioner"])


if __name__ == "__main__":
    sys.exit(main())
