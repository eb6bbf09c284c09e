"""Connections to PostgreSQL: made by whoever needs one, kept for the next, thrown away once broken.

A connection speaks libpq's blocking calls with prepared statements: half the work of a psycopg cursor for each.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from psycopg import pq
from psycopg.abc import Transformer as AnyTransformer
from psycopg.adapt import Transformer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portalctl import errors
from portalctl.storage.engine import Row
from portalctl.storage.many_rows import adding
from portalctl.storage.postgres_failures import not_connected
from portalctl.storage.postgres_text import dumped, numbered

PATIENCE = 5.0
"""Seconds to wait for a connection that others use, as for a lock."""

_PREPARED_AT_MOST = 500
"""Statements that one connection keeps."""

_DEFAULTS = {
    "application_name": "portalctl",
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""What a connection is made with where the URL, the environment and the service file say nothing."""

_SETTINGS = {
    "lock_timeout": ("0", "5s"),
    "statement_timeout": ("0", "20s"),
    "idle_in_transaction_session_timeout": ("0", "60s"),
    "plan_cache_mode": ("auto", "force_generic_plan"),
    "random_page_cost": ("4", "1.1"),
    "jit": ("on", "off"),
}
"""What a connection sets where server, database and role leave PostgreSQL's own default, the first of each pair.

Nobody is kept waiting for long; and short statements over indexes are planned once, not each time.
"""

_SETTLE = (
    "SELECT set_config('search_path', quote_ident(:schema) || ', pg_temp', false), set_config('timezone', 'UTC', false)"
    + "".join(
        f", CASE current_setting('{name}') WHEN '{default}' THEN set_config('{name}', '{value}', false) END"
        for name, (default, value) in _SETTINGS.items()
    )
)
_WHERE = "SELECT current_setting('search_path') AS path, current_schema() AS current"


class _Statement(NamedTuple):
    """A statement that a connection has prepared, and how its rows are read once there were some."""

    name: bytes
    parameters: tuple[str, ...]
    reading: list[tuple[tuple[str, ...], AnyTransformer]]


class PostgresConnection:
    """One connection, for one thread at a time."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._pg = connection.pgconn
        self._statements: dict[str, _Statement] = {}
        self.schema = self._settle()
        self.was_kept = False
        """Whether it was used before, so that the server may have gone meanwhile."""
        self.generation = 0
        """Which of the connections that were all let go of at once it belongs to."""

    @property
    def is_broken(self) -> bool:
        """Whether the server is gone."""
        return self._pg.status != pq.ConnStatus.OK

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is under way."""
        return self._pg.transaction_status == pq.TransactionStatus.IDLE

    def command(self, text: bytes) -> bytes:
        """Execute statements without parameters, and say what the last one did. Raises psycopg.Error."""
        return self._checked(self._pg.exec_(text)).command_status or b""

    def run(self, sql: str, parameters: dict[str, Any]) -> int:
        """Execute, and say how many rows changed. Raises psycopg.Error."""
        return self._execute(self._statement(sql, parameters), parameters).command_tuples or 0

    def rows(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        """Every row. Raises psycopg.Error."""
        statement = self._statement(sql, parameters)
        result = self._execute(statement, parameters)
        if not result.ntuples:
            return []
        if statement.reading:
            names, transformer = statement.reading[0]
            transformer.set_pgresult(result, set_loaders=False)
        else:
            transformer = Transformer(self._connection)
            transformer.set_pgresult(result)
            names = tuple((result.fname(column) or b"").decode() for column in range(result.nfields))
            statement.reading.append((names, transformer))
        return transformer.load_rows(0, result.ntuples, lambda values: dict(zip(names, values, strict=True)))

    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        """Execute once for each row's values without waiting for each: how many rows changed. Raises psycopg.Error."""
        names = numbered(sql)[1]
        return self._pipe(sql, [[dumped(row[name]) for name in names] for row in rows])

    def add_many(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], unique: tuple[str, ...]
    ) -> int:
        """Add rows likewise, many with one statement: how many were added. Raises psycopg.Error."""
        statements = adding(table, columns, rows, unique, mark="$")
        return sum(self._pipe(sql, [list(map(dumped, row)) for row in values]) for sql, values in statements)

    def _pipe(self, sql: str, values: Sequence[Sequence[bytes | None]]) -> int:
        """Have a statement executed for each of these values, and then hear what became of it. Raises psycopg.Error."""
        if not values:
            return 0
        statement = self._statement(sql, {})
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        for each in values:
            self._pg.send_query_prepared(statement.name, each)
        self._pg.pipeline_sync()
        results = self._until_sync()
        self._pg.exit_pipeline_mode()
        self._pg.nonblocking = 0
        return sum(self._checked(result).command_tuples or 0 for result in results)

    def _until_sync(self) -> list[pq.abc.PGresult]:
        """What the server said to each statement of a pipeline; the first failure is the last that counts.

        It is waited for outside of libpq, whose wait for a pipeline would be one of all threads.
        """
        results: list[pq.abc.PGresult] = []
        waiting = select.poll()
        waiting.register(self._pg.socket, select.POLLIN | select.POLLOUT)
        while True:
            while not self._pg.is_busy():
                result = self._pg.get_result()
                if result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC:
                    return results
                if result is not None:
                    results.append(result)
            if not self._pg.flush():
                waiting.modify(self._pg.socket, select.POLLIN)
            waiting.poll()
            self._pg.consume_input()

    def close(self) -> None:
        """Let go of it."""
        with suppress(psycopg.Error):
            self._connection.close()

    def _statement(self, sql: str, parameters: dict[str, Any]) -> _Statement:
        """The prepared statement. Each limit has its own: one that the planner does not know means a tenth of all."""
        if "limit" in parameters:
            sql = sql.replace(":limit", str(int(parameters["limit"])))
        known = self._statements.get(sql)
        if known is not None:
            return known
        if len(self._statements) >= _PREPARED_AT_MOST:
            self.command(b"DEALLOCATE ALL")
            self._statements.clear()
        text, names = numbered(sql)
        name = b"s%d" % len(self._statements)
        self._checked(self._pg.prepare(name, text))
        made = _Statement(name, names, [])
        self._statements[sql] = made
        return made

    def _execute(self, statement: _Statement, parameters: dict[str, Any]) -> pq.abc.PGresult:
        values = [dumped(parameters[name]) for name in statement.parameters]
        return self._checked(self._pg.exec_prepared(statement.name, values))  # type: ignore[arg-type]  # None is NULL

    def _checked(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            return result
        error = psycopg.errors.error_from_result(result, encoding="utf-8")
        if error.sqlstate is None and self.is_broken:
            raise psycopg.OperationalError(str(error))
        raise error

    def _settle(self) -> str:
        """Keep to the first schema of the search path, which need not exist yet: nothing falls through to another."""
        (found,) = self.rows(_WHERE, {})
        schema = _first_name(found["path"]) or found["current"] or "public"
        self.rows(_SETTLE, {"schema": schema})
        return schema


class Connections:
    """At most so many connections to one database."""

    def __init__(self, url: str, at_most: int) -> None:
        given = parts_of(url)
        preset = {name: value for name, value in _DEFAULTS.items() if not _is_preset(name)}
        self._conninfo = make_conninfo(**{**preset, **given, "client_encoding": "utf8"})
        self._at_most = at_most
        self._generation = 0
        self._idle: list[PostgresConnection] = []
        self._parents: list[PostgresConnection] = []
        self._free = threading.BoundedSemaphore(at_most)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self.place = _place(given)

    def take(self) -> PostgresConnection:
        """A connection, to be given back. Raises Retryable, StorageFailure."""
        if self._pid != os.getpid():
            self._forget()
        if not self._free.acquire(timeout=PATIENCE):
            raise errors.Retryable(f"every connection to {self.place} is in use", "try again")
        try:
            with self._lock:
                if self._idle:
                    return self._idle.pop()
            return self._connect()
        except BaseException:
            self._free.release()
            raise

    def give_back(self, connection: PostgresConnection) -> None:
        """Keep it for the next one, if it can still be used."""
        with self._lock:
            keep = connection.is_idle and connection.generation == self._generation
            if keep:
                connection.was_kept = True
                self._idle.append(connection)
        if not keep:
            connection.close()
        self._free.release()

    def close(self) -> None:
        """Let go of all: of those in use when they are given back."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._generation += 1
        for connection in idle:
            connection.close()

    def _connect(self) -> PostgresConnection:
        generation = self._generation
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True)
        except psycopg.Error as error:
            raise not_connected(error, self.place) from error
        try:
            made = PostgresConnection(connection)
        except psycopg.Error as error:
            connection.close()
            raise not_connected(error, self.place) from error
        made.generation = generation
        return made

    def _forget(self) -> None:
        """A child of the process that opened them leaves its parent's connections alone."""
        self._parents += self._idle
        self._idle, self._pid = [], os.getpid()
        self._lock, self._free = threading.Lock(), threading.BoundedSemaphore(self._at_most)


def parts_of(url: str) -> dict[str, Any]:
    """What a database's URL says, by libpq's names. Raises InvalidInput, without a word of the URL."""
    try:
        return conninfo_to_dict(url)
    except psycopg.Error:
        raise errors.InvalidInput(
            "the database's URL cannot be read",
            "write postgresql://user@host:port/database, and % signs and spaces in it as %25 and %20",
        ) from None


def _first_name(path: str) -> str | None:
    """The first schema of a search path, if it names one: `"$user"` is nobody's in particular."""
    if path.startswith('"'):
        name = path[1:].replace('""', "\0").partition('"')[0].replace("\0", '"')
    else:
        name = path.partition(",")[0].strip().lower()
    return None if name in ("$user", "") else name


def _is_preset(name: str) -> bool:
    return bool({"application_name": "PGAPPNAME", "connect_timeout": "PGCONNECT_TIMEOUT"}.get(name, "") in os.environ)


def _place(given: dict[str, Any]) -> str:
    """The database, as messages name it."""
    host = given.get("host") or os.environ.get("PGHOST") or "this machine"
    name = given.get("dbname") or os.environ.get("PGDATABASE") or given.get("user") or "default"
    return f"the PostgreSQL database {name!r} on {host}"
