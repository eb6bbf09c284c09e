"""The portal as an ASGI application."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from starlette.requests import Request
from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp

from portalctl.contract.binding import answer_type, every_operation
from portalctl.contract.portal import NOUNS
from portalctl.server.gate import Gate
from portalctl.server.problems import NoSuchOperation
from portalctl.server.routes import derive
from portalctl.server.site import Site


def create_app(site: Site) -> ASGIApp:
    """The application that serves a portal to whoever reaches it over HTTP."""
    _prepare()
    routes = derive(site)

    pages = Router(_pages(site), redirect_slashes=False)

    async def handle(request: Request) -> ASGIApp:
        try:
            route, path = routes.find(request.method, request.scope["raw_path"].decode("ascii"))
        except NoSuchOperation:
            if any(page.matches(request.scope)[0] is not Match.NONE for page in pages.routes):
                return pages
            raise
        return await route.endpoint(request, path)

    return Gate(site, handle)


def _pages(site: Site) -> list[Route]:
    if find_spec("portalctl.server.pages") is None:
        return []
    found: list[Route] = getattr(import_module("portalctl.server.pages"), "routes", lambda _: [])(site)
    return found


def _prepare() -> None:
    """Load and build now what else the first requests would wait for, several threads at once."""
    for noun in NOUNS:
        if find_spec(f"portalctl.domain.{noun}") is not None:
            import_module(f"portalctl.domain.{noun}")
    for one in every_operation().values():
        answer_type(one).rebuild()
        if one.request is not None:
            one.request.model_rebuild()
