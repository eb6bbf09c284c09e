"""The results of a run, kept in a file: one JSON object on each line.

What a file that failed was to become stands under `again`, in the columns of a manifest.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from portalctl import errors
from portalctl.models.batch_words import FileKind, FileStatus
from portalctl.models.batches import BatchSummary
from portalctl.output.json_text import json_text
from portalctl.transfer.items import Item, Purpose, Recipient, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 1 << 30
"""Bytes that such a file may have."""

_BEGINS = re.compile(rb'\Z|\{"(row|status)"')

_HINT = "name a file that --results wrote"


class Again(NamedTuple):
    """A file that failed: its row, and what it was to become."""

    row: int
    path: str
    purpose: Purpose


class Results:
    """Writes results as they come. `items` are those of the run, by their rows."""

    def __init__(self, file: TextIO, items: Mapping[int, Item]) -> None:
        self._file = file
        self._items = items

    def add(self, result: Result) -> Result:
        """Keep what became of a file, and hand it on."""
        told = json_text(result.told())
        item = self._items.get(result.row) if result.status == FileStatus.FAILED else None
        if item is not None:
            told = f'{told[:-1]},"again":{json.dumps(_again(item, result.client_id))}}}'
        self._file.write(told + "\n")
        return result

    def end(self, summary: BatchSummary) -> None:
        """Keep how the run ended."""
        self._file.write(json_text(summary) + "\n")


@contextmanager
def kept_in(path: str, items: Mapping[int, Item]) -> Iterator[Results]:
    """Keep results in a file, readable by its owner only; those of an earlier run in it are replaced.

    Raises Refused for a file that holds something else, InvalidInput for one that cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise errors.InvalidInput(f"{path} cannot be written: {error.strerror}", "name a new file") from None
    with os.fdopen(descriptor, "r+", encoding="ascii", errors="backslashreplace") as file:
        begins = os.pread(descriptor, 9, 0)
        found = os.fstat(descriptor)
        is_own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        if not is_own or not _BEGINS.match(begins):
            raise errors.Refused(f"{path} holds something else than results", "name another file")
        os.fchmod(descriptor, 0o600)
        file.truncate(0)
        yield Results(file, items)


def failed_in(path: str) -> list[Again]:
    """The files that failed, in a file of results. Raises InvalidInput, naming the line, for any other file."""
    try:
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_size > LONGEST:
                raise errors.InvalidInput(f"{path} is too long for results", _HINT)
            return [again for number, line in enumerate(file, 1) if (again := _failed(path, number, line))]
    except OSError as error:
        raise errors.InvalidInput(f"{path} cannot be read: {error.strerror}", _HINT) from None


def _failed(path: str, number: int, line: bytes) -> Again | None:
    try:
        told = json.loads(line)
        if told["status"] != FileStatus.FAILED:
            return None
        return _read(told["row"], told["again"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise errors.InvalidInput(f"{path}, line {number}, is no result of a file", _HINT) from None


def _again(item: Item, client_id: str | None) -> dict[str, Any]:
    purpose, to = item.purpose, item.purpose.recipient or Recipient(None)
    told = {
        "path": str(Path(item.path).absolute()),
        "client": client_id or to.client,
        "name": to.name,
        "birth_date": to.birth_date.isoformat() if to.birth_date else None,
        "title": purpose.title,
        "folder": purpose.folder,
        "appointment": to.appointment,
        "kind": purpose.kind.value,
        "shared_at": purpose.shared_at.isoformat() if purpose.shared_at else None,
        "notify": purpose.notify,
    }
    return {name: value for name, value in told.items() if value is not None}


def _read(row: int, told: dict[str, Any]) -> Again:
    """What is told of a file that failed. Raises KeyError, TypeError, ValueError where that is not what it is."""
    words = {name: told.get(name) for name in ("client", "name", "title", "folder", "appointment")}
    if not isinstance(row, int) or any(word is not None and not isinstance(word, str) for word in words.values()):
        raise TypeError
    born, moment = told.get("birth_date"), told.get("shared_at")
    to = Recipient(words["client"], words["name"], date.fromisoformat(born) if born else None, words["appointment"])
    purpose = Purpose(
        recipient=None if to == Recipient(None) else to,
        title=words["title"],
        folder=words["folder"],
        kind=FileKind(told["kind"]),
        shared_at=datetime.fromisoformat(moment) if moment else None,
        notify=bool(told.get("notify")),
    )
    return Again(row, os.fspath(told["path"]), purpose)
