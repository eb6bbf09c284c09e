"""Statements that add many rows each: what a statement sets up is set up once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

Values = Sequence[Any]

_AT_ONCE = 100
"""Rows that one statement adds: more make it no quicker, and apsw keeps no statement of more than 16 kB prepared."""


def adding(
    table: str, columns: tuple[str, ...], rows: Sequence[Values], unique: tuple[str, ...], *, mark: str
) -> Iterator[tuple[str, Sequence[Values]]]:
    """The statements that add these rows, each with the values of every time that it is executed.

    A parameter is its number behind the `mark`. Raises ValueError where a row has more or fewer values than columns,
    which would shift those of the rows behind it.
    """
    width = len(columns)
    if not {width}.issuperset(map(len, rows)):
        raise ValueError(f"a row for {table} has not {width} values")
    whole = len(rows) - len(rows) % _AT_ONCE
    if whole:
        values, step = list(chain.from_iterable(rows[:whole])), width * _AT_ONCE
        sql = _statement(table, columns, unique, _AT_ONCE, mark)
        yield sql, [values[start : start + step] for start in range(0, len(values), step)]
    if whole < len(rows):
        yield _statement(table, columns, unique, 1, mark), rows[whole:]


@lru_cache(maxsize=100)
def _statement(table: str, columns: tuple[str, ...], unique: tuple[str, ...], rows: int, mark: str) -> str:
    places, width = [f"{mark}{number}" for number in range(1, rows * len(columns) + 1)], len(columns)
    values = [", ".join(places[start : start + width]) for start in range(0, len(places), width)]
    known = f" ON CONFLICT ({', '.join(unique)}) DO NOTHING" if unique else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({'), ('.join(values)}){known}"  # noqa: S608  our own names
