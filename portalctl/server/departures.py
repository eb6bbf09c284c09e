"""Ends connections a few at a time: thousands whose time is up at once keep nobody else waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

BITE = 8
"""How many end in one turn of the event loop: about a millisecond."""

BITE_SECONDS = 0.008
"""How long the others have then."""


class Departures:
    """The ends that are to come, first come first served."""

    def __init__(self) -> None:
        self._ends: deque[Callable[[], None]] = deque()
        self._is_busy = False

    def add(self, loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
        """Have a connection end soon. One that fails is the event loop's to tell, and holds no other up."""
        self._ends.append(end)
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._bite, loop)

    def _bite(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_busy = bool(self._ends)
        if self._is_busy:
            loop.call_later(BITE_SECONDS, self._bite, loop)
        for _ in range(min(BITE, len(self._ends))):
            loop.call_soon(self._ends.popleft())
