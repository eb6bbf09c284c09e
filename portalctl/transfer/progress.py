"""How far a transfer is: one line on stderr that is written over, on a terminal only."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import Protocol, TextIO

_PAUSE = 0.1
"""Seconds between two lines at the least."""


class Following(Protocol):
    """Whoever is told how far a file is."""

    def following(self, name: str, chunks: Iterable[bytes], begun: int, whole: int) -> Iterator[bytes]:
        """The chunks as they come, the first of them behind as many bytes of the whole as `begun`."""

    def clear(self) -> None:
        """No more comes of it for now."""


class Progress:
    """Tells of one file after the other; of none where there is nothing to tell it on."""

    def __init__(self, stderr: TextIO | None) -> None:
        self._terminal = stderr if stderr is not None and not stderr.closed and stderr.isatty() else None
        self._told_at = 0.0
        self._is_dirty = False

    def following(self, name: str, chunks: Iterable[bytes], begun: int, whole: int) -> Iterator[bytes]:
        """The chunks as they come, telling how many bytes of the whole have passed."""
        passed = begun
        started = time.monotonic()
        for chunk in chunks:
            yield chunk
            passed += len(chunk)
            if self._terminal is not None:
                self._tell(
                    self._terminal, name, passed, whole, (passed - begun) / max(0.001, time.monotonic() - started)
                )

    def clear(self) -> None:
        """Take the line away again."""
        if self._is_dirty and self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
            self._is_dirty = False

    def _tell(self, terminal: TextIO, name: str, passed: int, whole: int, speed: float) -> None:
        now = time.monotonic()
        if now - self._told_at < _PAUSE:
            return
        from portalctl.output.safe import visible

        self._told_at = now
        share = f"{100 * passed // whole:3d} %" if whole else "100 %"
        text = f"{share}  {speed / 1e6:.1f} MB/s  {visible(name)}"
        terminal.write("\r" + _cut(text, _columns(terminal) - 1) + "\x1b[K")
        terminal.flush()
        self._is_dirty = True


def _columns(stream: TextIO) -> int:
    try:
        return max(20, os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError):
        return 80


def _cut(text: str, columns: int) -> str:
    from wcwidth import wcwidth

    width = 0
    for place, character in enumerate(text):
        width += max(0, wcwidth(character))
        if width > columns:
            return text[:place]
    return text
