"""Who keeps a portal file locked, as far as Linux tells."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

WAL_WRITE_LOCK = 120
"""The byte of the `-shm` file that a writer locks, in SQLite's file format."""


class Holder(NamedTuple):
    """A process, by number and by the name of its program where that can be read."""

    pid: int
    program: str | None

    def __str__(self) -> str:
        """The process, as a message names it."""
        return f"process {self.pid}" + (f" ({self.program})" if self.program else "")


def holder_of(path: Path) -> Holder | None:
    """The process that holds the write lock of a SQLite file, if the system shows it."""
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    pid = _holder_in(locks, _identity(Path(f"{path}-shm")), _identity(path))
    return Holder(pid, _program(pid)) if pid else None


def _holder_in(locks: str, shm: str | None, file: str | None) -> int | None:
    """The pid in the text of /proc/locks that writes: by the WAL's lock byte, else by any write lock on the file."""
    for wanted, byte in ((shm, WAL_WRITE_LOCK), (file, None)):
        for line in locks.splitlines() if wanted else ():
            words = line.split()
            if len(words) != 8 or words[3] != "WRITE" or words[5] != wanted:
                continue
            first, last = int(words[6]), float("inf") if words[7] == "EOF" else int(words[7])
            if (byte is None or first <= byte <= last) and int(words[4]) > 0:
                return int(words[4])
    return None


def _identity(path: Path) -> str | None:
    """A file as /proc/locks names it: major, minor and inode."""
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"


def _program(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None
