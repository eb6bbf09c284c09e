"""What went wrong with a portal file, in the portal's own words."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from portalctl import errors
from portalctl.storage import condition

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def as_failure(error: Exception, path: Path, connection: apsw.Connection | None) -> errors.PortalError | None:
    """The failure that an engine's error means, or None where the error is a mistake of ours, and says so best itself.

    Whatever stored rows make go wrong is looked into: a damaged file can disguise itself as any error.
    """
    if isinstance(error, apsw.ConstraintError):
        return next((refusal() for code, refusal in _LAST_GUARDS.items() if code in str(error)), None)
    if isinstance(error, (apsw.BusyError, apsw.ProtocolError)):
        return _busy(path)
    if isinstance(error, apsw.FullError):
        return disk_full(path)
    if isinstance(error, apsw.ReadOnlyError):
        moved = getattr(error, "extendedresult", 0) == apsw.SQLITE_READONLY_DBMOVED
        return _replaced(path) if moved else read_only(path)
    if isinstance(error, apsw.NotADBError):
        return condition.not_a_portal(path)
    if isinstance(error, (apsw.CorruptError, UnicodeDecodeError)):
        return condition.damaged(path)
    if isinstance(error, (apsw.IOError, apsw.CantOpenError, apsw.PermissionsError)):
        return system_failure(path, connection.system_errno if connection is not None else _reason(path))
    if connection is None or isinstance(error, OSError):
        return None
    if isinstance(error, apsw.Error) and not isinstance(error, apsw.SQLError):
        return None
    return condition.damaged(path) if condition.is_damaged(connection) else None


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the system's and the engine's errors about a file into failures that name it."""
    try:
        yield
    except OSError as error:
        raise system_failure(path, error.errno or 0) from error
    except (apsw.Error, UnicodeDecodeError) as error:
        failure = as_failure(error, path, None)
        if failure is None:
            raise
        raise failure from error


def system_failure(path: Path, number: int) -> errors.StorageFailure:
    """The failure that the system's error number means for a portal file."""
    if number in _FULL:
        return disk_full(path)
    if number == errno.EROFS:
        return read_only(path)
    what = os.strerror(number) if number else "reading or writing failed"
    return errors.StorageFailure(f"{path}: {what}", "check the file, its folder and the disk; nothing was changed")


def not_kept(path: Path, error: OSError) -> errors.StorageFailure:
    """What was changed is there, and a power cut may undo it."""
    return errors.StorageFailure(
        f"{path}: {error.strerror or error}: a power cut may undo what was changed just now",
        "check the disk, then give the command again",
    )


def _reason(path: Path) -> int:
    """Why the file could not be opened."""
    return 0 if os.access(path, os.R_OK) else errno.EACCES


def disk_full(path: Path) -> errors.DiskFull:
    """There is no room for a change."""
    return errors.DiskFull(f"no space left to change {path}", "free some space; nothing was changed")


def read_only(path: Path) -> errors.PortalReadOnly:
    """The file or its folder cannot be written."""
    return errors.PortalReadOnly(f"{path} cannot be written", "check the owner and mode of the file and of its folder")


def _busy(path: Path) -> errors.PortalBusy:
    from portalctl.storage.lock_holder import holder_of

    holder = holder_of(path) or "another process"
    return errors.PortalBusy(f"{path} is locked by {holder}", "try again when that has finished; nothing was changed")


def _replaced(path: Path) -> errors.PortalBusy:
    return errors.PortalBusy(f"{path} was replaced meanwhile", "nothing was changed; try again")


_LAST_GUARDS: dict[str, Callable[[], errors.Refused]] = {
    "slot_taken": lambda: errors.SlotTaken("that time is taken", "list free times with: portalctl appointments slots"),
    "client_busy": lambda: errors.ClientBusy("the client has another appointment then", "choose another time"),
}
