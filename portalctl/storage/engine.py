"""What every engine offers the queries: transactions over portable SQL with `:name` parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portalctl.storage.audit import Entry

Row = dict[str, Any]


class Lasts(Enum):
    """From when on a power cut leaves a change as it is."""

    BEFORE_SEEN = "before seen"
    """Before anybody sees it: what cannot be kept is undone."""
    BEFORE_TOLD = "before told"
    """Others may see it, and change more, while the disk is waited for: for what is harmless to repeat."""
    LATER = "later"
    """Nobody waits for the disk: a power cut may undo it, as if it had never been."""


class Transaction(ABC):
    """One open transaction. What it did is there, or not, as a whole."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        """What the audit will have of it: chained at its end, so that nobody waits for a chain longer than that."""
        self.usage: dict[str, tuple[int, int]] = {}
        """How many documents and bytes it has added for whom: counted at its end likewise."""
        self.awaited: list[Callable[[], object]] = []
        """What has to have come to its end before this is there, and is waited for last; one that raises undoes it."""

    @abstractmethod
    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Every row."""

    @abstractmethod
    def run(self, sql: str, **parameters: Any) -> int:
        """Execute, and say how many rows changed."""

    @abstractmethod
    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        """Execute once for each row's values, and say how many rows changed in all. The first failure ends it."""

    def add_many(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], *, unique: tuple[str, ...] = ()
    ) -> int:
        """Add rows, each with a value for every column, and say how many were added. The first failure ends it.

        Left out is a row that has the same in the `unique` columns as one that is there. Engines add many at once.
        """
        known = f" ON CONFLICT ({', '.join(unique)}) DO NOTHING" if unique else ""
        return self.run_many(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES (:{', :'.join(columns)}){known}",  # noqa: S608  our own names
            [dict(zip(columns, row, strict=True)) for row in rows],
        )

    @abstractmethod
    def hold(self, *names: str) -> None:
        """Hold these names alone until the transaction ends, waiting for whoever holds one of them.

        What is read afterwards is what the others left. Names are taken in order, so that two who want the same
        names never wait for each other. A transaction that holds in several steps takes them by kind, in this order:
        what it counts (`throttle:NAME`); in one step all that its rule is about (`staff:ID`, `client:ID`, `email:…`,
        `device:ID`, `services`, `body:OWNER`, …), before it changes a row; an `account:ID`; and its audit chains
        (`chain:ID`) at its very end, which the store does.
        """

    @abstractmethod
    def try_hold(self, name: str) -> bool:
        """Hold the name like `hold`, or say at once that another transaction has it."""

    @property
    @abstractmethod
    def skipping_held(self) -> str:
        """What a SELECT of rows to claim ends with, so that those claimed by another transaction are passed over."""

    def one(self, sql: str, **parameters: Any) -> Row | None:
        """The first row, if there is one."""
        rows = self.all(sql, **parameters)
        return rows[0] if rows else None


class Store(ABC):
    """One practice's database."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Transaction]:
        """A transaction that sees one moment and changes nothing."""

    @abstractmethod
    def writing(self, lasts: Lasts = Lasts.BEFORE_SEEN) -> AbstractContextManager[Transaction]:
        """A transaction that alone may change the database; an exception undoes it whole."""

    @abstractmethod
    def check(self) -> None:
        """See that the database answers and that its schema is this program's; nothing changes. Raises StorageFailure,
        Retryable."""

    @abstractmethod
    def close(self) -> None:
        """Let go of every connection."""
