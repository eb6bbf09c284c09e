"""Backup and restore of a portal in a local file.

A backup is proved before it gets its name, a restore before it touches anything. The portal's key is in neither.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from portalctl import errors
from portalctl.backends import archive, backup_bodies
from portalctl.backends.embedded import documents_folder, portal_path
from portalctl.backends.portal_key import SIZE, key_path
from portalctl.clock import Clock
from portalctl.models.backups import BackupReport, RestoreReport
from portalctl.private_files import read_private, write_private
from portalctl.storage import audit, backup
from portalctl.storage.condition import is_unmade
from portalctl.storage.failures import translated
from portalctl.storage.filesystem import check_links, sync_folder
from portalctl.storage.sqlite import SqliteStore


class Comparison(NamedTuple):
    """A proved backup beside what is in the place of the portal; `difference` is None where that cannot be read."""

    manifest: archive.Manifest
    is_occupied: bool
    difference: backup.Difference | None

    @property
    def consequence(self) -> str:
        """What it means to replace what is there, in a sentence without its end."""
        if self.difference is None:
            return "what is there cannot be read as a portal"
        lost = self.difference.rows_lost
        changes = "1 change" if lost == 1 else f"{lost} changes"
        if self.difference.is_earlier:
            return f"the portal there has {changes} made since the backup was taken"
        return f"the portal there is not the backup's later state, and has {changes} of its own"


def refuse_existing(file: Path) -> None:
    """A backup never replaces anything. Raises InvalidInput."""
    if file.is_symlink() or file.exists():
        raise errors.InvalidInput(f"{file} exists already", "give the name of a new file")


def back_up(store: SqliteStore, file: Path, taken_at: datetime) -> BackupReport:
    """Copy a live portal to one new file, and prove that the file can be restored.

    Raises InvalidInput when it exists, StorageFailure when it cannot be written.
    """
    with translated(file), TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as name:
        duplicate, packed = Path(name, "portal.db"), Path(name, "backup")
        os.close(os.open(duplicate, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        backup.copy(store, duplicate, file)
        contents = backup.look_through(duplicate, store.path)
        kept = backup.bodies_in(duplicate, store.path)
        manifest = archive.Manifest(
            format=archive.FORMAT,
            practice_id=contents.practice_id,
            practice=contents.practice,
            taken_at=taken_at,
            bytes=duplicate.stat().st_size,
            sha256=archive.digest_of(duplicate),
            audit_rows=contents.audit_rows,
            audit_heads=contents.heads,
            documents=len(kept),
        )
        sha256 = archive.write(
            packed, manifest, duplicate, backup_bodies.packing(kept, store, documents_folder(store.path))
        )
        duplicate.unlink()
        damaged = _prove(packed, Path(name, "again.db"), file)
        size = packed.stat().st_size
        _name(packed, file)
    return BackupReport(
        file=str(file),
        practice=manifest.practice,
        taken_at=taken_at,
        bytes=size,
        sha256=sha256,
        audit_rows=manifest.audit_rows,
        documents=manifest.documents,
        damaged=damaged,
    )


def compare(file: Path, portal_url: str) -> Comparison:
    """Prove a backup and set it beside what is in the place of the portal. Changes nothing.

    Raises InvalidInput, PortalCorrupt, PortalNewer for a file that cannot be restored.
    """
    with _unpacked(file, portal_path(portal_url)) as (manifest, portal, path):
        backup_bodies.prove(file, backup.bodies_in(portal, file), file)
        return _beside(manifest, portal, path)


def restore(file: Path, portal_url: str, *, key: Path | None, replace: bool, clock: Clock) -> RestoreReport:
    """Make a portal of a backup: its sessions ended, its open links revoked.

    Whoever may write the file may do this; nobody has to be signed in. What the portal in place has taken back since,
    a password or a person's access, stays taken back. `key` is a file with the portal's key.

    Raises InvalidInput, PortalCorrupt, PortalNewer for a file that cannot be restored, PracticeExists where there is
    something and `replace` is not given, PortalBusy while another process has the portal open.
    """
    secret = _secret(key)
    now = clock()
    with _unpacked(file, portal_path(portal_url)) as (manifest, portal, path):
        found = _beside(manifest, portal, path)
        if found.is_occupied and not replace:
            raise errors.PracticeExists(
                f"there is something at {path}: {found.consequence}", "put the backup in its place with --replace"
            )
        documents = portal.with_name("documents")
        damaged = backup_bodies.unpack(file, backup.bodies_in(portal, file), documents, documents_folder(path))
        with backup.alone(path) as known:
            sessions, links = _take_back(portal, known, manifest, now)
            aside = _aside(path, now) if found.is_occupied else None
            if aside is not None:
                backup_bodies.keep_aside(documents_folder(path), aside.with_name(f"{aside.name}.documents"))
            backup_bodies.add(documents, documents_folder(path))
            backup.put_in_place(portal, path, aside)
        if secret is not None:
            _put_key(key_path(path), secret, now)
    return RestoreReport(
        portal=portal_url,
        practice=manifest.practice,
        taken_at=manifest.taken_at,
        audit_rows=manifest.audit_rows,
        changes_lost=found.difference.rows_lost if found.difference else None,
        is_earlier=found.difference is not None and found.difference.is_earlier,
        sessions_ended=sessions,
        links_revoked=links,
        replaced=str(aside) if aside else None,
        documents=manifest.documents,
        damaged=damaged,
    )


def _prove(packed: Path, again: Path, shown: Path) -> list[str]:
    """Read a finished archive back as a restore would. The documents that are not whole in it. Raises PortalCorrupt."""
    manifest = archive.read(packed)
    archive.unpack(packed, manifest, again)
    _expect(manifest, again, shown)
    return backup_bodies.prove(packed, backup.bodies_in(again, shown), shown)


def _expect(manifest: archive.Manifest, portal: Path, shown: Path) -> None:
    contents = backup.look_through(portal, shown)
    told = backup.Contents(manifest.practice_id, manifest.practice, manifest.audit_rows, manifest.audit_heads)
    if contents != told:
        raise archive.damaged(shown)


def _name(packed: Path, file: Path) -> None:
    """Give a finished archive its name, which nobody else has taken meanwhile."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        refuse_existing(file)
    packed.replace(file)
    sync_folder(file.parent)


@contextmanager
def _unpacked(file: Path, named: Path) -> Iterator[tuple[archive.Manifest, Path, Path]]:
    """A proved backup's manifest, its portal in a file beside the place where it belongs, and that place."""
    manifest = archive.read(file)
    with translated(named):
        check_links(named)
        path = named.resolve()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as name:
            portal = Path(name, "portal.db")
            archive.unpack(file, manifest, portal)
            _expect(manifest, portal, file)
            yield manifest, portal, path


def _beside(manifest: archive.Manifest, portal: Path, path: Path) -> Comparison:
    is_occupied = _is_occupied(path)
    return Comparison(manifest, is_occupied, backup.compare(portal, path) if is_occupied else None)


def _is_occupied(path: Path) -> bool:
    try:
        return not is_unmade(path)
    except errors.PortalCorrupt:
        return True


def _take_back(
    portal: Path, known: backup.Revocations | None, manifest: archive.Manifest, now: datetime
) -> tuple[int, int]:
    """See that nothing which was taken back lives again, and record it. Says how many sessions and links ended."""
    second = int(now.timestamp())
    store = SqliteStore(portal)
    with store.writing() as transaction:
        sessions, links = backup.take_back(transaction, known, second)
        audit.append(
            transaction,
            chain="practice",
            at=second,
            actor="local",
            role="local",
            action="practice.restore",
            subject=f"backup of {manifest.taken_at:%Y-%m-%dT%H:%M:%SZ}",
        )
    store.close()
    return sessions, links


def _aside(path: Path, now: datetime) -> Path:
    """A free name beside the portal for the file that it replaces."""
    stem = f"{path.name}.replaced-{now:%Y%m%dT%H%M%SZ}"
    number, aside = 1, path.with_name(stem)
    while aside.exists():
        number += 1
        aside = path.with_name(f"{stem}-{number}")
    return aside


def _secret(key: Path | None) -> bytes | None:
    """The key in a file. Raises InvalidInput."""
    if key is None:
        return None
    try:
        secret = key.read_bytes()
    except OSError as error:
        raise errors.InvalidInput(f"{key}: {error.strerror}", "give the copy of the key that you keep") from None
    if len(secret) != SIZE:
        raise errors.InvalidInput(f"{key} is not a portal key: it has {len(secret)} bytes, not {SIZE}", None)
    return secret


def _put_key(path: Path, secret: bytes, now: datetime) -> None:
    """Make it the portal's key; another one that is there is kept beside it."""
    before = read_private(path, lambda _: None)
    if before is not None and before != secret:
        path.rename(_aside(path, now))
    write_private(path, secret)
