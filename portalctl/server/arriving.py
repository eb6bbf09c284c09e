"""A body of any length as it arrives.

Its pieces are looked at or written in a thread, and the next ones wait for it: neither a large body nor a slow sender
takes more memory than two times PIECE, or holds a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request
from uvicorn.protocols.http.flow_control import FlowControl

PIECE = 1 << 20
"""Bytes of a body that are looked at or written at once."""


class Coming:
    """The rest of a body: its pieces wait here, each as it came, and the connection waits where they are many.

    uvicorn itself stops reading at 64 KiB, and copies what it holds.
    """

    def __init__(self, flow: FlowControl, begin: bytes) -> None:
        self._flow = flow
        self._held = [begin] if begin else []
        self._length = len(begin)
        self._is_due = asyncio.Event()
        self._has_ended = self._is_lost = False

    def put(self, piece: bytes) -> None:
        """Hold what has come."""
        self._held.append(piece)
        self._length += len(piece)
        if self._length >= PIECE:
            self._flow.pause_reading()
            self._is_due.set()

    def end(self) -> None:
        """That was all of it."""
        self._has_ended = True
        self._is_due.set()

    def lose(self) -> None:
        """The sender broke off."""
        self._is_lost = True
        self._is_due.set()

    async def fetched(self) -> AsyncIterator[list[bytes]]:
        """The pieces, PIECE bytes of them or more at a time. Raises ClientDisconnect behind all that came."""
        while True:
            await self._is_due.wait()
            held, self._held, self._length = self._held, [], 0
            has_ended, is_lost = self._has_ended, self._is_lost
            if not (has_ended or is_lost):
                self._is_due.clear()
                self._flow.resume_reading()
            if held:
                yield held
            if has_ended:
                return
            if is_lost:
                raise ClientDisconnect


async def pieces(request: Request) -> AsyncIterator[list[bytes]]:
    """The body, however long, in pieces worth a thread's turn. Raises ClientDisconnect behind all that came."""
    coming: Coming | None = request.scope["portal.streamed"]()
    if coming is not None:
        async for held in coming.fetched():
            yield held
    elif body := await request.body():
        yield [body]
