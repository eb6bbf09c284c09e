"""Killed processes, full and failing disks: what was acknowledged is there, the rest is not, and nothing is half."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from portalctl import errors
from portalctl.storage import audit
from portalctl.storage.sqlite import SqliteStore
from tests.storage.faults import ALL, fault
from tests.storage.portals import CHAIN, Program, append, count, make

WRITES_UNTIL_KILLED = """
store = SqliteStore(Path(sys.argv[1]))
while True:
    append(store)
    print("acknowledged", flush=True)
"""


def assert_whole(path: Path) -> None:
    """Structure, references and the chain of the audit are sound."""
    store = SqliteStore(path)
    with store.reading() as tx:
        previous = audit.ORIGIN
        for position, row in enumerate(audit.rows(tx, CHAIN), start=1):
            content = {name: row[name] for name in row if name != "hash"}
            assert content["position"] == position
            assert row["previous"] == previous
            previous = audit.row_hash(**content)
            assert row["hash"] == previous
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_every_row_that_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    """Twelve processes in a row write as fast as they can and are killed at some moment."""
    path, chance, acknowledged = make(tmp_path / "portal.db"), random.Random(5), 0  # noqa: S311  no secret
    for _ in range(12):
        with Program(WRITES_UNTIL_KILLED, path) as writer:
            for _ in range(chance.randrange(1, 40)):
                assert writer.line() == "acknowledged"
                acknowledged += 1
            acknowledged += writer.kill().count("acknowledged\n")
        assert acknowledged <= count(path) <= acknowledged + 1  # the last one may have been cut off before it was said
        acknowledged = count(path)
    assert_whole(path)


DIES_AT_EACH_STEP = """
import os, signal
from tests.storage.faults import fault
from tests.storage.portals import make

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def append_to(path):
    store = SqliteStore(path)
    append(store)
    store.close()

folder, work = Path(sys.argv[1]), {"make": make, "append": append_to}[sys.argv[2]]

def place(step):
    path = folder / step / "portal.db"
    if sys.argv[2] == "append":
        make(path, rows=3)
    return path

with fault(0, die) as counted:
    work(place("none"))
last = counted.count + 1
for at in range(1, last + 1):
    if 12 < at < last - 40 and at % 16:
        continue
    path = place(str(at))
    child = os.fork()
    if child == 0:
        with fault(at, die):
            work(path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(at, "done" if status == 0 else "killed", flush=True)
    if status == 0:
        break
"""
"""Each of the first and last steps; of the many between, the pages of one long transaction, every sixteenth."""


def test_a_writer_that_dies_at_any_write_or_sync_leaves_all_or_nothing(tmp_path: Path) -> None:
    """From the first step to the end, one death each."""
    with Program(DIES_AT_EACH_STEP, tmp_path, "append") as program:
        steps = program.output().split()[::2]
    assert len(steps) > 5
    for step in steps:
        path = tmp_path / step / "portal.db"
        assert count(path) in (3, 4)
        assert_whole(path)


def test_a_set_up_that_dies_at_any_write_or_sync_can_be_done_again(tmp_path: Path) -> None:
    """Either nothing was made, or a file that the next set-up completes, or a portal with its practice."""
    with Program(DIES_AT_EACH_STEP, tmp_path, "make") as program:
        steps = program.output().split()[::2]
    assert len(steps) > 20
    for step in steps:
        path = tmp_path / step / "portal.db"
        store = SqliteStore(path, create=True)
        with store.writing() as tx:
            done = tx.one("SELECT * FROM practice") is not None
        store.close()
        if not done:
            make(path)
        append(SqliteStore(path))
        assert_whole(path)


def fail_full() -> None:
    raise apsw.FullError("database or disk is full")


def fail_io() -> None:
    raise apsw.IOError("disk I/O error")


@pytest.mark.parametrize(
    ("happen", "kind"), [(fail_full, errors.DiskFull), (fail_io, errors.StorageFailure)], ids=["full", "failing"]
)
def test_a_disk_that_fails_at_any_step_keeps_nothing_of_the_change(
    tmp_path: Path, happen: Callable[[], None], kind: type[errors.StorageFailure]
) -> None:
    """The failure has exit code 8, what was acknowledged is there, and the next change works."""
    failed = 0
    for at in range(1, 30):
        path = make(tmp_path / f"{at}.db", rows=3)
        store = SqliteStore(path)
        with fault(at, happen) as faults:
            try:
                append(store)
                acknowledged = 4
            except kind as failure:
                acknowledged = 3
                failed += 1
                assert (failure.exit_code, str(path) in failure.message) == (8, True)  # noqa: PT017  both ends are right
            with suppress(apsw.Error):
                store.close()
        assert count(path) == acknowledged
        append(SqliteStore(path))
        assert_whole(path)
        if faults.count < at:
            break
    assert failed > 2


def test_a_commit_whose_sync_failed_is_lost_and_its_connection_is_not_used_again(tmp_path: Path) -> None:
    """Even when the next sync would say that all is well: the disk may have forgotten what it did not write."""
    path = make(tmp_path / "portal.db")
    store = SqliteStore(path)
    with fault(2, fail_io, ALL - {"write", "truncate"}), suppress(apsw.Error):
        with pytest.raises(errors.StorageFailure):
            append(store)
        assert getattr(store._connections._threads, "connection", None) is None
        append(store)
        store.close()
    assert count(path) == 1
    assert_whole(path)


def test_a_portal_that_may_not_grow_says_that_the_disk_is_full(tmp_path: Path) -> None:
    """SQLite's own limit stands for that of the disk."""
    path = make(tmp_path / "portal.db")
    store = SqliteStore(path)
    with store.reading() as tx:
        tx.all("PRAGMA max_page_count = 1")
    with pytest.raises(errors.DiskFull, match="no space left"):
        append(store, subject="x" * 10_000)
    append(store)
    store.close()
    assert count(path) == 1


OUT_OF_ROOM = """
import resource
store = SqliteStore(Path(sys.argv[1]))
append(store)
size = Path(sys.argv[1] + "-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 6000, size + 6000))
try:
    for _ in range(50):
        append(store)
        print("acknowledged", flush=True)
except errors.DiskFull as error:
    print(error.message, flush=True)
"""


NO_ROOM_AT_ALL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
store = SqliteStore(Path(sys.argv[1]))
for _ in range(2):
    with store.reading() as tx:
        print(practice.get(tx).name)
    try:
        append(store)
    except errors.DiskFull as error:
        print(error.exit_code)
"""


def test_a_portal_on_a_full_disk_is_read(tmp_path: Path) -> None:
    """Although there is no room even for the index of a log."""
    path = make(tmp_path / "portal.db")
    with Program(NO_ROOM_AT_ALL, path) as program:
        assert program.output().splitlines() == ["Studio Rossi", "8"] * 2
    assert count(path) == 0


def test_a_disk_quota_that_runs_out_stops_the_writer_and_loses_nothing(tmp_path: Path) -> None:
    """The system itself refuses the write here."""
    path = make(tmp_path / "portal.db")
    with Program(OUT_OF_ROOM, path) as program:
        *acknowledged, last = program.output().splitlines()
    assert "no space left" in last
    assert count(path) == 1 + len(acknowledged)
    assert_whole(path)
