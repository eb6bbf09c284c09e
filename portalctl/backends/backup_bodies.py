"""The bodies of documents in a backup, proved by their hashes when they go in, when it is done, and when they return.

One that is lost or damaged is named, and the others are backed up all the same.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import IO

from portalctl import errors
from portalctl.backends import archive
from portalctl.storage import bodies
from portalctl.storage.backup import KeptBody
from portalctl.storage.blobs import FolderBodies, verified
from portalctl.storage.engine import Store
from portalctl.storage.filesystem import sync_folder


def packing(kept: Sequence[KeptBody], store: Store, folder: Path) -> archive.Documents:
    """What writes each file of bodies into an archive. Packs have zeros where nothing is that the backup tells of."""
    there = FolderBodies(folder)

    def put_body(body: KeptBody, to: IO[bytes]) -> list[str]:
        try:
            for chunk in there.read(body.place, (), body.bytes, body.sha256, 0):
                to.write(chunk)
        except errors.BodyDamaged:
            return [body.key]
        return []

    def put_pack(packed: Sequence[KeptBody], to: IO[bytes]) -> list[str]:
        damaged, at = [], 0
        for body in packed:
            content = _packed(body, store, there)
            to.write(bytes((body.starts_at or 0) - at))
            to.write(bytes(body.bytes) if content is None else content)
            at = (body.starts_at or 0) + body.bytes
            damaged += [body.key] if content is None else []
        return damaged

    for place, held in _files(kept):
        yield place, partial(put_body, held[0]) if held[0].starts_at is None else partial(put_pack, held)


def prove(packed: Path, kept: Sequence[KeptBody], shown: Path) -> list[str]:
    """Read every body back. The documents whose bodies were not whole. Raises PortalCorrupt where one is not now."""
    damaged = archive.damaged_in(packed)
    for _, held in _files(kept):
        for _ in _read(packed, held, damaged, shown):
            pass
    return [body.document for body in kept if body.key in damaged]


def unpack(packed: Path, kept: Sequence[KeptBody], folder: Path, there: Path) -> list[str]:
    """Write every body into a new folder. The documents whose bodies were not whole when they were backed up.

    Of such a body in a pack, what is `there` now goes into its place.
    """
    damaged = archive.damaged_in(packed)
    folder.mkdir(mode=0o700)
    for place, held in _files(kept):
        if all(body.key in damaged and body.starts_at is None for body in held):
            continue
        file = folder / place
        file.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as to:
            for chunk in _read(packed, held, damaged, packed):
                to.write(chunk)
            for body in held:
                if body.key in damaged:
                    to.seek(body.starts_at or 0)
                    to.write(_as_it_is(body, FolderBodies(there)))
            to.flush()
            os.fsync(descriptor)
    return [body.document for body in kept if body.key in damaged]


def keep_aside(folder: Path, aside: Path) -> None:
    """Give the bodies that are there a second name beside the portal that is replaced, where a file may have two."""
    if not folder.is_dir():
        return
    try:
        shutil.copytree(folder, aside, copy_function=os.link, ignore=lambda *_: ["uploads"])
    except (OSError, shutil.Error):
        shutil.rmtree(aside, ignore_errors=True)


def add(unpacked: Path, folder: Path) -> None:
    """Put unpacked bodies among those that are there. None of those is lost: what has the same name is the same."""
    for owner in unpacked.iterdir():
        there = folder / owner.name
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in owner.iterdir():
            file.replace(there / file.name)
        sync_folder(there)
    if folder.is_dir():
        sync_folder(folder)
        sync_folder(folder.parent)


def _files(kept: Sequence[KeptBody]) -> Iterator[tuple[str, list[KeptBody]]]:
    """Bodies by the file that they are in."""
    return ((place, list(held)) for place, held in groupby(kept, attrgetter("place")))


def _packed(body: KeptBody, store: Store, there: FolderBodies) -> bytes | None:
    """A body from a pack, or from where it is now if that was written anew since the copy was made; None: damaged."""
    content = _as_it_is(body, there)
    if _is_whole(body, content):
        return content
    with store.reading() as tx:
        now = bodies.get(tx, body.place.partition("/")[0], body.sha256)
    if now is None or now["place"] in (None, body.place):
        return now["content"] if now is not None else None
    if now["starts_at"] is not None:
        content = _as_it_is(body._replace(place=now["place"], starts_at=now["starts_at"]), there)
        return content if _is_whole(body, content) else None
    try:
        return b"".join(there.read(now["place"], (), body.bytes, body.sha256, 0))
    except errors.BodyDamaged:
        return None


def _as_it_is(body: KeptBody, there: FolderBodies) -> bytes:
    """What lies where a body should be in a pack."""
    try:
        return there.from_pack(body.place, body.starts_at or 0, body.bytes)
    except errors.BodyDamaged:
        return b""


def _is_whole(body: KeptBody, content: bytes) -> bool:
    return len(content) == body.bytes and hashlib.sha256(content).hexdigest() == body.sha256


def _read(packed: Path, held: Sequence[KeptBody], damaged: set[str], shown: Path) -> Iterator[bytes]:
    """A file of bodies from an archive, each proved that was whole when it went in. Raises PortalCorrupt."""
    if held[0].starts_at is None:
        if held[0].key not in damaged:
            yield from _read_body(packed, held[0], shown)
        return
    content = b"".join(archive.body(packed, held[0].place))
    for body in held:
        begin = body.starts_at or 0
        if body.key not in damaged and not _is_whole(body, content[begin : begin + body.bytes]):
            raise archive.damaged(shown)
    yield content


def _read_body(packed: Path, body: KeptBody, shown: Path) -> Iterator[bytes]:
    try:
        yield from verified(archive.body(packed, body.place), body.bytes, body.sha256, 0, body.place)
    except errors.BodyDamaged:
        raise archive.damaged(shown) from None
