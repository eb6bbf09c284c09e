"""What a mirror remembers: which file each document is in, and what that file was when it was written.

It is a file in the mirror itself, so that the mirror can be moved. Without it nothing is lost: what is there is known
again by its hash.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from portalctl import errors
from portalctl.transfer.file_names import alike
from portalctl.transfer.landing import Folder

NAME = ".portalctl-mirror.jsonl"
DAMAGED = NAME + ".damaged"

_FORMAT = 1


class Entry(NamedTuple):
    """A document's file: the folders it lies in and its name, and its length, hash and time of change as written.

    `version` is the document's; it is empty where the document may have changed since without another one.
    """

    document_id: str
    client_id: str | None
    kind: str
    version: str
    place: tuple[str, ...]
    bytes: int
    sha256: str
    changed_ns: int

    def is_untouched(self, found: os.stat_result) -> bool:
        """Whether a file is as it was written, as far as can be told without reading it."""
        return found.st_size == self.bytes and found.st_mtime_ns == self.changed_ns


class Index:
    """What is known of a mirror, for one run alone."""

    def __init__(self, folder: Folder, descriptor: int, whose: dict[str, str], moment: datetime) -> None:
        self._folder = folder
        self._descriptor = descriptor
        self._whose = whose
        self._moment = moment
        self._entries: dict[str, Entry] = {}
        self._taken: set[tuple[str, ...]] = set()
        self._folders: dict[str, str] = {}
        self.is_damaged = False
        try:
            self._read()
        except (ValueError, TypeError, KeyError):
            self._entries.clear()
            self.is_damaged = True
            folder.put_away(NAME, DAMAGED)
        for entry in self._entries.values():
            self._reserve(entry)

    def of(self, document_id: str) -> Entry | None:
        """What is known of a document."""
        return self._entries.get(document_id)

    def others(self, seen: set[str]) -> Iterator[Entry]:
        """What is known of documents beside these."""
        return iter([entry for entry in self._entries.values() if entry.document_id not in seen])

    def folder_of(self, client_id: str) -> str | None:
        """The folder that a client's documents are in already, whatever the client's name is by now."""
        return self._folders.get(client_id)

    def is_taken(self, place: tuple[str, ...]) -> bool:
        """Whether another document has that place, on any file system."""
        return tuple(map(alike, place)) in self._taken

    def put(self, entry: Entry) -> None:
        """Remember where a document is."""
        self._entries[entry.document_id] = entry
        self._reserve(entry)

    def forget(self, document_id: str) -> None:
        """Know nothing of a document any more."""
        del self._entries[document_id]

    def save(self) -> None:
        """Write it, in place of the one before."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.ftruncate(self._descriptor, 0)
        with open(self._descriptor, "w", encoding="utf-8", closefd=False) as target:
            target.write(json.dumps({"format": _FORMAT, **self._whose}) + "\n")
            for entry in self._entries.values():
                target.write(json.dumps(entry._asdict()) + "\n")
        self._folder.finish(NAME, self._descriptor, self._moment, force=True)

    def _reserve(self, entry: Entry) -> None:
        self._taken.add(tuple(map(alike, entry.place)))
        if entry.client_id is not None and len(entry.place) > 1:
            self._folders[entry.client_id] = entry.place[0]

    def _read(self) -> None:
        """Read what was written last. Raises Refused for what is of another portal or somebody else, and ValueError."""
        if self._folder.state(NAME) is None:
            return
        with self._folder.open(NAME) as source:
            lines = iter(source)
            head = json.loads(next(lines, b""))
            if head["format"] > _FORMAT:
                raise errors.Refused(
                    f"{self._folder.path} was written by a newer portalctl", "use that, or another folder"
                )
            whose = {name: head[name] for name in self._whose}
            if whose != self._whose:
                raise errors.Refused(
                    f"{self._folder.path} holds documents of another portal or of somebody else",
                    "choose another folder",
                )
            for line in lines:
                entry = _entry(json.loads(line))
                self._entries[entry.document_id] = entry


def _entry(found: dict[str, Any]) -> Entry:
    """An entry that was written. Raises ValueError for a place that is none within the mirror."""
    entry = Entry(**{**found, "place": tuple(found["place"])})
    if not entry.place or any(part in ("", ".", "..") or "/" in part or "\0" in part for part in entry.place):
        raise ValueError
    return entry
