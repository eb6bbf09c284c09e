"""A manifest: a table that says which file is for which client, read whole before anything is done with it.

It is CSV (with a comma, a semicolon or a tab between cells) or JSON Lines, in UTF-8. Paths are relative to the
manifest's folder and stay within it. Everything that is wrong is kept with its row and column, to be told at once.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from portalctl import errors
from portalctl.models.batch_words import FileKind
from portalctl.transfer.cells import Cells, as_day, as_kind, as_line, as_moment, as_word, as_yes
from portalctl.transfer.checking import Problem
from portalctl.transfer.items import Item, Purpose, Recipient
from portalctl.transfer.plain_files import as_failure, looked_at, signature_of, told_path
from portalctl.transfer.plan import Found
from portalctl.transfer.rows import Lines, Row, Unreadable, csv_rows, json_rows

COLUMNS = (
    *("path", "client", "name", "birth_date", "appointment"),
    *("title", "folder", "kind", "shared_at", "notify"),
)
"""Every column that a manifest may have, in the order of an empty one."""

NEEDED = ("path", "client")

_MANY = 4096
"""Meanings that are kept for the rows that follow: many are for one client, or say the same of their files."""

_Problems = Sequence[tuple[str, errors.PortalError]]
"""What is wrong with a row, by column."""


class Manifest(NamedTuple):
    """What a manifest says: the files to send, and what is wrong with others.

    `others` are the recipients, by row, of files that cannot be sent, so that they can be looked up all the same.
    `stdin` stands for what was read from standard input.
    """

    found: Found
    problems: list[Problem]
    others: list[tuple[int, Recipient]]
    stdin: bytes


def template() -> str:
    """An empty manifest: the line with the names of its columns."""
    return ",".join(COLUMNS)


def read(place: str, stdin: TextIO, *, now: datetime, trust_ids: bool, follow: bool) -> Manifest:
    """Read a manifest, `-` from standard input. With `trust_ids` its rows need nothing but a client's reference.

    Raises InvalidInput for what is no manifest at all.
    """
    digest = hashlib.sha256()
    folder = "" if place == "-" else os.path.dirname(place)  # noqa: PTH120  what is no UTF-8 in it stays as it is
    reading = _Reading(folder, now, trust_ids=trust_ids, follow=follow)
    with _opened(place, stdin) as stream:
        try:
            lines = Lines(stream, digest.update)
        except Unreadable as error:
            raise errors.InvalidInput(f"{place} is no manifest: {error}", "see --template") from None
        for row in _rows(place, lines):
            reading.take(row)
    if not reading.found.items and not reading.problems:
        raise errors.InvalidInput(f"{place} names no files", "write a row for each; see --template")
    return Manifest(reading.found, reading.problems, reading.others, digest.digest() if place == "-" else b"")


def _rows(place: str, lines: Lines) -> Iterator[Row]:
    ending = place.rpartition(".")[2].lower()
    if ending in ("jsonl", "ndjson") or (ending != "csv" and lines.first.lstrip().startswith("{")):
        return json_rows(lines, COLUMNS)
    return csv_rows(lines, COLUMNS, _check_columns)


@contextmanager
def _opened(place: str, stdin: TextIO) -> Iterator[BinaryIO]:
    if place == "-":
        buffer = getattr(stdin, "buffer", None)
        yield buffer if buffer is not None else io.BytesIO(stdin.read().encode("utf-8", "surrogateescape"))
        return
    try:
        opened = Path(place).open("rb")  # noqa: SIM115  it is closed below
    except OSError as error:
        raise errors.InvalidInput(f"{place} cannot be read: {error.strerror}", "name a file, or - for stdin") from None
    with opened:
        try:
            yield opened
        except OSError as error:
            raise errors.InvalidInput(f"{place} cannot be read: {error.strerror}", "check the file") from None


def _check_columns(columns: Sequence[str]) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or len(set(columns)) < len(columns) or not set(NEEDED) <= set(columns):
        missing = [name for name in NEEDED if name not in columns]
        twice = sorted({name for name in columns if columns.count(name) > 1})
        told = [f"there is no column {name[:80]!r}" for name in unknown]
        told += [f"column {name!r} is missing" for name in missing]
        told += [f"column {name!r} stands there twice" for name in twice]
        raise errors.InvalidInput(
            f"row 1 of the manifest: {'; '.join(told)}", f"its columns are: {', '.join(COLUMNS)}; see --template"
        )


class _Reading:
    """Takes row after row, and keeps what it says and what is wrong with it."""

    def __init__(self, folder: str, now: datetime, *, trust_ids: bool, follow: bool) -> None:
        self.found = Found([], [])
        self.problems: list[Problem] = []
        self.others: list[tuple[int, Recipient]] = []
        self._folder = folder
        self._now = now
        self._trust_ids = trust_ids
        self._follow = follow
        self._root = os.path.realpath(folder or ".")
        self._within: dict[str, bool] = {}
        self._row_of: dict[int, int] = {}
        self._whom: dict[tuple[str, ...], tuple[Recipient | None, _Problems]] = {}
        self._what: dict[tuple[str, ...], tuple[Purpose, _Problems]] = {}

    def take(self, row: Row) -> None:
        if row.cells is None:
            self.problems.append(Problem(row.line, row.column, "manifest_not_valid", row.problem))
            return
        purpose, wrong = self._purpose(row.cells[1:])
        item = self._item(row.line, row.cells[0], purpose)
        for column, problem in wrong:
            self.problems.append(Problem(row.line, column, problem.code, f"{problem.message}: {problem.hint}"))
        if item is not None and not wrong:
            self.found.items.append(item)
        elif purpose.recipient is not None:
            self.others.append((row.line, purpose.recipient))

    def _purpose(self, cells: tuple[str, ...]) -> tuple[Purpose, _Problems]:
        """What the cells behind the path say, and what is wrong with them."""
        known = self._what.get(cells)
        if known is None:
            recipient, wrong = self._recipient(cells[:4])
            purpose, also = _purpose(recipient, cells[4:], self._now)
            if len(self._what) >= _MANY:
                self._what.clear()
            known = self._what[cells] = purpose, [*wrong, *also]
        return known

    def _recipient(self, cells: tuple[str, ...]) -> tuple[Recipient | None, _Problems]:
        known = self._whom.get(cells)
        if known is None:
            if len(self._whom) >= _MANY:
                self._whom.clear()
            known = self._whom[cells] = _recipient(cells, trust_ids=self._trust_ids)
        return known

    def _item(self, line: int, written: str, purpose: Purpose) -> Item | None:
        """The file that a row names; None where something is wrong with it."""
        try:
            path = self._whole(written.strip())
            status = os.lstat(path)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
                status = looked_at(path, follow=self._follow)[1]
            self._check_once(line, path, purpose)
        except OSError as error:
            self._wrong(line, as_failure(path, error))
        except errors.PortalError as error:
            self._wrong(line, error)
        else:
            return Item(line, path, signature_of(status), purpose)
        return None

    def _wrong(self, line: int, problem: errors.PortalError) -> None:
        self.problems.append(Problem(line, "path", problem.code, problem.message))

    def _whole(self, written: str) -> str:
        """The path that a cell means. Raises InvalidInput for one that leads out of the manifest's folder."""
        if not written or "\0" in written:
            raise errors.InvalidInput("it names no file", "write its path")
        try:
            path = f"{self._folder}/{written}" if self._folder and written[0] != "/" else written
            folder = path.rpartition("/")[0]
            is_within = self._within.get(folder)
            if is_within is None:
                real = os.path.realpath(folder or ".")
                is_within = self._within[folder] = real == self._root or real.startswith(self._root.rstrip("/") + "/")
        except UnicodeEncodeError:
            raise errors.InvalidInput("it is no path that a file can have", "write it as it is on the disk") from None
        if not is_within or path.endswith(("/..", "/.")):
            raise errors.InvalidInput(
                f"{told_path(written)} lies outside of the manifest's folder", "put the manifest into a folder above it"
            )
        return path

    def _check_once(self, line: int, path: str, purpose: Purpose) -> None:
        client = purpose.recipient.client if purpose.recipient is not None else None
        plain = os.path.normpath(path) if "/." in path or "//" in path or path[0] == "." else path
        first = self._row_of.setdefault(hash((plain, (client or "").casefold())), line)
        if first != line:
            raise errors.InvalidInput(
                f"{told_path(path)} is for the same client in row {first} already", "leave one of the rows out"
            )


def _recipient(cells: tuple[str, ...], *, trust_ids: bool) -> tuple[Recipient | None, _Problems]:
    """For whom a row is; nobody where that cannot be told."""
    reference, name, birth_date, appointment = cells
    found = Cells()
    client = found.read("client", reference, as_word)
    if not reference.strip():
        found.missing("client", "the client's id or e-mail address")
    if not (trust_ids or name.strip() or birth_date.strip()):
        found.missing("name", "the client's name, or their birth date into its column (or say --trust-ids)")
    recipient = Recipient(
        client,
        found.read("name", name, as_word),
        found.read("birth_date", birth_date, as_day),
        found.read("appointment", appointment, as_word),
    )
    return recipient if client is not None else None, found.problems


def _purpose(recipient: Recipient | None, cells: tuple[str, ...], now: datetime) -> tuple[Purpose, _Problems]:
    """What becomes of a row's file."""
    title, folder, kind, shared_at, notify = cells
    found = Cells()
    if not any(cells[1:]):
        return Purpose(recipient, found.read("title", title, as_line)), found.problems
    purpose = Purpose(
        recipient,
        found.read("title", title, as_line),
        found.read("folder", folder, as_line),
        found.read("kind", kind, as_kind) or FileKind.FILE,
        found.read("shared_at", shared_at, lambda text: as_moment(text, now)),
        found.read("notify", notify, as_yes) or False,
    )
    return purpose, found.problems
