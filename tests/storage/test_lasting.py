"""From when on a change lasts: before anybody sees it, before its end is told, or when the disk comes to it."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.storage import audit, filesystem
from portalctl.storage.engine import Lasts, Store
from portalctl.storage.sqlite import SqliteStore
from tests.storage.faults import fault
from tests.storage.on_postgres import made
from tests.storage.portals import CHAIN, append, count, make

LOG = "portal.db-wal"


class Disk:
    """The files that are brought to disk, by name; each waits until it may end, and fails where that is wanted."""

    def __init__(self) -> None:
        self.synced: list[str] = []
        self.reached, self.may_end = threading.Event(), threading.Event()
        self.fails = False
        self._sync = filesystem.sync_file

    def sync_file(self, path: Path) -> None:
        self.synced.append(path.name)
        self.reached.set()
        assert self.may_end.wait(10)
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._sync(path)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk()
    monkeypatch.setattr(filesystem, "sync_file", made.sync_file)
    yield made
    made.may_end.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(make(tmp_path / "portal.db"))
    yield opened
    opened.close()


def add(store: Store, lasts: Lasts) -> None:
    with store.writing(lasts) as tx:
        audit.append(tx, chain=CHAIN, at=1, actor="stf_1", role="owner", action="test.append", subject="sub_1")


def test_others_see_and_change_what_lasts_before_it_is_told_while_the_disk_is_waited_for(
    store: SqliteStore, disk: Disk
) -> None:
    with ThreadPoolExecutor() as threads:
        told = threads.submit(add, store, Lasts.BEFORE_TOLD)
        assert disk.reached.wait(10)
        assert count(store.path) == 1
        append(store)
        assert count(store.path) == 2
        assert not told.done()
        disk.may_end.set()
        told.result(10)
    assert disk.synced == [LOG]


@pytest.mark.parametrize("lasts", [Lasts.BEFORE_SEEN, Lasts.LATER])
def test_the_log_is_brought_to_disk_by_itself_only_where_that_is_waited_for(
    store: SqliteStore, disk: Disk, lasts: Lasts
) -> None:
    add(store, lasts)
    assert disk.synced == []
    assert count(store.path) == 1


@pytest.mark.parametrize(("lasts", "syncs"), [(Lasts.BEFORE_SEEN, 1), (Lasts.BEFORE_TOLD, 0), (Lasts.LATER, 0)])
def test_a_commit_itself_waits_for_the_disk_only_where_nobody_may_see_it_before(
    tmp_path: Path, lasts: Lasts, syncs: int
) -> None:
    path = make(tmp_path / "portal.db")
    with fault(0, lambda: None, frozenset({"sync"})) as steps:
        store = SqliteStore(path)
        append(store)
        before = steps.count
        add(store, lasts)
        assert steps.count - before == syncs
        append(store)
        assert steps.count - before == syncs + 1
        store.close()


def test_a_log_that_does_not_get_to_disk_is_told_and_its_connection_is_not_used_again(
    store: SqliteStore, disk: Disk
) -> None:
    disk.fails = True
    disk.may_end.set()
    with pytest.raises(errors.StorageFailure, match="a power cut may undo what was changed just now") as failed:
        add(store, Lasts.BEFORE_TOLD)
    assert (failed.value.exit_code, LOG in failed.value.message) == (8, True)
    assert getattr(store._connections._threads, "connection", None) is None
    disk.fails = False
    add(store, Lasts.BEFORE_TOLD)
    assert count(store.path) == 2


def test_a_log_that_was_taken_into_the_file_meanwhile_needs_no_bringing_to_disk(
    store: SqliteStore, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after_the_last_connection(path: Path) -> None:
        store.close()
        assert not path.exists()
        disk.sync_file(path)

    disk.may_end.set()
    monkeypatch.setattr(filesystem, "sync_file", after_the_last_connection)
    add(store, Lasts.BEFORE_TOLD)
    assert disk.synced == [LOG]
    assert count(store.path) == 1


def test_without_a_log_nobody_sees_a_change_before_it_lasts(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "without_wal", lambda _: "a network file system (nfs)")
    path = make(tmp_path / "portal.db")
    disk.may_end.set()
    with fault(0, lambda: None, frozenset({"sync"})) as steps:
        store = SqliteStore(path)
        add(store, Lasts.BEFORE_TOLD)
        assert steps.count >= 3  # of the journal twice and of the file
        store.close()
    assert count(path) == 1


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        opened: Store = SqliteStore(make(tmp_path / "portal.db"))
    else:
        opened = made(request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


def rows(store: Store) -> int:
    with store.reading() as tx:
        return len(tx.all("SELECT 1 AS one FROM throttles"))


def throttled(store: Store, waiting: Callable[[], object]) -> None:
    with store.writing() as tx:
        tx.run("INSERT INTO throttles (bucket, failures, failed_at, blocked_until) VALUES ('door', 1, 1, 1)")
        tx.awaited.append(waiting)


def test_what_a_change_waits_for_comes_to_its_end_before_the_change_is_seen(either: Store) -> None:
    seen: list[int] = []
    before = rows(either)
    with ThreadPoolExecutor(1) as elsewhere:
        throttled(either, lambda: seen.append(elsewhere.submit(rows, either).result(10)))
        assert seen == [before]
    assert rows(either) == before + 1


def test_a_change_that_waits_for_what_fails_is_undone(either: Store) -> None:
    def fails() -> None:
        raise errors.DiskFull("no space left", "free some space")

    before = rows(either)
    with pytest.raises(errors.DiskFull):
        throttled(either, fails)
    assert rows(either) == before
