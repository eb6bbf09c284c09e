"""The bodies of documents in a backup, proved by their hashes when they go in, when it is done, and when they return.

One that is lost or damaged is named, and the others are backed up all the same.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from portalctl import errors
from portalctl.backends import archive
from portalctl.storage.backup import KeptBody
from portalctl.storage.blobs import FolderBodies, verified
from portalctl.storage.filesystem import sync_folder


def packing(kept: Sequence[KeptBody], folder: Path) -> archive.Documents:
    """What writes each body into an archive."""
    bodies = FolderBodies(folder)

    def put(body: KeptBody, to: IO[bytes]) -> bool:
        try:
            for chunk in bodies.read(body.place, (), body.bytes, body.sha256, 0):
                to.write(chunk)
        except errors.BodyDamaged:
            return False
        return True

    return ((body.place, partial(put, body)) for body in kept)


def prove(packed: Path, kept: Sequence[KeptBody], shown: Path) -> list[str]:
    """Read every body back. The documents whose bodies were not whole. Raises PortalCorrupt where one is not now."""
    damaged = archive.damaged_in(packed)
    for body in kept:
        if body.place not in damaged:
            for _ in _read(packed, body, shown):
                pass
    return [body.document for body in kept if body.place in damaged]


def unpack(packed: Path, kept: Sequence[KeptBody], folder: Path) -> list[str]:
    """Write every body into a new folder. The documents whose bodies were not whole when they were backed up."""
    damaged = archive.damaged_in(packed)
    folder.mkdir(mode=0o700)
    for body in kept:
        if body.place in damaged:
            continue
        file = folder / body.place
        file.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as to:
            for chunk in _read(packed, body, packed):
                to.write(chunk)
            to.flush()
            os.fsync(descriptor)
    return [body.document for body in kept if body.place in damaged]


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


def _read(packed: Path, body: KeptBody, shown: Path) -> Iterator[bytes]:
    try:
        yield from verified(archive.body(packed, body.place), body.bytes, body.sha256, 0, body.place)
    except errors.BodyDamaged:
        raise archive.damaged(shown) from None
