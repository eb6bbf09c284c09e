"""Bringing files to disk while they grow, so that hardly anything is left to wait for when they are whole.

A disk's own cache is emptied when that is asked for, and not before. Asked at the end alone, disk and processor take
turns: all who wait for a file's end wait for all that was ever written.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path


class SyncingAhead:
    """Brings files to disk one after the other, in a thread of its own for as long as there are any.

    One that cannot be brought there is removed: the system tells such a failure once, and whoever goes on with the
    file, in whichever process, must not take it for whole.
    """

    def __init__(self) -> None:
        self._under_way: dict[Path, threading.Event] = {}
        self._turn = threading.Lock()

    def begin(self, path: Path) -> None:
        """Have what is in a file brought to disk, unless that is under way."""
        with self._turn:
            if path in self._under_way:
                return
            is_first = not self._under_way
            self._under_way[path] = threading.Event()
        if is_first:
            threading.Thread(target=self._run, daemon=True, name="syncing").start()

    def wait(self, path: Path) -> None:
        """Wait until nothing of a file is under way."""
        under_way = self._under_way.get(path)
        if under_way is not None:
            under_way.wait()

    def _run(self) -> None:
        path = self._next()
        while path is not None:
            try:
                _sync(path)
            except OSError:
                with suppress(OSError):
                    path.unlink()
            path = self._next(path)

    def _next(self, done: Path | None = None) -> Path | None:
        with self._turn:
            if done is not None:
                self._under_way.pop(done).set()
            return next(iter(self._under_way), None)


def _sync(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # it is whole, and has another name
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
