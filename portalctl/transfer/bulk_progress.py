"""How far a run of many files is: a bar on a terminal, else a plain line now and then, all on stderr."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from portalctl.models.batch_words import SMALL_FILE

if TYPE_CHECKING:
    from portalctl.transfer.items import Item
    from portalctl.transfer.journal import Ended
    from portalctl.transfer.progress import Following

PATIENCE = 0.5
"""Seconds after which a run shows how far it is: what ends earlier shows only its end."""

PLAIN_PAUSE = 10.0
"""Seconds between two plain lines."""

_NAMES = 2


class Bulk:
    """Counts the files and bytes of a run, and shows how far it is. Threads may tell it."""

    def __init__(self, stderr: TextIO | None, items: Sequence[Item]) -> None:
        self._stderr = stderr if stderr is not None and not stderr.closed else None
        self._files, self._whole = len(items), sum(item.signature.bytes for item in items)
        self._ended, self._bytes = 0, 0
        self._names: list[str] = []
        self._lock = threading.Lock()
        self._shown: _Bar | None = None
        self._told_at = time.monotonic()
        self._is_terminal = self._stderr is not None and self._stderr.isatty()

    def __enter__(self) -> Self:
        """Show it from here on."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away again."""
        with self._lock:
            if self._shown is not None:
                self._shown.close()
            self._stderr = None

    def began(self, path: str) -> None:
        """A file, or the first of some that travel together, is at it now."""
        with self._lock:
            self._names = [*self._names, path.rpartition("/")[2]][-_NAMES:]

    def ended(self, ended: Sequence[Ended]) -> None:
        """Files ended, in whatever way."""
        with self._lock:
            self._ended += len(ended)
            self._bytes += sum(each.item.signature.bytes for each in ended if each.item.signature.bytes <= SMALL_FILE)
            self._show()

    def watched_by(self, go_on: Callable[[], None]) -> Following:
        """Follows one longer file; `go_on` is called at each chunk, and raises where it is to end."""
        return _OneOfThem(self, go_on)

    def passed(self, length: int) -> None:
        """So many bytes of a longer file passed."""
        with self._lock:
            self._bytes += length
            self._show()

    def _show(self) -> None:
        if self._stderr is None:
            return
        now = time.monotonic()
        if self._shown is None and now - self._told_at < (PATIENCE if self._is_terminal else PLAIN_PAUSE):
            return
        if self._is_terminal and self._shown is None:
            self._shown = _Bar.on(self._stderr, self._whole)
            self._is_terminal = self._shown is not None
        if self._shown is not None:
            self._shown.tell(self._bytes, self._counted(), self._names)
        else:
            self._told_at = now
            self._stderr.write(f"{self._counted()}, {self._bytes / 1e6:,.1f} of {self._whole / 1e6:,.1f} MB\n")
            self._stderr.flush()

    def _counted(self) -> str:
        return f"{self._ended:,} of {self._files:,} files"


class _OneOfThem:
    """Follows one file of a run."""

    def __init__(self, bulk: Bulk, go_on: Callable[[], None]) -> None:
        self._bulk = bulk
        self._go_on = go_on

    def following(self, name: str, chunks: Iterable[bytes], begun: int, whole: int) -> Iterator[bytes]:  # noqa: ARG002  the run's bytes are told, not those of one file
        """The chunks as they come."""
        self._bulk.began(name)
        for chunk in chunks:
            self._go_on()
            yield chunk
            self._bulk.passed(len(chunk))

    def clear(self) -> None:
        """Nothing of it stands on a line of its own."""


class _Bar:
    """A bar that draws itself."""

    def __init__(self, progress: Any, task: Any) -> None:
        self._progress = progress
        self._task = task

    @classmethod
    def on(cls, terminal: TextIO, whole: int) -> _Bar | None:
        """A bar, or None on a terminal that cannot go back on a line."""
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.progress import TransferSpeedColumn as Rate
        from rich.table import Column

        console = Console(file=terminal)
        if console.is_dumb_terminal or not console.is_terminal:
            return None
        rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            DownloadColumn(),
            Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[names]}", markup=False, table_column=rest),
            console=console,
            transient=True,
            expand=True,
            refresh_per_second=5,
        )
        task = progress.add_task("", total=whole, names="")
        progress.start()
        return cls(progress, task)

    def tell(self, passed: int, counted: str, names: Sequence[str]) -> None:
        """How far it is."""
        from portalctl.output.safe import visible

        shown = ", ".join(visible(name) for name in names)
        self._progress.update(self._task, completed=passed, description=counted, names=shown)

    def close(self) -> None:
        """Take it away."""
        self._progress.stop()
