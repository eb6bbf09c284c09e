"""The file of a backup: a zip with the portal and what is to be known about it, sealed by a checksum of every byte."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from portalctl import errors
from portalctl.models.values import Instant, Record

FORMAT = 2
"""The layout that this program writes; it reads it and older ones."""

_MANIFEST, _PORTAL, _DAMAGED = "manifest.json", "portal.db", "damaged.json"
_DOCUMENTS = "documents/"
_SEAL = b"portalctl backup, sha256 of all before this: "
_DIGITS = 64
_CHUNK = 1 << 20


class Manifest(Record):
    """What a backup says about itself. `audit_heads` has the position and hash of each chain's last row.

    `documents` counts the bodies of documents beside the portal, small ones being in it.
    """

    format: int
    practice_id: str
    practice: str
    taken_at: Instant
    bytes: int
    sha256: str
    audit_rows: int
    audit_heads: dict[str, tuple[int, str]]
    documents: int = 0


Documents = Iterable[tuple[str, Callable[[IO[bytes]], Sequence[str]]]]
"""Files of bodies by their places, each with what writes it and says which of its bodies are not whole."""


def write(archive: Path, manifest: Manifest, portal: Path, documents: Documents = ()) -> str:
    """Make a new archive, readable by its owner alone and safe on disk. Says its SHA-256.

    Bodies that are not whole are listed in it.
    """
    descriptor = os.open(archive, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.comment = _SEAL + b"0" * _DIGITS
            packed.writestr(_member(_MANIFEST, manifest.taken_at), manifest.model_dump_json(indent=2))
            with (
                portal.open("rb") as content,
                packed.open(_member(_PORTAL, manifest.taken_at), "w", force_zip64=True) as to,
            ):
                _copy(content, to)
            damaged: list[str] = []
            for place, put in documents:
                with packed.open(_plain(_DOCUMENTS + place, manifest.taken_at), "w", force_zip64=True) as to:
                    damaged += put(to)
            if damaged:
                packed.writestr(_member(_DAMAGED, manifest.taken_at), json.dumps(damaged))
        sealed = file.seek(-_DIGITS, os.SEEK_END)
        file.seek(0)
        digest = _digest(file, sealed)
        file.seek(sealed)
        file.write(digest.hexdigest().encode())
        digest.update(digest.hexdigest().encode())
        file.flush()
        os.fsync(descriptor)
    return digest.hexdigest()


def read(archive: Path) -> Manifest:
    """Check the seal and read what the archive says about itself.

    Raises InvalidInput for what is no backup, PortalCorrupt for one that is damaged or cut short, PortalNewer.
    """
    if not archive.is_file():
        raise errors.InvalidInput(f"there is no file {archive}", "give a file that `practice backup` made")
    try:
        with archive.open("rb") as file:
            start, size = file.read(64), file.seek(0, os.SEEK_END)
            tail = len(_SEAL) + _DIGITS
            file.seek(max(0, size - tail))
            seal, digits = file.read(len(_SEAL)), file.read(_DIGITS)
            file.seek(0)
            if seal != _SEAL or _digest(file, size - _DIGITS).hexdigest().encode() != digits:
                raise _unsealed(archive, begins_well=_MANIFEST.encode() in start or seal == _SEAL)
    except OSError as error:
        raise errors.InvalidInput(f"{archive}: {error.strerror}", "give a file that `practice backup` made") from None
    try:
        with zipfile.ZipFile(archive) as packed:
            content = packed.read(_MANIFEST)
        version = json.loads(content)["format"]
        if version <= FORMAT:
            return Manifest.model_validate_json(content)
    except (zipfile.BadZipFile, LookupError, TypeError, ValueError):
        raise damaged(archive) from None
    raise errors.PortalNewer(
        f"{archive} was made by a newer portalctl (format {version}, this one knows {FORMAT})",
        "upgrade portalctl; nothing was changed",
    )


def unpack(archive: Path, manifest: Manifest, target: Path) -> None:
    """Write the archive's portal to a new file, readable by its owner alone. Raises PortalCorrupt."""
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        with zipfile.ZipFile(archive) as packed, packed.open(_PORTAL) as content:
            _copy(content, file)
        size = file.tell()
        file.seek(0)
        if size != manifest.bytes or _digest(file, size).hexdigest() != manifest.sha256:
            raise damaged(archive)


def damaged_in(archive: Path) -> set[str]:
    """The bodies that were not whole when the backup was made, by their keys."""
    with zipfile.ZipFile(archive) as packed:
        return set(json.loads(packed.read(_DAMAGED))) if _DAMAGED in packed.namelist() else set()


def body(archive: Path, place: str) -> Iterator[bytes]:
    """A file of bodies in an archive. Raises PortalCorrupt where it is not there."""
    with zipfile.ZipFile(archive) as packed:
        try:
            content = packed.open(_DOCUMENTS + place)
        except KeyError:
            raise damaged(archive) from None
        with content:
            while chunk := content.read(_CHUNK):
                yield chunk


def digest_of(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as content:
        return _digest(content, file.stat().st_size).hexdigest()


def damaged(archive: Path) -> errors.PortalCorrupt:
    """The failure for a backup that is not what it was when it was made."""
    return errors.PortalCorrupt(f"{archive} is damaged or cut short", "take another backup; nothing was changed")


def _unsealed(archive: Path, *, begins_well: bool) -> errors.PortalError:
    if begins_well:
        return damaged(archive)
    return errors.InvalidInput(f"{archive} is not a backup of a portal", "give a file that `practice backup` made")


def _member(name: str, moment: datetime) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, max(moment.timetuple()[:6], (1980, 1, 1, 0, 0, 0)))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def _plain(name: str, moment: datetime) -> zipfile.ZipInfo:
    """A member that is kept as it is: most of what people send is packed already."""
    member = _member(name, moment)
    member.compress_type = zipfile.ZIP_STORED
    return member


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(_CHUNK):
        target.write(chunk)


def _digest(file: IO[bytes], length: int) -> hashlib._Hash:
    """SHA-256 of the next so many bytes."""
    digest = hashlib.sha256()
    while length > 0 and (chunk := file.read(min(_CHUNK, length))):
        digest.update(chunk)
        length -= len(chunk)
    return digest
