"""What every request passes, whatever it asks: its id, its sender's address, and the headers of every answer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portalctl import __version__
from portalctl.server import problems
from portalctl.server.pages import failure_page
from portalctl.server.site import Site

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

STANDING = [
    (b"portal-version", __version__.encode()),
    (b"server", b"portalctl"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
"""Headers of every answer."""

UNLESS_GIVEN = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""Headers of an answer that does not bring its own."""

Handler = Callable[[Request], Awaitable[ASGIApp]]
"""Finds the answer to a request; an answer is itself an application, which sends it."""


class Gate:
    """The outermost application: hands a request to the portal and makes an answer of whatever comes of it."""

    def __init__(self, site: Site, handler: Handler) -> None:
        self._site = site
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        scope["portal.request_id"] = request_id = _request_id(request.headers.get("x-request-id", ""))
        scope["portal.address"] = scope["client"][0] if scope["client"] else "local"
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = message["headers"]
                names = {name for name, _ in own}
                own += STANDING
                own += [each for each in UNLESS_GIVEN if each[0] not in names]
                own.append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            answer = await self._handler(request)
            await answer(scope, receive, send_with_headers)
        except Exception as error:
            if started:
                raise
            failure, now = problems.as_failure(error), self._site.clock()
            page = failure_page(request, failure, portal_url=self._site.public_url, request_id=request_id, now=now)
            failed = page or problems.answer(failure, request_id, now)
            await failed(scope, receive, send_with_headers)


def _request_id(given: str) -> str:
    return given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
