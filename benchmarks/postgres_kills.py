"""Whether what was acknowledged survives the death of PostgreSQL itself.

    python -m benchmarks.postgres_kills [--kills 20] [--connections 64] [--every 5]

Clients fight as in `benchmarks.storm`. After some seconds of load every process of PostgreSQL gets SIGKILL and it is
started again, again and again; the servers stay. After each restart somebody must get through within a minute. The
judgement is that of `benchmarks.storm`. Exits with 1 when anything is amiss.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from benchmarks.fighting import Fight
from benchmarks.hosted import Hosts, Practice, durable_postgres, hosts, new_practice
from benchmarks.storm import MINUTES, PRACTITIONERS, ground, judge
from tests.postgres import PostgresServer

MOST_ATTEMPTS = 1_000_000
PATIENCE = 60.0
"""Seconds in which the servers must have found their way back."""


def main() -> int:
    """Make the practice, kill, judge."""
    parser = argparse.ArgumentParser(description="Kill PostgreSQL under load.")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--every", type=float, default=5.0, help="seconds of load before each kill")
    options = parser.parse_args()
    with durable_postgres() as postgres:
        practice = new_practice(postgres.url, practitioners=PRACTITIONERS, clients=options.connections, minutes=MINUTES)
        with hosts(postgres.url, options.processes) as running:
            fight = Fight(running.port, ground(practice), MOST_ATTEMPTS)
            begin = time.perf_counter()
            waits = asyncio.run(_kill(fight, running, practice, postgres, options))
            took = time.perf_counter() - begin
            running.check()
        print(
            f"{options.processes} server processes, {options.connections} connections,"
            f" PostgreSQL killed {len(waits)} times"
        )
        print(f"from its restart to the first acknowledgement: {1000 * max(waits):.0f} ms at most")
        return judge(postgres.url, fight, took)


async def _kill(
    fight: Fight, running: Hosts, practice: Practice, postgres: PostgresServer, options: argparse.Namespace
) -> list[float]:
    """Let them fight and kill meanwhile; the seconds from each restart until an attempt was answered."""
    waits = []
    fighting = asyncio.create_task(fight.run(practice.clients))
    for _ in range(options.kills):
        await asyncio.sleep(options.every)
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
        running.check()
        waits.append(await _until_answered(fight, fighting))
    await asyncio.sleep(options.every)
    fight.give_up()
    await fighting
    return waits


async def _until_answered(fight: Fight, fighting: asyncio.Task[None]) -> float:
    begin, before = time.monotonic(), len(fight.acts)
    while len(fight.acts) == before:
        if fighting.done():
            await fighting
        if time.monotonic() > begin + PATIENCE:
            raise TimeoutError("nobody gets through any more")
        await asyncio.sleep(0.01)
    return time.monotonic() - begin


if __name__ == "__main__":
    sys.exit(main())
