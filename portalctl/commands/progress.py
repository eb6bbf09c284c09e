"""How far a transfer is: one line on stderr that is written over, on a terminal only."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TextIO

_PAUSE = 0.1
"""Seconds between two lines at the least."""


class Progress:
    """Tells of one file after the other."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr
        self._is_seen = not stderr.closed and stderr.isatty()
        self._told_at = 0.0
        self._is_dirty = False

    def following(self, name: str, chunks: Iterable[bytes], begun: int, whole: int) -> Iterator[bytes]:
        """The chunks as they come, telling how many bytes of the whole have passed."""
        passed = begun
        started = time.monotonic()
        for chunk in chunks:
            yield chunk
            passed += len(chunk)
            if self._is_seen:
                self._tell(name, passed, whole, (passed - begun) / max(0.001, time.monotonic() - started))

    def clear(self) -> None:
        """Take the line away again."""
        if self._is_dirty:
            self._stderr.write("\r\x1b[K")
            self._stderr.flush()
            self._is_dirty = False

    def _tell(self, name: str, passed: int, whole: int, speed: float) -> None:
        now = time.monotonic()
        if now - self._told_at < _PAUSE:
            return
        from portalctl.output.safe import visible

        self._told_at = now
        share = f"{100 * passed // whole:3d} %" if whole else "100 %"
        text = f"{share}  {speed / 1e6:.1f} MB/s  {visible(name)}"
        self._stderr.write("\r" + _cut(text, _columns(self._stderr) - 1) + "\x1b[K")
        self._stderr.flush()
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
