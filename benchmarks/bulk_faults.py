"""Whether a batch ends as it should while its client and its server are killed.

    python -m benchmarks.bulk_faults [--kills 200] [--files 2000]

`docs upload --by-client` shares files of all lengths with forty clients through a server on SQLite and a folder. At
random moments the command, the server or both get SIGKILL, and are started again as they were. Where the batch is ahead
of the kills they come so fast that it hardly goes on, so that it does not end before they are spent (one that does is
followed by another); then it is left in peace. Afterwards every client has exactly the files of their folder, by hash
and as they are read back; none is there twice; and when the sweep has gone round two days later nothing is kept that
nothing refers to. Exits with 1 when anything is amiss.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.bulk_files import pdf
from benchmarks.bulk_portals import Ground, on_a_server
from benchmarks.history import broken_chains
from benchmarks.hosted import any_key, opened
from benchmarks.timing import program
from portalctl.backends.embedded import documents_folder
from portalctl.clock import system_clock
from portalctl.domain.bodies import file_source
from portalctl.domain.office import Office
from portalctl.domain.sweeping import A_ROUND, Sweep
from portalctl.storage.blobs import FolderBodies
from portalctl.storage.engine import Store
from portalctl.storage.stores import portal_path

CLIENTS = 40
LENGTHS = (300, 2_000, 10_000, 40_000, 150_000)
LARGE_LENGTH = 2_500_000
ONE_IN = 100
"""Among how many files one is so long that it travels by itself."""

TRIES = 5
"""How often a command may be given again in peace before it has to have ended well."""

AT_ONCE = 1 / 3
"""The part of a batch that it may come further between two kills at the most, as long as an undisturbed one takes."""

VICTIMS = ("the command", "the server", "both")

NOWHERE = """
SELECT id, name FROM documents
WHERE NOT EXISTS (SELECT 1 FROM documentation WHERE documentation.document_id = documents.id)
"""

File = tuple[str, str, str]
"""Whose documentation a file stands in, its name, and its hash."""


class Batch(NamedTuple):
    """A tree with a folder for each client, and what it holds."""

    folder: Path
    files: Counter[File]


def main() -> int:
    """Kill, and look what is left."""
    parser = argparse.ArgumentParser(description="Kill both sides of a bulk transfer, and look what is left.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--files", type=int, default=2_000)
    options = parser.parse_args()
    chance = random.SystemRandom()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="faults-") as name, on_a_server(Path(name), clients=CLIENTS) as ground:
        storm = Storm(ground, chance)
        batches = [_made(Path(name) / "undisturbed", ground, options.files)]
        undisturbed = storm.in_peace(batches[0])
        while storm.kills.total() < options.kills:
            batches.append(_made(Path(name) / f"batch-{len(batches)}", ground, options.files))
            storm.rage(batches[-1], undisturbed, options.kills)
            storm.in_peace(batches[-1])
        wanted = sum((each.files for each in batches), Counter[File]())
        with opened(ground.database) as store:
            amiss = list(_amiss(store, documents_folder(portal_path(ground.database)), wanted))
    killed = ", ".join(f"{who} {times} times" for who, times in storm.kills.items())
    counted = f"{len(batches) - 1} batch of" if len(batches) == 2 else f"{len(batches) - 1} batches of"
    print(f"{counted} {options.files:,} files, {time.perf_counter() - begin:.0f} s: killed {killed}")
    print(f"commands ended by themselves with: {dict(storm.endings)}; undisturbed a batch takes {undisturbed:.1f} s")
    print("\n".join(amiss[:20]) or f"{wanted.total():,} files are there once each, and nothing else: nothing amiss")
    return 1 if amiss else 0


class Storm:
    """Gives commands, and kills."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        assert ground.server is not None
        self.kills: Counter[str] = Counter()
        self.endings: Counter[int] = Counter()
        self._ground, self._server, self._chance = ground, ground.server, chance

    def rage(self, batch: Batch, undisturbed: float, kills: int) -> None:
        """Kill until the batch has ended nonetheless, or all kills are spent."""
        before, spent = self._ground.stored(), self.kills.total()
        process = self._begun(batch)
        while self.kills.total() < kills:
            done = (self._ground.stored() - before) / batch.files.total()
            may_go_on = done + AT_ONCE <= (self.kills.total() - spent) / (kills - spent)
            longest = undisturbed * AT_ONCE if may_go_on else undisturbed * AT_ONCE / 4
            with suppress(subprocess.TimeoutExpired):
                process.wait(self._chance.uniform(0, longest))
                self.endings[process.returncode] += 1
                if process.returncode == 0:
                    return
                process = self._begun(batch)
                continue
            victim = self._chance.choice(VICTIMS)
            self.kills[victim] += 1
            if victim != VICTIMS[0]:
                self._server.kill()
            if victim != VICTIMS[1]:
                process.kill()
                process.wait()
                process = self._begun(batch)
            if victim != VICTIMS[0]:
                self._server.start()
        process.kill()
        process.wait()

    def in_peace(self, batch: Batch) -> float:
        """Give the command until it ends well: how long the last one took. Raises RuntimeError where it does not."""
        self._server.wait_until_ready()
        for _ in range(TRIES):
            begin = time.perf_counter()
            process = self._begun(batch)
            if process.wait() == 0:
                return time.perf_counter() - begin
            self.endings[process.returncode] += 1
        raise RuntimeError(f"the command does not end well: {process.returncode}")

    def _begun(self, batch: Batch) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*program(), "docs", "upload", "--by-client", str(batch.folder), "--yes"],
            env=self._ground.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _made(folder: Path, ground: Ground, count: int) -> Batch:
    """A tree of files that are like no others."""
    chance = random.Random(str(folder))  # noqa: S311  no secrets
    files: Counter[File] = Counter()
    for number in range(count):
        client = ground.clients[number % len(ground.clients)]
        length = LARGE_LENGTH + number if number % ONE_IN == 0 else chance.choice(LENGTHS)
        content = pdf(chance, length)
        path = folder / client / f"{folder.name}-{number}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        files[client, path.name, hashlib.sha256(content).hexdigest()] += 1
    return Batch(folder, files)


def _amiss(store: Store, folder: Path, wanted: Counter[File]) -> Iterator[str]:
    """What stands where it should not or does not stand, what cannot be read back, and what is kept for nothing."""
    kept = FolderBodies(folder)
    office = Office(store, system_clock, None, any_key, "", bodies=lambda: kept)
    with store.reading() as tx:
        rows = tx.all(
            "SELECT r.client_id, d.id, d.name, d.sha256 FROM documentation r JOIN documents d ON d.id = r.document_id"
            " WHERE r.removed_at IS NULL AND d.deleted_at IS NULL"
        )
        found = Counter((row["client_id"], row["name"], row["sha256"]) for row in rows)
        yield from (f"missing: {each}" for each in wanted - found)
        yield from (f"too many: {each}" for each in found - wanted)
        yield from (f"documents that stand nowhere: {row}" for row in tx.all(NOWHERE))
        for row in rows:
            read = hashlib.sha256(b"".join(file_source(office, tx, row["id"]).read(0))).hexdigest()
            if read != row["sha256"]:
                yield f"not what was sent: {row}"
        yield from broken_chains(tx)
        yield from (f"integrity: {row}" for row in tx.all("PRAGMA integrity_check") if "ok" not in row.values())
    for days in (2, 4):
        _sweep(office, days)
    referred = {(row["sha256"]) for row in rows}
    with store.reading() as tx:
        bodies_kept = tx.all("SELECT sha256, place, bytes, starts_at FROM bodies")
        yield from (f"an upload is left: {row}" for row in tx.all("SELECT * FROM uploads"))
        yield from (f"a pack with gaps is left: {row}" for row in tx.all("SELECT place FROM packs_with_gaps"))
    yield from (f"a body is kept for nothing: {row['sha256']}" for row in bodies_kept if row["sha256"] not in referred)
    places = Counter[str]()
    for row in bodies_kept:
        if row["place"] is not None:
            places[row["place"]] += row["bytes"]
    on_disk = {str(file.relative_to(folder)): file.stat().st_size for file in folder.rglob("*") if file.is_file()}
    yield from (f"orphan: {key}, {size} bytes" for key, size in on_disk.items() if places[key] != size)
    yield from (f"lost: {key}" for key in places.keys() - on_disk.keys())


def _sweep(office: Office, days: int) -> None:
    """Go round so many days later until there is nothing more to be let go of."""
    sweep = Sweep(office._replace(clock=lambda: system_clock() + timedelta(days=days)))
    with office.store.reading() as tx:
        found = tx.one("SELECT (SELECT count(*) FROM bodies) + (SELECT count(*) FROM uploads) AS looked_at")
    assert found is not None
    for _ in range(2 + found["looked_at"] // A_ROUND):
        sweep.round()
    while sweep.round():
        pass


if __name__ == "__main__":
    sys.exit(main())
