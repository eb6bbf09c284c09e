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
