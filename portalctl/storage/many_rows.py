"""One statement that adds many rows, made of one that adds a row: what a statement sets up is set up once for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from portalctl.storage.engine import Row

_ADDS_A_ROW = re.compile(r"(INSERT INTO [^:]* VALUES )(\([^()]*\))( ON CONFLICT [^:]* DO NOTHING)?")
"""Rows that change others where they conflict are added one by one: an engine may refuse to change a row twice."""


class ManyRows(NamedTuple):
    """A statement that adds so many rows, and the names of the values that it takes for each, in order."""

    sql: str
    names: tuple[str, ...]
    at_once: int

    def values(self, rows: Sequence[Row]) -> Iterator[list[Any]]:
        """The values for each time that it is executed; a rest of fewer rows is left out."""
        for start in range(0, len(rows) - self.at_once + 1, self.at_once):
            yield [row[name] for row in rows[start : start + self.at_once] for name in self.names]


@lru_cache(maxsize=100)
def many_rows(sql: str, at_once: int, place: Callable[[int], str]) -> ManyRows | None:
    """The same for so many rows as for one, or None where it cannot be said so. `place` writes where a value stands."""
    found = _ADDS_A_ROW.fullmatch(sql)
    if found is None:
        return None
    number = 0

    def numbered(_: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return place(number)

    values = ", ".join(re.sub(r":\w+", numbered, found[2]) for _ in range(at_once))
    return ManyRows(f"{found[1]}{values}{found[3] or ''}", tuple(re.findall(r":(\w+)", found[2])), at_once)
