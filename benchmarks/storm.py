"""Whether two server processes on one PostgreSQL ever give one time to two, while they are killed one after the other.

    python -m benchmarks.storm [--attempts 100000] [--connections 64] [--processes 2] [--every 5]

The processes share a listening socket. Clients book, move and cancel over HTTP, each with a key of its own for each
attempt, and ask again with the key when an answer is lost. Every few seconds the older process gets SIGKILL, and
another one takes its place. Afterwards the acknowledged history is held against itself and against the database: no
time held by two, nothing refused that was free, nothing acknowledged and lost, no key with two effects, every audit
chain whole. Exits with 1 when anything is amiss.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.fighting import Fight, Ground
from benchmarks.history import DONE, Act, contradictions, differences
from benchmarks.hosted import Hosts, Practice, durable_postgres, hosts, new_practice, opened
from benchmarks.portals import midnight

MINUTES = 30
DAY = 86_400
PRACTITIONERS = 4
WIDTH = 16
ACTS_PER_STEP = 20
SHOWN = 20
"""Faults that are printed; the rest is counted."""


def main() -> int:
    """Make the practice, let them fight, judge."""
    parser = argparse.ArgumentParser(description="Fight for slots while servers are killed.")
    parser.add_argument("--attempts", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills")
    options = parser.parse_args()
    with durable_postgres() as postgres:
        practice = new_practice(postgres.url, practitioners=PRACTITIONERS, clients=options.connections, minutes=MINUTES)
        with hosts(postgres.url, options.processes) as running:
            fight = Fight(running.port, ground(practice), options.attempts)
            begin = time.perf_counter()
            kills = asyncio.run(_storm(fight, running, practice, options.every))
            took = time.perf_counter() - begin
        print(f"{options.processes} server processes, {options.connections} connections, {kills} processes killed")
        return judge(postgres.url, fight, took)


def ground(practice: Practice) -> Ground:
    """What is fought for in a practice: from the day after tomorrow on."""
    begin = midnight() + 2 * DAY
    return Ground(practice.service, practice.practitioners, begin, 60 * MINUTES, WIDTH, ACTS_PER_STEP)


async def _storm(fight: Fight, running: Hosts, practice: Practice, every: float) -> int:
    """Let them fight, and kill meanwhile; how many were killed."""
    kills = 0
    fighting = asyncio.create_task(fight.run(practice.clients))
    while not fighting.done():
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(fighting), every)
        if not fighting.done():
            running.check()
            running.start()
            running.kill()
            kills += 1
    await fighting
    return kills


def judge(database: str, fight: Fight, took: float) -> int:
    """Print what was done and heard, and what is amiss; 1 where anything is."""
    acts = fight.acts
    print(f"{len(acts):,} attempts in {took:.0f} s: {len(acts) / took:.0f} a second")
    for kind in ("book", "reschedule", "cancel"):
        heard = Counter(act.heard for act in acts if act.kind == kind)
        print(f"{kind}: {', '.join(f'{code} {times:,}' for code, times in heard.most_common())}")
    print(
        f"asked again after: {', '.join(f'{why} {times:,}' for why, times in fight.heard_again.most_common()) or '-'}"
    )
    with opened(database) as store, store.reading() as tx:
        amiss = [*contradictions(acts), *differences(tx, acts), *_strange(acts)]
        kept = tx.all("SELECT status, count(*) AS times FROM appointments GROUP BY status ORDER BY status")
    counted = [f"{row['status']} {row['times']:,}" for row in kept]
    print(f"in the database: {', '.join(counted)}")
    print("\n".join(amiss[:SHOWN]))
    print(
        f"overlaps, refusals of free times, lost acknowledgements, keys with two effects, broken chains: {len(amiss)}"
    )
    return 1 if amiss else 0


def _strange(acts: Sequence[Act]) -> list[str]:
    """Answers that nobody should hear here."""
    expected = {DONE, "slot_taken", "client_busy"}
    return [f"unexpected: {act}" for act in acts if act.heard not in expected]


if __name__ == "__main__":
    sys.exit(main())
