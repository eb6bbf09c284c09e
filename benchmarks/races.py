"""Whether one slot is ever given to two.

    python -m benchmarks.races [--rounds 1000] [--processes 16] [--threads 50]

In each round all of them, each a client with a portal object of its own, book the same free slot at the same moment:
the processes, and the threads of one process more. Exactly one may get it, and everybody else hears `slot_taken`.
Who waited longer than the portal's five seconds for the others hears `portal_busy`, which is counted apart. Exits with
1 when a round had another number of winners, another failure occurred, or the database tells another story.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks.portals import (
    Sample,
    add_clients,
    add_practitioners,
    filling,
    midnight,
    new_portal,
    reading,
    sign_in_client,
)
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.errors import PortalBusy, PortalError, SlotTaken
from portalctl.models.appointments import BookAppointment
from portalctl.storage import policy

MINUTES = 30
DAY = 86_400
HORIZON_DAYS = 730
PATIENCE = 120.0
"""Seconds after which a contender that does not come is given up."""

BOOKED = "booked"
Outcomes = list[str]


def main() -> int:
    """Make the portal, let them race, count."""
    parser = argparse.ArgumentParser(description="Let processes and threads book the same slot.")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--threads", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sample = new_portal(Path(folder, "home"), minutes=MINUTES)
        with filling(sample) as tx:
            policy.put(tx, policy.PRACTICE, {"horizon_days": HORIZON_DAYS})
            (practitioner,) = add_practitioners(tx, sample, 1, "00:00-00:00")
            people = add_clients(tx, options.processes + options.threads)
            tokens = [sign_in_client(tx, client) for client in people]
        first = midnight() + 2 * DAY
        slots = [
            encode(SlotKey(sample.service_id, practitioner, first + 60 * MINUTES * number))
            for number in range(options.rounds)
        ]
        begin = time.perf_counter()
        outcomes = _race(sample, slots, tokens[: options.processes], tokens[options.processes :])
        took = time.perf_counter() - begin
        with reading(sample) as tx:
            kept = tx.all("SELECT count(*) AS bookings FROM appointments WHERE holds = 1 GROUP BY starts_at")
    return _verdict(outcomes, [row["bookings"] for row in kept], options.rounds, took)


def _race(sample: Sample, slots: list[str], alone: list[str], together: list[str]) -> list[Outcomes]:
    """Everybody's outcomes, round by round: a process for each token of `alone`, one with threads for `together`."""
    context = multiprocessing.get_context("spawn")
    line = context.Barrier(len(alone) + len(together), timeout=PATIENCE)
    teams = [[token] for token in alone] + ([together] if together else [])
    with ProcessPoolExecutor(len(teams), context, initializer=_line_up, initargs=(line,)) as processes:
        finished = [processes.submit(_compete, sample, slots, team) for team in teams]
        return [outcomes for each in finished for outcomes in each.result()]


_lines: list[Barrier] = []
"""Where the contenders of this process wait for those of the others before each round."""


def _line_up(line: Barrier) -> None:
    _lines.append(line)


def _compete(sample: Sample, slots: list[str], tokens: list[str]) -> list[Outcomes]:
    """One process: a thread for each token, all of them in every round."""
    with ThreadPoolExecutor(len(tokens)) as threads:
        return list(threads.map(lambda token: _book_all(sample, slots, token), tokens))


def _book_all(sample: Sample, slots: list[str], token: str) -> Outcomes:
    portal = sample.open(token)
    portal.sessions.who_am_i()
    outcomes = []
    for slot in slots:
        _lines[0].wait()
        try:
            portal.appointments.book(BookAppointment(slot=slot))
        except PortalError as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append(BOOKED)
    portal.close()
    return outcomes


def _verdict(outcomes: list[Outcomes], kept: list[int], rounds: int, took: float) -> int:
    """Print what happened; 1 when it should not have."""
    expected = (BOOKED, SlotTaken.code, PortalBusy.code)
    heard = Counter(dict.fromkeys(expected, 0))
    heard.update(outcome for mine in outcomes for outcome in mine)
    winners = Counter(sum(mine[number] == BOOKED for mine in outcomes) for number in range(rounds))
    print(f"{len(outcomes)} contenders, {rounds} rounds, {took:.0f} s")
    print(f"winners per round: {', '.join(f'{count} in {times} rounds' for count, times in sorted(winners.items()))}")
    print(f"heard: {', '.join(f'{code} {times}' for code, times in heard.most_common())}")
    print(f"in the database: {len(kept)} slots held, each by {max(kept, default=0)} appointment at most")
    right = winners == {1: rounds} and len(kept) == rounds and max(kept) == 1
    return 0 if right and not heard.keys() - {*expected} else 1


if __name__ == "__main__":
    sys.exit(main())
