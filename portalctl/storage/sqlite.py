"""SQLite through apsw: the embedded portal's engine.

One connection per thread, WAL, `synchronous=FULL`: what was acknowledged survives a kill. A commit whose fsync fails is
undone by SQLite and reported, and the connection that saw a disk fail is not used again. Only what is harmless to
repeat may let others change the file while its own fsync is waited for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw

from portalctl import errors
from portalctl.storage import audit, condition, filesystem, usage
from portalctl.storage.connections import OPENING, Connections, in_use
from portalctl.storage.engine import Lasts, Row, Store, Transaction
from portalctl.storage.failures import as_failure, disk_full, not_kept, read_only, system_failure
from portalctl.storage.many_rows import adding
from portalctl.storage.migrations import Migration, migrations
from portalctl.storage.parameters import names_in

BUSY_MILLISECONDS = 5000
"""How long to wait for another process before saying that the portal is locked."""

_FEW = 50
"""Values up to which each is found by its name."""

_MANY = 100
"""Rows of one call from which on a transaction is taken for a long one."""

_CACHE, _WIDE_CACHE = "PRAGMA cache_size=-2000", "PRAGMA cache_size=-16000"
"""KiB of pages that a connection keeps, and that one keeps in a long transaction: what it changes goes to disk once."""

_LOG_PAGES = 4000
"""Pages in the log (16 MiB) after which they are taken into the file: one that many transactions change goes once."""

_WAITS = (0.001, 0.001, 0.002, 0.002, 0.003, *(0.004,) * 20, *(0.02,) * 10, 0.1)
"""Seconds between tries, the last one again and again: SQLite itself would wait for longer than most changes take."""


def wait_for_others(connection: apsw.Connection) -> None:
    """Have the connection wait for other processes. An interrupt ends the wait at once, as SQLite's own would not."""
    until = 0.0

    def again(tries: int) -> bool:
        nonlocal until
        now = time.monotonic()
        if tries == 0:
            until = now + BUSY_MILLISECONDS / 1000
        if now >= until:
            return False
        time.sleep(min(_WAITS[min(tries, len(_WAITS) - 1)], until - now))
        return True

    connection.set_busy_handler(again)


def _bound(sql: str, parameters: Row) -> Row | tuple[Any, ...]:
    """The values as they are bound: many of them by their places, since SQLite goes through all names to find one."""
    if len(parameters) <= _FEW:
        return parameters
    return tuple([parameters[name] for name in names_in(sql)])


class SqliteTransaction(Transaction):
    """A transaction on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__()
        self.connection = connection
        self._is_long = False

    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Every row."""
        cursor = self.connection.execute(sql, _bound(sql, parameters))
        first = cursor.fetchone()
        if first is None:
            return []
        names = [column[0] for column in cursor.get_description()]
        return [dict(zip(names, row, strict=True)) for row in (first, *cursor)]

    def run(self, sql: str, **parameters: Any) -> int:
        """Execute, and say how many rows changed."""
        for _ in self.connection.execute(sql, _bound(sql, parameters)):
            pass
        return self.connection.changes()

    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        """Execute once for each row's values, and say how many rows changed in all."""
        before = self._begin_many(len(rows))
        for _ in self.connection.executemany(sql, rows):
            pass
        return self.connection.total_changes() - before

    def add_many(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], *, unique: tuple[str, ...] = ()
    ) -> int:
        """Add rows, many with one statement."""
        before = self._begin_many(len(rows))
        for sql, values in adding(table, columns, rows, unique, mark="?"):
            for _ in self.connection.executemany(sql, values):
                pass
        return self.connection.total_changes() - before

    def _begin_many(self, rows: int) -> int:
        """Make room for the changes of so many rows, and say how many the connection has made until now."""
        if rows >= _MANY and not self._is_long:
            self.connection.execute(_WIDE_CACHE)
            self._is_long = True
        return self.connection.total_changes()

    def end(self) -> None:
        """Keep no more memory than others do."""
        if self._is_long:
            self.connection.execute(_CACHE)

    def hold(self, *names: str) -> None:
        """Nothing to wait for: a writing transaction is alone."""

    def try_hold(self, name: str) -> bool:  # noqa: ARG002  whatever the name
        """Always: a writing transaction is alone."""
        return True

    @property
    def skipping_held(self) -> str:
        """Nobody else claims rows while this transaction writes."""
        return ""


class SqliteStore(Store):
    """One portal file. Nothing is opened before the first transaction.

    With `create`, the first writing transaction makes the file where it is missing. `notify` is told what was put right
    about the file and what is amiss with its place.
    """

    def __init__(self, path: Path, *, create: bool = False, notify: Callable[[str], None] | None = None) -> None:
        self._path = path
        self._file = Path(os.path.realpath(path))
        self._create = create
        self._notify = notify or (lambda _: None)
        self._ready = False
        self._frozen: condition.Stamp | None = None
        self._is_full = False
        self._connections = Connections(self._file)
        self._turn = threading.Lock()

    @property
    def path(self) -> Path:
        """Where the portal file is."""
        return self._path

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one moment and changes nothing."""
        with self._transaction(_READ) as transaction:
            yield transaction

    @contextmanager
    def writing(self, lasts: Lasts = Lasts.BEFORE_SEEN) -> Iterator[Transaction]:
        """A transaction that alone may change the database; an exception undoes it whole.

        Threads of one process queue for it. Left to SQLite, each would look again every tenth of a second, and some
        would find it taken every time.
        """
        if not self._turn.acquire(timeout=BUSY_MILLISECONDS / 1000):
            raise errors.PortalBusy(f"{self._file} is busy with other changes", "try again; nothing was changed")
        try:
            with self._transaction(_WRITE, lasts) as transaction:
                yield transaction
        finally:
            self._turn.release()
        if lasts is Lasts.BEFORE_TOLD:
            self._sync_log()

    def check(self) -> None:
        """See that the file is a portal, whole as far as opening it tells, and of this program's schema."""
        with self.reading() as transaction:
            transaction.one("SELECT count(*) FROM practice")

    def close(self) -> None:
        """Let go of every connection. The next transaction begins from the file again."""
        self._ready = False
        self._connections.close()

    @contextmanager
    def _transaction(self, begin: str, lasts: Lasts = Lasts.BEFORE_SEEN) -> Iterator[Transaction]:
        connection: apsw.Connection | None = None
        try:
            connection = self._connection(writes=begin != _READ)
            with self._still_the_same():
                transaction = SqliteTransaction(connection)
                is_ahead = lasts is not Lasts.BEFORE_SEEN and connection.pragma("journal_mode") == "wal"
                if is_ahead:  # of the disk: without a log the file itself would suffer
                    connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(begin)
                try:
                    yield transaction
                    usage.settle(transaction)
                    audit.seal(transaction)
                    for wait in transaction.awaited:
                        wait()
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    transaction.end()
                    if is_ahead:
                        connection.execute("PRAGMA synchronous=FULL")
        except errors.PortalError:
            raise
        except Exception as error:
            failure = as_failure(error, self._file, connection)
            if isinstance(failure, errors.StorageFailure):
                self._connections.drop()
            if failure is None:
                raise
            raise failure from error

    def _sync_log(self) -> None:
        """Bring what was committed to disk. Where there is no log any more, all of it is in the file and on disk."""
        log = Path(f"{self._file}-wal")
        try:
            filesystem.sync_file(log)
        except FileNotFoundError:
            return
        except OSError as error:
            self._connections.drop()
            raise not_kept(log, error) from error

    def _connection(self, *, writes: bool) -> apsw.Connection:
        if not self._ready:
            with OPENING:
                if not self._ready:
                    self._prepare(founding=writes and self._create)
        connection = self._connections.get(self._connect)
        if writes and connection.readonly("main"):
            raise disk_full(self._file) if self._is_full else read_only(self._file)
        return connection

    def _prepare(self, *, founding: bool) -> None:
        try:
            filesystem.check_links(self._path)
            unmade = founding and condition.is_unmade(self._file)
            if unmade:
                self._make_file()
            if not self._file.exists():
                raise errors.PortalMissing(
                    f"there is no portal at {self._path}", "make one with: portalctl practice init"
                )
            filesystem.secure(self._file, self._notify)
            if not unmade and not in_use(self._file):
                condition.check(self._file)
            self._bring_up_to_date(self._connections.get(self._connect), founding=founding)
            self._choose_journal(self._connections.get(self._connect))
        except OSError as error:
            raise system_failure(self._file, error.errno or 0) from error
        self._ready = True

    def _make_file(self) -> None:
        try:
            filesystem.make(self._file)
        except PermissionError as error:
            raise read_only(self._file) from error

    def _connect(self) -> apsw.Connection:
        self._frozen, self._is_full = None, False
        try:
            return _open(str(self._file), apsw.SQLITE_OPEN_READWRITE)
        except errors.DiskFull:
            self._is_full = True
            if condition.has_log(self._file):
                raise
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            if not os.access(self._file, os.R_OK):
                raise
            if condition.has_log(self._file):
                raise errors.PortalReadOnly(
                    f"{self._file} cannot be written, and has changes in its log (-wal) to be taken in first",
                    "use it once where its folder can be written",
                ) from None
        self._frozen = condition.stamp(self._file)
        return condition.open_frozen(self._file)

    @contextmanager
    def _still_the_same(self) -> Iterator[None]:
        """See that a file opened as one that nobody changes was indeed not changed meanwhile."""
        before = self._frozen
        if before is None:
            yield
            return
        try:
            yield
        finally:
            self._connections.drop()
        if condition.stamp(self._file) != before:
            raise errors.PortalBusy(f"{self._file} was changed while it was read", "try again")

    def _choose_journal(self, connection: apsw.Connection) -> None:
        reason = filesystem.without_wal(self._file)
        if reason is not None:
            self._notify(f"{self._file} is in {reason}: use it from one machine at a time; it is slower there.")
        wanted = "delete" if reason else "wal"
        if connection.readonly("main") or connection.pragma("journal_mode") == wanted:
            return
        connection.set_busy_timeout(0)
        with suppress(apsw.BusyError):
            connection.pragma("journal_mode", wanted)
        wait_for_others(connection)

    def _bring_up_to_date(self, connection: apsw.Connection, *, founding: bool) -> None:
        version = connection.pragma("user_version")
        known = migrations("sqlite")
        if version == known[-1].number:
            return
        if version > known[-1].number:
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self._connections.drop()
            raise condition.newer(self._file, version)
        if version == 0 and not founding:
            raise condition.damaged(self._file, "holds no practice: it was never set up, or its log (-wal) was deleted")
        if connection.readonly("main"):
            raise errors.PortalReadOnly(
                f"{self._file} is from an older portalctl and cannot be written", "upgrade it where it can be written"
            )
        _migrate(self._file, connection, known)


_READ, _WRITE = "BEGIN", "BEGIN IMMEDIATE"


def _open(name: str, flags: int) -> apsw.Connection:
    connection = apsw.Connection(name, flags=flags)
    try:
        wait_for_others(connection)
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
        connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        connection.execute("PRAGMA temp_store=MEMORY")  # what undoes a statement of many rows goes to no file
        connection.execute("PRAGMA cell_size_check=ON")  # else a flipped count of cells makes rows out of nothing
        connection.pragma("user_version")
    except apsw.Error as error:
        number = connection.system_errno
        connection.close(True)
        if isinstance(error, apsw.IOError) and number:
            raise system_failure(Path(name), number) from error
        raise
    return connection


def _migrate(path: Path, connection: apsw.Connection, known: list[Migration]) -> None:
    """Apply what is missing, all or nothing. Raises PortalCorrupt where something else was applied before."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.pragma("user_version")
        transaction = SqliteTransaction(connection)
        if not version:
            connection.pragma("application_id", condition.APPLICATION_ID)
        else:
            applied = {row["number"]: row["checksum"] for row in transaction.all("SELECT * FROM schema_migrations")}
            if applied != {
                migration.number: migration.checksum() for migration in known if migration.number <= version
            }:
                raise condition.damaged(path, "has a schema that no portalctl made")
        for migration in known:
            if migration.number <= version:
                continue
            transaction.run(migration.sql())
            transaction.run(
                "INSERT INTO schema_migrations (number, name, checksum) VALUES (:number, :name, :checksum)",
                number=migration.number,
                name=migration.name,
                checksum=migration.checksum(),
            )
            connection.pragma("user_version", migration.number)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
