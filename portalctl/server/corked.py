"""An answer sent in one go: uvicorn writes its head and its body apart, and each write wakes whoever waits for it."""

from __future__ import annotations

import asyncio
from typing import Any


class Corked:
    """A transport that sends what was written to it when the event loop comes round, all of it at once."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, content: bytes) -> None:
        """Send soon."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(content)

    def close(self) -> None:
        """Send what waits, and end."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """End at once; what waits is lost."""
        self._waiting.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it ends."""
        closing: bool = self._transport.is_closing()
        return closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport says about itself."""
        return self._transport.get_extra_info(name, default)

    def _send(self) -> None:
        if self._waiting:
            content, self._waiting = b"".join(self._waiting), []
            self._transport.write(content)
