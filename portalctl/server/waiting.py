"""Questions whose answer may take a while to come: asked again and again in brief queries, between which no thread
waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from portalctl.models.conversations import News
from portalctl.server.site import Site

AGAIN_SECONDS = 1.0
"""How long after a query without an answer the next one comes."""


async def news_of(site: Site, request: Request, ask: Callable[[], Awaitable[News]], seconds: float) -> News:
    """The first news that there are, or that there are none for so many seconds.

    It ends early where the one who asks has gone, or the server stops.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        found = await ask()
        left = end - loop.time()
        if found.arrivals or left <= 0 or site.is_stopping() or await request.is_disconnected():
            return found
        await asyncio.sleep(min(AGAIN_SECONDS, left))
