"""Fetching documents from a portal: resumed where they broke off, proved by their hash before they get their names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from portalctl import errors
from portalctl.models.documents import Document
from portalctl.models.transfers import SavedFile
from portalctl.models.uploads import Body, OpenBody
from portalctl.transfer.file_names import alike, numbered, safe_name
from portalctl.transfer.landing import Folder
from portalctl.transfer.patience import Patience
from portalctl.transfer.progress import Progress

if TYPE_CHECKING:
    from hashlib import _Hash

    from portalctl.contract.portal import Portal

_CHUNK = 1 << 20


class Names:
    """The names that the files of one run get: no two of them are one on any file system."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """A safe name for a file that somebody called so."""
        plain = chosen = safe_name(name)
        number = 1
        while alike(chosen) in self._taken:
            number += 1
            chosen = numbered(plain, number)
        self._taken.add(alike(chosen))
        return chosen


def save(
    portal: Portal, document: Document, folder: Folder, name: str, *, force: bool, now: datetime, progress: Progress
) -> SavedFile:
    """Save a document in a folder under that very name. Raises Refused where it is taken, NetworkFailure, OSError."""
    folder.check_free(name, force=force)
    with folder.arriving(name) as part:
        fetched = _Fetched(part)
        try:
            body = _whole(portal, document, fetched, progress)
        finally:
            progress.clear()
        folder.finish(name, part, min(now, document.updated_at), force=force)
    return SavedFile(document_id=document.id, file=str(folder.path / name), bytes=fetched.length, sha256=body.sha256)


def pour(portal: Portal, document: Document, target: BinaryIO, progress: Progress) -> None:
    """Write a document to a stream, going on where a connection broke. Raises NetworkFailure, also in its middle."""
    poured = _Poured(target)
    try:
        _whole(portal, document, poured, progress)
    finally:
        progress.clear()
        target.flush()


class _Poured:
    """What has gone into a stream, which cannot begin anew."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.length = 0
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self._target.write(chunk)
        self.digest.update(chunk)
        self.length += len(chunk)

    def begin_anew(self) -> None:
        if self.length:
            raise errors.NetworkFailure("the document changed while it was read", "fetch it again")


class _Fetched:
    """What there is of a file: what an earlier run left is part of it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.length = 0
        self.digest: _Hash = hashlib.sha256()
        for chunk in self._left():
            self.digest.update(chunk)
            self.length += len(chunk)

    def write(self, chunk: bytes) -> None:
        left = memoryview(chunk)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self.digest.update(chunk)
        self.length += len(chunk)

    def begin_anew(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.length, self.digest = 0, hashlib.sha256()

    def _left(self) -> Iterator[bytes]:
        while chunk := os.read(self._descriptor, _CHUNK):
            yield chunk


def _whole(portal: Portal, document: Document, target: _Fetched | _Poured, progress: Progress) -> Body:
    """Fetch what lacks, and prove the whole. Raises NetworkFailure where it does not come, or is something else."""
    patience = Patience()
    known = document.sha256
    may_begin_anew = True
    while True:
        before = target.length
        try:
            body = _more(portal, document, target, known, progress)
        except errors.Retryable as trouble:
            patience.bear(trouble, moved=target.length > before)
            continue
        known = known or body.sha256
        if target.length == body.size and target.digest.hexdigest() == body.sha256:
            return body
        if target.length < body.size and patience.is_left():
            continue
        if not may_begin_anew:
            raise errors.NetworkFailure(
                f"what came of {document.name!r} is not what the portal has: its hash differs", "fetch it again"
            )
        may_begin_anew = False
        target.begin_anew()


def _more(
    portal: Portal, document: Document, target: _Fetched | _Poured, known: str | None, progress: Progress
) -> Body:
    request = OpenBody(id=document.id, offset=target.length if known else 0, sha256=known)
    with portal.open_body(request) as body:
        if body.offset != target.length:
            target.begin_anew()
        for chunk in progress.following(document.name, body.chunks, body.offset, body.size):
            if target.length + len(chunk) > body.size:
                raise errors.NetworkFailure(f"more came of {document.name!r} than there is of it", "fetch it again")
            target.write(chunk)
    return body


def destination(given: str | None, *, many: bool) -> tuple[Path, str | None]:
    """Where to save: a folder, and the file's name in it where one was given. Raises InvalidInput."""
    if given is None:
        return Path(), None
    path = Path(given)
    if path.is_dir() or given.endswith("/"):
        return path, None
    if many:
        raise errors.InvalidInput(f"{given} is no folder", "name a folder for several documents, and make it first")
    return path.parent, path.name
