"""A body of any length as it arrives.

Its pieces are looked at or written in a thread, and the next one waits for it: neither a large body nor a slow sender
takes more memory than one piece, or holds a thread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

PIECE = 1 << 20
"""Bytes of a body that are looked at or written at once."""


async def pieces(request: Request) -> AsyncIterator[list[bytes]]:
    """The body in pieces worth a thread's turn, each as it came; what came before the sender broke off is the last."""
    held: list[bytes] = []
    length = 0
    try:
        async for chunk in request.stream():
            held.append(chunk)
            length += len(chunk)
            if length >= PIECE:
                yield held
                held, length = [], 0
    except ClientDisconnect:
        if length:
            yield held
        raise
    if length:
        yield held
