"""HTTP as cheap as a load generator needs it: one request at a time on a connection that is kept."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

PATIENCE = 60.0
"""Seconds after which an answer is given up."""


class Reply(NamedTuple):
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Lost(Exception):
    """The connection ended, or never began, before the answer had come."""


class Connection:
    """A connection to one address, opened when it is needed and again after it was lost."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._port = port
        self._always = f"Host: 127.0.0.1:{port}\r\n" + (f"Authorization: Bearer {token}\r\n" if token else "")
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Reply:
        """Read. Raises Lost."""
        return await self._ask(f"GET {path} HTTP/1.1\r\n{self._always}\r\n".encode())

    async def post(self, path: str, body: dict[str, Any], key: str | None = None) -> Reply:
        """Change. Raises Lost."""
        content = json.dumps(body).encode()
        headers = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        headers += f"Idempotency-Key: {key}\r\n" if key else ""
        return await self._ask(f"POST {path} HTTP/1.1\r\n{self._always}{headers}\r\n".encode() + content)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, request: bytes) -> Reply:
        try:
            async with asyncio.timeout(PATIENCE):
                if self._streams is None:
                    self._streams = await asyncio.open_connection("127.0.0.1", self._port)
                reader, writer = self._streams
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length, closes = _framing(head)
                reply = Reply(int(head[9:12]), await reader.readexactly(length))
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.close()
            raise Lost(repr(error)) from error
        if closes:
            self.close()
        return reply


def _framing(head: bytes) -> tuple[int, bool]:
    """How long the body is, and whether the server hangs up behind it."""
    lowered = head.lower()
    _, _, rest = lowered.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0] or 0), b"\r\nconnection: close" in lowered
