"""The connections of this process to portal files: one per thread, and none carried into a forked child.

SQLite's locks belong to the process: a child does not have those that it believes in.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import apsw

from portalctl import errors

OPENING = threading.RLock()
"""Held while a connection is opened, and while a file is looked at before the first is."""

_FileId = tuple[int, int]
_open: weakref.WeakKeyDictionary[apsw.Connection, tuple[int, _FileId]] = weakref.WeakKeyDictionary()


class Connections:
    """The connections to one file. A thread that ends lets go of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        self._mine: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._pid = os.getpid()

    def get(self, connect: Callable[[], apsw.Connection]) -> apsw.Connection:
        """The calling thread's connection; `connect` opens it. Raises StorageFailure in a child of the process."""
        if self._pid != os.getpid():
            raise _forked(self._path)
        connection: apsw.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            with OPENING:
                if any(pid != self._pid for pid in _pids(self._path)):
                    raise _forked(self._path)
                connection = connect()
                _open[connection] = (self._pid, _file_id(self._path))
            self._threads.connection = connection
            self._mine.add(connection)
        return connection

    def drop(self) -> None:
        """Close the calling thread's connection; the next `get` opens another."""
        connection: apsw.Connection | None = getattr(self._threads, "connection", None)
        if connection is not None:
            self._threads.connection = None
            _close(connection)

    def close(self) -> None:
        """Close all. In a child of the process that opened them they are left alone."""
        if self._pid == os.getpid():
            for connection in list(self._mine):
                _close(connection)
            self._mine.clear()
            self._threads = threading.local()


def in_use(path: Path) -> bool:
    """Whether this process has a connection to the file."""
    return bool(_pids(path))


def _pids(path: Path) -> list[int]:
    wanted = _file_id(path)
    return [pid for pid, file in list(_open.values()) if file == wanted]


def _close(connection: apsw.Connection) -> None:
    connection.close(True)
    _open.pop(connection, None)


def _file_id(path: Path) -> _FileId:
    status = path.stat()
    return status.st_dev, status.st_ino


def _forked(path: Path) -> errors.StorageFailure:
    return errors.StorageFailure(
        f"{path} was open when this process was forked, and its locks did not come along",
        "close the portal before forking, or start the process afresh (spawn)",
    )
