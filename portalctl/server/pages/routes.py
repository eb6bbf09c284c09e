"""Where the pages are, and what stands between a browser and each: one method to look, one to act."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portalctl.server.pages import devices, forms, front, invites, resets
from portalctl.server.pages.visits import Ask
from portalctl.server.problems import MethodNotAllowed

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from portalctl.server.site import Site

Page = Callable[[Ask], Response]
"""Answers a request for a page, in a thread."""


class PageEndpoint:
    """Answers one path: GET and HEAD look, POST acts where there is a form."""

    def __init__(self, site: Site, look: Page, act: Page | None = None) -> None:
        self._site = site
        self._look = look
        self._act = act

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return await self._site.call(self._look, self._ask(request, None))
        if request.method == "POST" and self._act is not None:
            forms.require_own_site(request.headers, self._site.public_url)
            form = await forms.read_form(request)
            return await self._site.call_slowly(self._act, self._ask(request, form))
        methods = "GET, HEAD, POST" if self._act is not None else "GET, HEAD"
        raise MethodNotAllowed(f"this page does not take {request.method}", f"it takes: {methods}")

    def _ask(self, request: Request, form: dict[str, str] | None) -> Ask:
        office = self._site.office(request)._replace(token=None)
        return Ask(office, request.path_params.get("name", ""), request.query_params, request.cookies, form)


def routes(site: Site) -> list[Route]:
    """Every page of a portal, and the files that pages use."""
    return [
        Route("/", PageEndpoint(site, front.show)),
        Route("/done", PageEndpoint(site, front.show_done)),
        Route("/invite/{name}", PageEndpoint(site, invites.show, invites.redeem)),
        Route("/reset/{name}", PageEndpoint(site, resets.show, resets.redeem)),
        Route("/device", PageEndpoint(site, devices.show, devices.act)),
        Route("/assets/{name}", PageEndpoint(site, front.show_asset)),
    ]
