"""Small files that belong to one user: replaced in one step, readable by nobody else, locked while they change."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from portalctl.errors import StorageFailure

_PATIENCE = 5.0
"""Seconds to wait for another process that is changing the same file."""


def read_private(path: Path, say: Callable[[str], None]) -> bytes | None:
    """What the file holds, or None without one. Others lose their access to it, and `say` tells so.

    Raises StorageFailure when it is a link, belongs to somebody else, or cannot be read.
    """
    import stat

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailure(f"{path} cannot be read: {error.strerror}", "it must be a plain file of yours") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise StorageFailure(f"{path} is not a plain file of yours", "look who put it there, then move it away")
        if found.st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
            say(f"Others could read {path}; now only you can.")
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """Replace the file in one step: it holds all of `content` then, or what it held before. Raises StorageFailure."""
    import tempfile

    with _failing_as(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file meanwhile; its folder is made (0700) when missing.

    Raises StorageFailure when the folder cannot be written, or another process holds the file for five seconds.
    """
    import fcntl

    with _failing_as(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
    try:
        with _failing_as(path):
            _wait_for(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), path)
        yield
    finally:
        os.close(descriptor)


def _wait_for(lock: Callable[[], None], path: Path) -> None:
    import time

    until = time.monotonic() + _PATIENCE
    while True:
        try:
            lock()
        except BlockingIOError:
            if time.monotonic() > until:
                raise StorageFailure(
                    f"another process keeps {path} locked", "wait until it ends, then try again"
                ) from None
            time.sleep(0.01)
        else:
            return


@contextmanager
def _failing_as(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailure(
            f"{path} cannot be written: {error.strerror or error}",
            "check its folder and the disk, or set PORTALCTL_HOME to another folder",
        ) from None
