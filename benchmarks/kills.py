"""Whether what was acknowledged survives `kill -9`.

    python -m benchmarks.kills [--kills 1000]

A process books one slot after another and says so after each; it is killed at a random moment, again and again. After
each kill every booking that it acknowledged must be there. At the end the database is checked: integrity, foreign keys,
no overlap, and the audit's chains with one row for each booking. Exits with 1 when anything is amiss.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from contextlib import suppress
from multiprocessing.connection import Connection
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
from portalctl.models.appointments import BookAppointment
from portalctl.storage import audit, policy
from portalctl.storage.engine import Transaction

MINUTES = 30
DAY = 86_400
HORIZON_DAYS = 730
LONGEST_LIFE = 0.08
"""Seconds that a process books at most."""

MOST = 500
"""More bookings than it can make in that time."""

OVERLAPS = """
SELECT a.id AS one, b.id AS other FROM appointments a
JOIN appointments b ON a.practitioner_id = b.practitioner_id AND a.id <> b.id
AND b.blocked_from >= a.blocked_from AND b.blocked_from < a.blocked_until
WHERE a.holds = 1 AND b.holds = 1
"""


def main() -> int:
    """Make the portal, kill, check."""
    parser = argparse.ArgumentParser(description="Kill a process that books, and look what is left.")
    parser.add_argument("--kills", type=int, default=1000)
    options = parser.parse_args()
    multiprocessing.set_forkserver_preload(["benchmarks.portals", "portalctl.domain.booking"])
    with tempfile.TemporaryDirectory() as folder:
        sample = new_portal(Path(folder, "home"), minutes=MINUTES)
        with filling(sample) as tx:
            policy.put(tx, policy.PRACTICE, {"horizon_days": HORIZON_DAYS})
            (practitioner,) = add_practitioners(tx, sample, 1, "00:00-00:00")
            (client,) = add_clients(tx, 1)
            token = sign_in_client(tx, client)
        starts = range(midnight() + 2 * DAY, midnight() + (HORIZON_DAYS - 1) * DAY, 60 * MINUTES)
        slots = [encode(SlotKey(sample.service_id, practitioner, start)) for start in starts]
        begin = time.perf_counter()
        acknowledged, lost = _kill_again_and_again(sample, token, slots, options.kills)
        took = time.perf_counter() - begin
        with reading(sample) as tx:
            kept = tx.all("SELECT id FROM appointments")
            amiss = _amiss(tx, len(kept))
    print(f"{options.kills} kills in {took:.0f} s: {acknowledged} bookings were acknowledged, {len(lost)} of them lost")
    print(f"{len(kept)} are there: {len(kept) - acknowledged} were committed and killed before they were acknowledged")
    print("\n".join(amiss) or "integrity, foreign keys, audit chains and overlaps: nothing amiss")
    return 1 if lost or amiss or not 0 <= len(kept) - acknowledged <= options.kills else 0


def _kill_again_and_again(sample: Sample, token: str, slots: list[str], kills: int) -> tuple[int, list[str]]:
    """How many bookings were acknowledged, and which of them were not there after the kill."""
    acknowledged, lost, position = 0, [], 0
    for _ in range(kills):
        booked = _life(sample, token, slots[position : position + MOST])
        acknowledged += len(booked)
        position += len(booked)
        with reading(sample) as tx:
            lost += [one for one in booked if not tx.all("SELECT id FROM appointments WHERE id = :id", id=one)]
            position = max(position, len(tx.all("SELECT id FROM appointments")))
    return acknowledged, lost


def _life(sample: Sample, token: str, slots: list[str]) -> list[str]:
    """Let a process book until it is killed: the ids that it acknowledged."""
    processes = multiprocessing.get_context("forkserver")
    listening, saying = processes.Pipe(duplex=False)
    process = processes.Process(target=_book, args=(sample, token, slots, saying))
    process.start()
    saying.close()
    listening.recv()
    time.sleep(random.SystemRandom().uniform(0, LONGEST_LIFE))
    process.kill()
    process.join()
    booked: list[str] = []
    with suppress(EOFError):
        while True:
            booked.append(listening.recv())
    return booked


def _book(sample: Sample, token: str, slots: list[str], saying: Connection) -> None:
    portal = sample.open(token)
    saying.send("ready")
    for slot in slots:
        saying.send(portal.appointments.book(BookAppointment(slot=slot)).id)


def _amiss(tx: Transaction, bookings: int) -> list[str]:
    """What the database itself finds wrong, and what is wrong with the audit."""
    found = [f"integrity: {row}" for row in tx.all("PRAGMA integrity_check") if "ok" not in row.values()]
    found += [f"foreign key: {row}" for row in tx.all("PRAGMA foreign_key_check")]
    found += [f"overlap: {row}" for row in tx.all(OVERLAPS)]
    recorded = 0
    for row in tx.all("SELECT DISTINCT chain FROM audit"):
        previous = audit.ORIGIN
        for position, entry in enumerate(audit.rows(tx, row["chain"]), start=1):
            recorded += entry["action"] == "appointments.book"
            whole = {key: value for key, value in entry.items() if key != "hash"}
            if (entry["position"], entry["previous"]) != (position, previous) or audit.row_hash(**whole) != entry[
                "hash"
            ]:
                found.append(f"audit: row {position} of {row['chain']}")
            previous = entry["hash"]
    if recorded != bookings:
        found.append(f"audit: {recorded} rows for {bookings} bookings")
    return found


if __name__ == "__main__":
    sys.exit(main())
