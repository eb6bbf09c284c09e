"""SQLite through apsw: the embedded portal's engine.

One connection per thread, WAL, `synchronous=FULL`: what was acknowledged survives a kill.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from portalctl import errors
from portalctl.storage.engine import Row, Store, Transaction
from portalctl.storage.migrations import migrations

APPLICATION_ID = 0x706F7274
BUSY_MILLISECONDS = 5000


class SqliteTransaction(Transaction):
    """A transaction on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Every row."""
        cursor = self._connection.execute(sql, parameters)
        first = cursor.fetchone()
        if first is None:
            return []
        names = [column[0] for column in cursor.get_description()]
        return [dict(zip(names, row, strict=True)) for row in (first, *cursor)]

    def run(self, sql: str, **parameters: Any) -> int:
        """Execute, and say how many rows changed."""
        for _ in self._connection.execute(sql, parameters):
            pass
        return self._connection.changes()


class SqliteStore(Store):
    """One portal file."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Name the file; it is opened, or with `create` made where it is missing, by the first transaction."""
        self._path = path
        self._create = create
        self._ready = False
        self._preparing = threading.Lock()
        self._connections = threading.local()
        self._opened: list[apsw.Connection] = []

    @property
    def path(self) -> Path:
        """Where the portal file is."""
        return self._path

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one moment and changes nothing."""
        with self._transaction("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction that alone may change the database; an exception undoes it whole."""
        with self._transaction("BEGIN IMMEDIATE") as transaction:
            yield transaction

    def close(self) -> None:
        """Let go of every connection."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._connections = threading.local()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        with _translated(self._path):
            self._prepare()
            connection = self._connection()
            connection.execute(begin)
            try:
                yield SqliteTransaction(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._connections, "connection", None)
        if connection is None:
            connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
            connection.set_busy_timeout(BUSY_MILLISECONDS)
            connection.execute("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF")
            self._connections.connection = connection
            self._opened.append(connection)
        return connection

    def _prepare(self) -> None:
        with self._preparing:
            if self._ready:
                return
            if not self._path.exists():
                self._make_file()
            self._check_schema()
            self._ready = True

    def _make_file(self) -> None:
        if not self._create:
            raise errors.PortalMissing(f"there is no portal at {self._path}", "make one with: portalctl practice init")
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600))
        self._connection().execute(f"PRAGMA journal_mode=WAL; PRAGMA application_id={APPLICATION_ID}").fetchall()

    def _check_schema(self) -> None:
        connection = self._connection()
        if connection.pragma("application_id") != APPLICATION_ID:
            raise errors.PortalNotAPortal(f"{self._path} is not a portal", "check the path; the file was left as it is")
        version = connection.pragma("user_version")
        latest = migrations("sqlite")[-1].number
        if version > latest:
            raise errors.PortalNewer(
                f"{self._path} was written by a newer portalctl (schema {version}, this one knows {latest})",
                "upgrade portalctl; the file was left untouched",
            )
        if version < latest:
            self._migrate()

    def _migrate(self) -> None:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.pragma("user_version")
            transaction = SqliteTransaction(connection)
            for migration in migrations("sqlite"):
                if migration.number <= version:
                    continue
                transaction.run(migration.sql())
                transaction.run(
                    "INSERT INTO schema_migrations (number, name, checksum) VALUES (:number, :name, :checksum)",
                    number=migration.number,
                    name=migration.name,
                    checksum=migration.checksum(),
                )
                connection.execute(f"PRAGMA user_version={migration.number}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


_TROUBLE: tuple[tuple[type[apsw.Error], Callable[[Path], errors.StorageFailure]], ...] = (
    (
        apsw.BusyError,
        lambda path: errors.PortalBusy(f"{path} is locked by another process", "try again when it has finished"),
    ),
    (
        apsw.FullError,
        lambda path: errors.DiskFull(f"no space left to change {path}", "free some space; nothing was changed"),
    ),
    (
        apsw.NotADBError,
        lambda path: errors.PortalNotAPortal(f"{path} is not a portal", "check the path; the file was left as it is"),
    ),
    (
        apsw.CorruptError,
        lambda path: errors.PortalCorrupt(
            f"{path} is damaged", "the file was left as it is; bring back a backup with: portalctl practice restore FILE"
        ),
    ),
    (
        apsw.ReadOnlyError,
        lambda path: errors.PortalReadOnly(f"{path} cannot be written", "check the owner and mode of the file and folder"),
    ),
)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn the engine's errors into the portal's own, each with what to do."""
    try:
        yield
    except apsw.ConstraintError as error:
        for code, refusal in _LAST_GUARDS.items():
            if code in str(error):
                raise refusal() from None
        raise
    except apsw.Error as error:
        for kind, failure in _TROUBLE:
            if isinstance(error, kind):
                raise failure(path) from error
        raise errors.StorageFailure(f"{path}: {error}", "check the file, its folder and the disk") from error
    except OSError as error:
        raise errors.StorageFailure(f"{path}: {error.strerror}", "check the file, its folder and the disk") from error


_LAST_GUARDS: dict[str, Callable[[], errors.Refused]] = {
    "slot_taken": lambda: errors.SlotTaken("that time is taken", "list free times with: portalctl appointments slots"),
    "client_busy": lambda: errors.ClientBusy("the client has another appointment then", "choose another time"),
}
