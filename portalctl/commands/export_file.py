"""The file of an export: a zip of JSON Lines, documents and a calendar, with a manifest of every file's SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from portalctl import errors
from portalctl.models.values import Instant, Record

MANIFEST = "manifest.json"
FORMAT = 1
"""The layout that this program writes; it checks it and older ones."""

_CHUNK = 1 << 20
_LONGEST_MANIFEST = 256 << 20


class Entry(Record):
    """One file of an export."""

    name: str
    bytes: int
    sha256: str


class Manifest(Record):
    """What an export says about itself."""

    format: int
    practice: str
    account_id: str
    exported_at: Instant
    files: list[Entry]


class Packing:
    """An export that is being written. Every file has its hash taken on the way."""

    def __init__(self, packed: zipfile.ZipFile, moment: datetime) -> None:
        self.entries: list[Entry] = []
        self._packed = packed
        self._moment = moment.timetuple()[:6]

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add a file."""
        digest, size = hashlib.sha256(), 0
        member = zipfile.ZipInfo(name, self._moment)
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = 0o600 << 16
        with self._packed.open(member, "w", force_zip64=True) as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        self.entries.append(Entry(name=name, bytes=size, sha256=digest.hexdigest()))


@contextmanager
def packing(target: Path, moment: datetime, *, replace: bool) -> Iterator[Packing]:
    """Write an export: the file is there whole, readable by its owner alone, or it is not there.

    Raises InvalidInput for a file that exists, unless it is to be replaced.
    """
    if not replace and os.path.lexists(target):
        raise errors.InvalidInput(f"there is already a {target}", "choose another name, or replace it with --force")
    part = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                yield Packing(packed, moment)
            file.flush()
            os.fsync(descriptor)
        if replace:
            part.replace(target)
        else:
            os.link(part, target)
    except FileExistsError:
        raise errors.InvalidInput(f"there is already a {target}", "choose another name") from None
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def seal(packing: Packing, practice: str, account_id: str, moment: datetime) -> None:
    """Add the manifest, which names every file before it."""
    manifest = Manifest(
        format=FORMAT,
        practice=practice,
        account_id=account_id,
        exported_at=moment.replace(microsecond=0),
        files=packing.entries,
    )
    packing.add(MANIFEST, [manifest.model_dump_json(indent=1).encode()])


class Checked(NamedTuple):
    """What an export says about itself, and what of it is not so."""

    manifest: Manifest
    faults: list[str]


def check(file: Path) -> Checked:
    """Compare every file of an export with its manifest. Raises InvalidInput for what is no export, PortalNewer."""
    if not file.is_file():
        raise errors.InvalidInput(f"there is no file {file}", "give a file that `account export` made")
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = _manifest(packed, file)
            return Checked(manifest, list(_faults(packed, manifest)))
    except zipfile.BadZipFile:
        raise _no_export(file) from None


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _manifest(packed: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        found = packed.getinfo(MANIFEST)
        if found.file_size > _LONGEST_MANIFEST:
            raise _no_export(file)
        content = json.loads(packed.read(found))
        if isinstance(content, dict) and content.get("format", 0) > FORMAT:
            raise errors.PortalNewer(f"{file} was written by a newer portalctl", "check it with that one")
        return Manifest.model_validate(content)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, OSError):
        raise _no_export(file) from None


def _faults(packed: zipfile.ZipFile, manifest: Manifest) -> Iterator[str]:
    there = [name for name in packed.namelist() if name != MANIFEST]
    promised = {entry.name: entry for entry in manifest.files}
    yield from (f"{name}: is not in the manifest" for name in sorted(set(there) - promised.keys()))
    yield from (f"{name}: is there twice" for name in sorted(promised) if there.count(name) > 1)
    for name, entry in promised.items():
        if name not in there:
            yield f"{name}: is missing"
            continue
        try:
            with packed.open(name) as member:
                is_same = _is(member, entry)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
            is_same = False
        if not is_same:
            yield f"{name}: is not what was exported"


def _is(member: IO[bytes], entry: Entry) -> bool:
    digest, size = hashlib.sha256(), 0
    while chunk := member.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > entry.bytes:
            return False
    return (size, digest.hexdigest()) == (entry.bytes, entry.sha256)


def _no_export(file: Path) -> errors.InvalidInput:
    return errors.InvalidInput(f"{file} is not an export of an account", "give a file that `account export` made")
