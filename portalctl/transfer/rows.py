"""The rows of a table that somebody wrote, in CSV or JSON Lines: each with its line, or with what is wrong with it.

No line is longer in memory than a row needs, and one that cannot be read does not keep the others from being read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import BinaryIO, NamedTuple

from portalctl import errors

LONGEST_LINE = 64 << 10
LONGEST = 256 << 20
"""Bytes of a line, and of all of them."""

_BOM = b"\xef\xbb\xbf"
_SEPARATORS = ",;\t"


class Row(NamedTuple):
    """One row: the line on which it begins, and its cells, one for each column that is known; or what is wrong."""

    line: int
    cells: tuple[str, ...] | None
    column: str = "cells"
    problem: str = ""


class Unreadable(Exception):
    """A line that cannot be read; the next may be."""


class Lines:
    """The lines of a file, as text in which bytes that are no UTF-8 are kept as surrogates."""

    def __init__(self, stream: BinaryIO, seen: Callable[[bytes], object]) -> None:
        self._stream = stream
        self._seen = seen
        self._length = 0
        self.number = 0
        self.first = self._next()
        if "\0" in self.first:
            raise errors.InvalidInput("the manifest is not UTF-8", "save it as UTF-8, which Excel calls CSV UTF-8")
        self._held: str | None = self.first

    def __iter__(self) -> Lines:
        """Line by line; what is too long is raised as Unreadable, and gone past."""
        return self

    def __next__(self) -> str:
        """The next line."""
        if self._held is not None:
            line, self._held = self._held, None
        else:
            line = self._next()
        if not line:
            raise StopIteration
        return line

    def _next(self) -> str:
        line = self._read(LONGEST_LINE + 1)
        if line:
            self.number += 1
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = self._read(LONGEST_LINE)
            raise Unreadable(f"the line is longer than {LONGEST_LINE >> 10} KiB")
        return (line.removeprefix(_BOM) if self.number == 1 else line).decode("utf-8", "surrogateescape")

    def _read(self, most: int) -> bytes:
        line = self._stream.readline(most)
        self._length += len(line)
        if self._length > LONGEST:
            raise errors.InvalidInput(f"a manifest has at most {LONGEST >> 20} MiB", "send the files in several runs")
        self._seen(line)
        return line


def csv_rows(lines: Lines, known: Sequence[str], checked: Callable[[Sequence[str]], object]) -> Iterator[Row]:
    """The rows of a CSV file, whose first line names the columns: `checked` is asked about them."""
    separator = max(_SEPARATORS, key=lines.first.count)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    columns = [name.strip().lower().replace("-", "_").replace(" ", "_") for name in _first(reader)]
    checked(columns)
    in_order = itemgetter(*(columns.index(name) if name in columns else -1 for name in known))
    while True:
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (Unreadable, csv.Error) as error:
            yield Row(line, None, problem=f"{error}")
            continue
        if not any(cells):
            continue
        if len(cells) == len(columns):
            cells.append("")  # what a column has that is not there
            yield Row(line, in_order(cells))
        else:
            told = f"it has {len(cells):,} cells, and the first line names {len(columns)} columns"
            yield Row(line, None, problem=f"{told}: every row has as many, also when they are empty")


def _first(reader: Iterator[list[str]]) -> list[str]:
    try:
        return next(reader, [])
    except csv.Error as error:
        raise errors.InvalidInput(f"the first line of the manifest cannot be read: {error}", "see --template") from None


def json_rows(lines: Lines, known: Iterable[str]) -> Iterator[Row]:
    """The rows of a JSON Lines file: objects whose names are among those `known`, and whose values are text."""
    columns = dict.fromkeys(known, "")
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except Unreadable as error:
            yield Row(lines.number, None, problem=str(error))
            continue
        if not line.strip():
            continue
        try:
            told = decoder.decode(line.strip())
        except (ValueError, RecursionError) as error:
            yield Row(lines.number, None, problem=f"it is no JSON object: {error}")
            continue
        yield _row(lines.number, told, columns)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def _row(line: int, told: object, columns: Mapping[str, str]) -> Row:
    if not isinstance(told, dict):
        return Row(line, None, problem="it is no JSON object")
    cells = dict(columns)
    for name, value in told.items():
        column = name.replace("-", "_")
        if column not in columns:
            return Row(line, None, str(name), f"there is no such column: choose from {', '.join(columns)}")
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif value is None:
            value = ""
        if not isinstance(value, str):
            return Row(line, None, column, "its value is no text")
        cells[column] = value
    return Row(line, tuple(cells.values()))
