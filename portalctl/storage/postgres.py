"""PostgreSQL through psycopg: the engine of a portal that outgrows one machine.

A reading transaction sees one moment (REPEATABLE READ); a writing one reads what is committed (READ COMMITTED), and
holds names alone where it checks before it writes. A practice is a schema, the first of the URL's search path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from portalctl import errors
from portalctl.storage import audit, postgres_schema, usage
from portalctl.storage.engine import Lasts, Row, Store, Transaction
from portalctl.storage.postgres_connections import Connections, PostgresConnection
from portalctl.storage.postgres_failures import as_failure, is_lost, unknown_outcome

_READ = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class PostgresTransaction(Transaction):
    """A transaction on one connection."""

    def __init__(self, connection: PostgresConnection) -> None:
        super().__init__()
        self._connection = connection

    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Every row."""
        return self._connection.rows(sql, parameters)

    def run(self, sql: str, **parameters: Any) -> int:
        """Execute, and say how many rows changed."""
        return self._connection.run(sql, parameters)

    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        """Execute once for each row's values, and say how many rows changed in all."""
        return self._connection.run_many(sql, rows)

    def add_many(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], *, unique: tuple[str, ...] = ()
    ) -> int:
        """Add rows, many with one statement."""
        return self._connection.add_many(table, columns, rows, unique)

    def hold(self, *names: str) -> None:
        """Take the names' locks in order, which end with the transaction."""
        if not names:
            return
        keys = sorted({self._key(name) for name in names})
        places = ", ".join(f"(:key{place})" for place in range(len(keys)))
        self._connection.run(
            f"SELECT pg_advisory_xact_lock(key::bigint) FROM (VALUES {places}) AS held (key)",  # noqa: S608  our own names
            {f"key{place}": key for place, key in enumerate(keys)},
        )

    def try_hold(self, name: str) -> bool:
        """Take the name's lock, or say that another transaction has it."""
        (found,) = self._connection.rows(
            "SELECT pg_try_advisory_xact_lock(:key::bigint) AS taken", {"key": self._key(name)}
        )
        return bool(found["taken"])

    @property
    def skipping_held(self) -> str:
        """Rows that another transaction has locked are passed over, the others locked."""
        return " FOR UPDATE SKIP LOCKED"

    def _key(self, name: str) -> int:
        """The number that stands for a name in this schema: all schemas of a database share their locks."""
        digest = hashlib.sha256(f"{self._connection.schema}\0{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)


class PostgresStore(Store):
    """One practice's schema. Nothing is opened before the first transaction.

    With `create`, the first writing transaction makes schema and tables where they are missing, and brings an older
    portal up to date; otherwise either is refused. A process uses at most so many `connections` at once.
    """

    def __init__(
        self,
        url: str,
        *,
        create: bool = False,
        notify: Callable[[str], None] | None = None,
        connections: int = 8,
    ) -> None:
        self._create = create
        self._notify = notify or (lambda _: None)
        self._connections = Connections(url, connections)
        self._ready = False

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one moment and changes nothing."""
        with self._transaction(_READ) as transaction:
            yield transaction

    @contextmanager
    def writing(self, lasts: Lasts = Lasts.BEFORE_SEEN) -> Iterator[Transaction]:
        """A transaction beside others; an exception undoes it whole. What it checks before it writes, it holds."""
        with self._transaction(_WRITE) as transaction:
            if lasts is Lasts.LATER:
                transaction.run("SET LOCAL synchronous_commit TO off")
            yield transaction

    def check(self) -> None:
        """See that the database answers and that its schema is this program's. Nothing is changed."""
        connection = self._begun(_READ, as_it_is=True)
        try:
            postgres_schema.check(connection, self._connections.place)
        except psycopg.Error as error:
            raise self._failure(error) from error
        finally:
            self._end(connection)

    def close(self) -> None:
        """Let go of every connection, of those in use when they are given back. The next transaction connects again."""
        self._ready = False
        self._connections.close()

    @contextmanager
    def _transaction(self, begin: bytes) -> Iterator[Transaction]:
        connection = self._begun(begin)
        try:
            transaction = PostgresTransaction(connection)
            yield transaction
            for wait in transaction.awaited:  # first: what follows has others wait for chains
                wait()
            usage.settle(transaction)
            audit.seal(transaction)
            self._commit(connection, begin)
        except psycopg.Error as error:
            raise self._failure(error) from error
        finally:
            self._end(connection)

    def _begun(self, begin: bytes, *, as_it_is: bool = False) -> PostgresConnection:
        """A connection in a transaction. Those that a server left behind when it ended are passed over."""
        while True:
            connection = self._connections.take()
            try:
                if not self._ready and not as_it_is:
                    self._prepare(connection, may_change=self._create and begin == _WRITE)
                connection.command(begin)
            except BaseException as error:
                self._end(connection)
                if connection.is_broken and connection.was_kept and isinstance(error, psycopg.Error):
                    self._connections.close()
                    continue
                if isinstance(error, psycopg.Error):
                    raise self._failure(error) from error
                raise
            return connection

    def _prepare(self, connection: PostgresConnection, *, may_change: bool) -> None:
        work = postgres_schema.bring_up_to_date if may_change else postgres_schema.check
        work(connection, self._connections.place)
        self._ready = True

    def _commit(self, connection: PostgresConnection, begin: bytes) -> None:
        try:
            done = connection.command(b"COMMIT")
        except psycopg.Error as error:
            if begin == _READ:
                return
            if is_lost(error):
                raise unknown_outcome(self._connections.place) from error
            raise
        if done != b"COMMIT":
            raise errors.Bug("a change was undone: it went on after one of its steps had failed")

    def _end(self, connection: PostgresConnection) -> None:
        if not connection.is_idle:
            with suppress(psycopg.Error):
                connection.command(b"ROLLBACK")
        self._connections.give_back(connection)

    def _failure(self, error: psycopg.Error) -> Exception:
        """What an error means. Connections that a migration or a change of primaries left behind are let go of."""
        if isinstance(error, (psycopg.errors.FeatureNotSupported, psycopg.errors.ReadOnlySqlTransaction)):
            self._connections.close()
        return as_failure(error, self._connections.place) or error
