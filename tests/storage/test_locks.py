"""A portal file that several processes and threads use at once."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import apsw
import pytest

from portalctl import errors
from portalctl.storage import sqlite
from portalctl.storage.lock_holder import _holder_in, holder_of
from portalctl.storage.sqlite import SqliteStore
from tests.storage.portals import HOLDS_THE_LOCK, Program, append, count, make, name_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make(tmp_path / "portal.db")


def test_a_writer_waits_five_seconds_for_another_process_then_names_it(path: Path) -> None:
    """And changes nothing. The number of the holder is there wherever the system shows locks."""
    with Program(HOLDS_THE_LOCK, path) as holder:
        assert holder.line() == "held"
        began = time.monotonic()
        with pytest.raises(errors.PortalBusy) as raised:
            append(SqliteStore(path))
        waited = time.monotonic() - began
    assert 4.9 < waited < 7
    assert raised.value.exit_code == 8
    assert str(path) in raised.value.message
    if Path("/proc/locks").exists():
        assert f"process {holder.pid} (" in raised.value.message


def test_a_short_wait_for_another_process_is_not_noticed(path: Path) -> None:
    """As soon as the lock is free the writer goes on."""
    with Program(HOLDS_THE_LOCK, path) as holder:
        assert holder.line() == "held"
        writer = threading.Thread(target=lambda: append(SqliteStore(path)))
        writer.start()
        assert holder.process.stdin is not None
        holder.process.stdin.write("\n")
        holder.process.stdin.flush()
        writer.join(timeout=10)
    assert count(path) == 1


def test_threads_of_one_process_take_turns_at_writing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them finds the file locked, also when it would not wait for that at all."""
    monkeypatch.setattr(sqlite, "wait_for_others", lambda connection: connection.set_busy_timeout(0))
    store, together = SqliteStore(path), threading.Barrier(8)

    def write() -> None:
        together.wait()
        for _ in range(5):
            append(store)

    writers = [threading.Thread(target=write) for _ in range(together.parties)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert count(path) == 5 * len(writers)


def test_a_thread_does_not_wait_forever_for_its_turn(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 10)
    store, refused = SqliteStore(path), list[errors.PortalBusy]()

    def write() -> None:
        try:
            append(store)
        except errors.PortalBusy as busy:
            refused.append(busy)

    with store.writing():
        other = threading.Thread(target=write)
        other.start()
        other.join()
    assert [busy.message for busy in refused] == [f"{path} is busy with other changes"]
    append(store)
    assert count(path) == 1


def test_a_reader_does_not_wait_for_a_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sees what was there before the writer began."""
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 0)
    with Program(HOLDS_THE_LOCK, path) as holder:
        assert holder.line() == "held"
        assert name_of(SqliteStore(path)) == "Studio Rossi"


def test_a_reader_that_stays_long_does_not_hinder_writers(path: Path) -> None:
    """And goes on seeing its own moment."""
    reader, writer = SqliteStore(path), SqliteStore(path)
    with reader.reading() as tx:
        before = tx.one("SELECT count(*) AS rows FROM audit")
        append(writer)
        assert tx.one("SELECT count(*) AS rows FROM audit") == before
    assert count(path) == 1


def test_the_holder_is_the_one_that_locks_the_writers_byte() -> None:
    """Readers, those who wait and those who lock other files are not blamed."""
    locks = """\
1: POSIX  ADVISORY  READ 11 fe:00:77 124 124
2: POSIX  ADVISORY  WRITE 12 fe:00:78 120 120
3: POSIX  ADVISORY  WRITE 13 fe:00:77 121 121
4: POSIX  ADVISORY  WRITE 14 fe:00:77 120 120
4: -> POSIX  ADVISORY  WRITE 15 fe:00:77 120 120
5: FLOCK  ADVISORY  WRITE 16 fe:00:79 0 EOF
"""
    assert _holder_in(locks, "fe:00:77", "fe:00:80") == 14
    assert _holder_in(locks, None, "fe:00:79") == 16
    assert _holder_in(locks, "fe:00:81", "fe:00:80") is None


def test_a_holder_that_lives_behind_a_container_is_not_named() -> None:
    """Its number would mean nothing here, and is given as 0."""
    assert _holder_in("1: POSIX  ADVISORY  WRITE 0 fe:00:77 120 120\n", "fe:00:77", None) is None


def test_nobody_is_blamed_for_a_file_that_nobody_locks(path: Path) -> None:
    assert holder_of(path) is None


def test_each_thread_has_a_connection_of_its_own(path: Path) -> None:
    """Several threads write through one store without an error, and every row is there."""
    store, failures = SqliteStore(path), []

    def write() -> None:
        try:
            for _ in range(20):
                append(store)
        except Exception as error:  # noqa: BLE001  whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert not failures
    assert count(path) == 160


def test_a_thread_that_ends_lets_go_of_its_connection(path: Path) -> None:
    """Otherwise the log would stay, and a server would run out of files."""
    store = SqliteStore(path)
    thread = threading.Thread(target=append, args=(store,))
    thread.start()
    thread.join()
    assert not Path(f"{path}-wal").exists()


def test_a_closed_store_leaves_nothing_beside_the_file_and_opens_again(path: Path) -> None:
    store = SqliteStore(path)
    append(store)
    store.close()
    assert [file.name for file in path.parent.iterdir()] == ["portal.db"]
    append(store)
    store.close()
    assert count(path) == 2


FORKS = """
import os
path = Path(sys.argv[1])
store = SqliteStore(path)
append(store)
child = os.fork()
if child == 0:
    for candidate in (store, SqliteStore(path)):
        try:
            append(candidate)
        except errors.StorageFailure as error:
            print(error.message, flush=True)
    os._exit(0)
os.waitpid(child, 0)
append(store)
store.close()
child = os.fork()
if child == 0:
    append(SqliteStore(path))
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_forked_child_does_not_use_a_file_that_was_open(path: Path) -> None:
    """Neither the old connection nor a new one: SQLite would believe in locks that the child has not."""
    with Program(FORKS, path) as program:
        lines = program.output().splitlines()
    assert len(lines) == 2
    assert all("forked" in line for line in lines)
    assert count(path) == 3


def test_looking_at_a_file_drops_no_lock_that_this_process_holds(path: Path) -> None:
    """Closing a file ends all locks of the process on it, and with them the safety of its writers."""
    held = apsw.Connection(str(path))
    held.execute("UPDATE practice SET name = 'logged'")
    held.execute("BEGIN IMMEDIATE; UPDATE practice SET name = 'changed'")
    for _ in range(2):
        assert name_of(SqliteStore(path)) == "logged"
    code = "import apsw, sys; apsw.Connection(sys.argv[1]).execute('BEGIN IMMEDIATE')"
    with Program(code, path) as program:
        said, _ = program.process.communicate(timeout=60)
    assert "BusyError" in said
    held.close(True)


def test_the_program_says_which_process_this_is() -> None:
    """The name of the holder's program is read from the system."""
    from portalctl.storage.lock_holder import Holder, _program

    assert str(Holder(7, "portalctl")) == "process 7 (portalctl)"
    assert str(Holder(7, None)) == "process 7"
    if Path("/proc/self/comm").exists():
        assert _program(os.getpid())
