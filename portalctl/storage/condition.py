"""Whether what lies at a path is a whole portal, found out without changing a byte of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import apsw

from portalctl import errors
from portalctl.storage.migrations import migrations

APPLICATION_ID = 0x706F7274
"""Marks a SQLite file as a portal."""

Stamp = tuple[int, int, int, bool]
"""What changes when somebody writes to a file."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_WAL_HEADER = 32
_RESTORE = "it was left as it is; bring back a backup with: portalctl practice restore FILE"


def check(path: Path, shown: Path | None = None) -> None:
    """See that the file is a portal and that what SQLite left beside it belongs to it. Failures name `shown`.

    The process must have no connection to the file. Raises PortalNotAPortal, PortalCorrupt, PortalNewer.
    """
    shown = shown or path
    if path.stat().st_size == 0:
        raise errors.PortalNotAPortal(
            f"{shown} is empty",
            "make a portal there with: portalctl practice init, or bring back a backup with: restore",
        )
    header = _header(path)
    if not header.startswith(_MAGIC):
        raise not_a_portal(shown)
    if len(header) < _HEADER:
        raise damaged(shown, "is cut short")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise not_a_portal(shown)
    version = int.from_bytes(header[60:64], "big")
    if version > migrations("sqlite")[-1].number:
        raise newer(shown, version)
    if _is_cut_short(path, header) and not has_log(path):
        raise damaged(shown, "is cut short")
    _check_log(path)


def is_unmade(path: Path) -> bool:
    """Whether the file is empty, as a set-up leaves it that was killed at its beginning.

    Raises PortalCorrupt where a log lies beside it: then a portal was there, and its log may be all that is left.
    """
    if path.exists() and path.stat().st_size > 0:
        return False
    if has_log(path):
        raise damaged(path, "is gone, and the log of the portal that was there is left beside it (-wal)")
    return True


def not_a_portal(path: Path) -> errors.PortalNotAPortal:
    """The failure for a file that is something else."""
    return errors.PortalNotAPortal(f"{path} is not a portal", f"check the path; {_RESTORE}")


def damaged(path: Path, how: str = "is damaged") -> errors.PortalCorrupt:
    """The failure for a portal that is broken."""
    return errors.PortalCorrupt(f"{path} {how}", _RESTORE)


def newer(path: Path, version: int) -> errors.PortalNewer:
    """The failure for a portal that a newer portalctl has changed."""
    return errors.PortalNewer(
        f"{path} was written by a newer portalctl (schema {version}, this one knows {migrations('sqlite')[-1].number})",
        "upgrade portalctl; the file was left untouched",
    )


def has_log(path: Path) -> bool:
    """Whether a log with changes lies beside the file."""
    return _size(Path(f"{path}-wal")) > _WAL_HEADER


def open_frozen(path: Path) -> apsw.Connection:
    """A connection that takes the file as one that nobody changes: no locks, no log, nothing made beside it."""
    return apsw.Connection(frozen_uri(path), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def frozen_uri(path: Path) -> str:
    """The name by which SQLite takes a file as one that nobody changes."""
    from urllib.parse import quote

    return f"file:{quote(str(path))}?immutable=1"


def stamp(path: Path) -> Stamp:
    """The file as it is now."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, has_log(path)


def is_damaged(connection: apsw.Connection) -> bool:
    """Whether the schema is not ours any more, or the contents break their rules. Reads the whole database."""
    try:
        if connection.pragma("user_version") == migrations("sqlite")[-1].number and _schema(connection) != _shipped():
            return True
        return not is_whole(connection, "quick_check")
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, UnicodeDecodeError):
        return True
    except apsw.Error:
        return False


def is_whole(connection: apsw.Connection, check: str) -> bool:
    """Whether structure and references hold, by `quick_check` or `integrity_check`."""
    return connection.pragma(check, 1) == "ok" and not connection.execute("PRAGMA foreign_key_check").fetchone()


def _schema(connection: apsw.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))


def _shipped() -> set[tuple[str, str]]:
    memory = apsw.Connection(":memory:")
    for migration in migrations("sqlite"):
        memory.execute(migration.sql()).fetchall()
    return _schema(memory)


def _header(path: Path) -> bytes:
    """The first bytes, read by SQLite's own means, which keep the locks of the process."""
    file = apsw.VFSFile("", str(path), [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0])
    try:
        return file.xRead(min(_HEADER, file.xFileSize()), 0)
    finally:
        file.xClose()


def _is_cut_short(path: Path, header: bytes) -> bool:
    """Whether pages lack that the header counts. Only a file that keeps a log is told: others grow in place."""
    if header[18] != 2:
        return False
    page = int.from_bytes(header[16:18], "big")
    size = path.stat().st_size
    return page < 512 or size % page != 0 or size < page * int.from_bytes(header[28:32], "big")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _check_log(path: Path) -> None:
    """See that a `-wal` is there if one must be, and is not another database's."""
    log, index = Path(f"{path}-wal"), Path(f"{path}-shm")
    if _is_missing(log, index):
        raise errors.PortalCorrupt(
            f"{log} is missing, and with it the last changes",
            f"{_RESTORE}; to go on without those changes delete {index}",
        )
    if has_log(path) and not _is_vouched_for(log, index) and _is_foreign(path):
        if _is_vouched_for(log, index):
            return
        raise damaged(path, "and the log beside it (-wal) do not belong together")


def _is_missing(log: Path, index: Path) -> bool:
    """Whether the log was taken away: SQLite makes it before its index (`-shm`) and removes it after."""
    if not index.exists():
        return False
    before = index.stat().st_ino
    return not log.exists() and index.exists() and index.stat().st_ino == before


def _is_vouched_for(log: Path, index: Path) -> bool:
    """Whether the index (`-shm`) that a killed or running process left knows this log by its salts.

    A log that is begun again gets the next first salt with its first frame; until then the index has no frames.
    """
    try:
        known = _index_header(index)
        with log.open("rb") as file:
            salts = file.read(_WAL_HEADER)[16:24]
    except OSError:
        return False
    if len(known) < 48 or len(salts) < 8:
        return False
    if int.from_bytes(known[16:20], sys.byteorder) > 0:
        return known[32:40] == salts
    following = (int.from_bytes(salts[:4], "big") + 1) % 2**32
    return known[32:40] == salts or int.from_bytes(known[32:36], "big") == following


def _index_header(index: Path) -> bytes:
    """The first bytes of a `-shm`. The descriptor stays open: closing it would end every lock of this process there."""
    descriptor, inode = _indexes.get(index, (-1, -1))
    if inode != index.stat().st_ino:
        if descriptor >= 0:
            os.close(descriptor)
        descriptor = os.open(index, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        _indexes[index] = (descriptor, os.fstat(descriptor).st_ino)
    return os.pread(descriptor, 48, 0)


_indexes: dict[Path, tuple[int, int]] = {}


def _is_foreign(path: Path) -> bool:
    """Whether the log makes something else of the file than what it was: audit rows vanish, or it is whole no more.

    Looked at with the index in memory and all others locked out, so that nothing beside the file changes. A file that
    another process works on is its business.
    """
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.pragma("locking_mode", "EXCLUSIVE")
        connection.pragma("user_version")
        connection.execute("ATTACH :name AS alone", {"name": frozen_uri(path)})
        return _loses_rows(connection) or not is_whole(connection, "integrity_check")
    except (apsw.BusyError, apsw.ReadOnlyError, apsw.CantOpenError):
        return False
    except (apsw.Error, UnicodeDecodeError):
        return True
    finally:
        connection.close(True)


def _loses_rows(connection: apsw.Connection) -> bool:
    """Whether the log hides the practice or rows of the audit, which are never deleted."""
    try:
        connection.execute(
            "SELECT (SELECT count(*) FROM alone.audit), (SELECT count(*) FROM alone.practice)"
        ).fetchall()
    except (apsw.SQLError, apsw.CorruptError):
        return False
    lost = connection.execute(
        "SELECT EXISTS (SELECT id FROM alone.practice EXCEPT SELECT id FROM main.practice)"
        " OR EXISTS (SELECT chain, position, hash FROM alone.audit EXCEPT SELECT chain, position, hash FROM main.audit)"
    )
    return lost.fetchone() == (1,)
