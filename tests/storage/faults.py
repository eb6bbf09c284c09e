"""A disk that fails, or a machine that dies, at a chosen write: SQLite's own files with a fault put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw


class Faults:
    """Counts writes, syncs and truncations, and lets `happen` meet the one numbered `at`, counted from 1."""

    def __init__(self, at: int, happen: Callable[[], None], kinds: frozenset[str]) -> None:
        self.at = at
        self.count = 0
        self._happen = happen
        self._kinds = kinds

    def step(self, kind: str) -> None:
        """Something is about to change the disk."""
        if kind in self._kinds:
            self.count += 1
            if self.count == self.at:
                self._happen()


class _File(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], faults: Faults) -> None:
        super().__init__("unix", name, flags)
        self._faults = faults

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802  the name is SQLite's
        self._faults.step("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802  the name is SQLite's
        self._faults.step("sync")
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802  the name is SQLite's
        self._faults.step("truncate")
        super().xTruncate(newsize)


class _Disk(apsw.VFS):
    def __init__(self, faults: Faults) -> None:
        super().__init__("faulty", "unix", makedefault=True)
        self._faults = faults

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802  SQLite's name
        return _File(name, flags, self._faults)


ALL = frozenset({"write", "sync", "truncate"})


@contextmanager
def fault(at: int, happen: Callable[[], None], kinds: frozenset[str] = ALL) -> Iterator[Faults]:
    """Let it happen at that step of all databases that are opened meanwhile."""
    faults = Faults(at, happen, kinds)
    disk = _Disk(faults)
    try:
        yield faults
    finally:
        disk.unregister()
