"""How an engine would find what a question asks for: its plan, among many rows, on either engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from portalctl.storage.engine import Row, Store, Transaction
from portalctl.storage.postgres_text import numbered
from portalctl.storage.sqlite import SqliteStore
from portalctl.storage.stores import open_store
from tests.postgres import PostgresServer, fresh_schema
from tests.storage.portals import make

Question = Callable[[Transaction], object]
"""Asks storage one thing, by one statement."""

Fill = Callable[[Store], None]
"""Brings many rows into a portal."""


class Listening:
    """A transaction that keeps what it is asked."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Every row."""
        self.asked.append((sql, parameters))
        return self._tx.all(sql, **parameters)

    def one(self, sql: str, **parameters: Any) -> Row | None:
        """The first row, if there is one."""
        rows = self.all(sql, **parameters)
        return rows[0] if rows else None


class Planned(NamedTuple):
    """A statement, and the steps of its plan."""

    sql: str
    steps: list[str]


class OnPostgres(NamedTuple):
    """A portal in PostgreSQL, and a connection that plans as the store's do."""

    store: Store
    planner: psycopg.Connection[Any]

    def plan(self, question: Question) -> str:
        """The plan that is made once for all parameters."""
        with self.store.reading() as tx:
            sql, parameters = _asked(tx, question)
        statement = numbered(sql.replace(":limit", str(parameters.get("limit"))))[0]
        return "\n".join(row[0] for row in self.planner.execute(b"EXPLAIN (GENERIC_PLAN) " + statement))


@contextmanager
def filled_file(folder: Path, fill: Fill) -> Iterator[Store]:
    """A portal file with many rows."""
    store = SqliteStore(make(folder / "portal.db"))
    fill(store)
    yield store
    store.close()


@contextmanager
def filled_database(server: PostgresServer, fill: Fill) -> Iterator[OnPostgres]:
    """The same in PostgreSQL, which has counted its rows."""
    with fresh_schema(server) as url, psycopg.connect(url, autocommit=True) as planner:
        store = open_store(url, create=True)
        fill(store)
        planner.execute("ANALYZE")
        with store.reading() as tx:
            for name in ("random_page_cost", "jit"):
                (row,) = tx.all(f"SELECT current_setting('{name}') AS value")
                planner.execute(f"SET {name} = {row['value']}")
        yield OnPostgres(store, planner)
        store.close()


def plan_of(store: Store, question: Question) -> Planned:
    """How a portal file would find it."""
    with store.reading() as tx:
        sql, parameters = _asked(tx, question)
        return Planned(sql, [row["detail"] for row in tx.all(f"EXPLAIN QUERY PLAN {sql}", **parameters)])


def _asked(tx: Transaction, question: Question) -> tuple[str, dict[str, Any]]:
    listening = Listening(tx)
    question(listening)  # type: ignore[arg-type]  # it asks and nothing more
    (asked,) = listening.asked
    return asked
