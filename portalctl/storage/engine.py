"""What every engine offers the queries: transactions over portable SQL with `:name` parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

Row = dict[str, Any]


class Transaction(ABC):
    """One open transaction. What it did is there, or not, as a whole."""

    @abstractmethod
    def all(self, sql: str, **parameters: Any) -> list[Row]:
        """Every row."""

    @abstractmethod
    def run(self, sql: str, **parameters: Any) -> int:
        """Execute, and say how many rows changed."""

    @abstractmethod
    def hold(self, *names: str) -> None:
        """Hold these names alone until the transaction ends, waiting for whoever holds one of them.

        What is read afterwards is what the others left. Names are taken in order, so that two who want the same
        names never wait for each other; a transaction that holds in several steps takes people (`staff:ID`,
        `client:ID`, `account:ID`) before audit chains (`chain:ID`).
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
    def writing(self) -> AbstractContextManager[Transaction]:
        """A transaction that alone may change the database; an exception undoes it whole."""

    @abstractmethod
    def close(self) -> None:
        """Let go of every connection."""
