"""What machines ask: whether the process lives, whether the portal can be used, the figures, and what can be asked."""

from __future__ import annotations

import ipaddress
from functools import cache
from json import dumps

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portalctl import errors
from portalctl.server.describe import openapi
from portalctl.server.metrics import MEDIA_TYPE
from portalctl.server.problems import NoSuchOperation
from portalctl.server.routes import Route
from portalctl.server.site import Site
from portalctl.storage import outbox


def routes(site: Site) -> list[Route]:
    """Beside the contract, and no part of it."""

    async def alive(request: Request, path: dict[str, str]) -> Response:  # noqa: ARG001  every endpoint takes them
        return JSONResponse({"status": "alive"})

    async def ready(request: Request, path: dict[str, str]) -> Response:  # noqa: ARG001
        try:
            await site.call(site.store.check)
        except errors.PortalError as failure:
            return JSONResponse({"status": "not ready", "code": failure.code}, 503, {"Retry-After": "2"})
        return JSONResponse({"status": "ready"})

    async def metrics(request: Request, path: dict[str, str]) -> Response:  # noqa: ARG001
        if not _may_read_figures(site, request):
            raise NoSuchOperation("the portal has no such operation", "figures are read from the server's own machine")
        try:
            now = await site.call(_momentary, site)
        except errors.PortalError:
            now = {"portal_ready": 0.0}
        return Response(site.metrics.page(now), media_type=MEDIA_TYPE)

    async def description(request: Request, path: dict[str, str]) -> Response:  # noqa: ARG001
        page = await site.call(_page, site.public_url)
        return Response(page, media_type="application/json", headers={"Cache-Control": "public, max-age=300"})

    return [
        Route("server.alive", "GET", "/healthz", alive),
        Route("server.ready", "GET", "/readyz", ready),
        Route("server.metrics", "GET", "/metrics", metrics),
        Route("server.description", "GET", "/openapi.json", description),
    ]


@cache
def _page(public_url: str) -> bytes:
    """The description, made when it is first asked for."""
    return dumps(openapi(public_url)).encode()


def _may_read_figures(site: Site, request: Request) -> bool:
    sender = request.scope["portal.sender"]
    if sender.is_here:
        return True
    address = ipaddress.ip_address(sender.address) if sender.address != "local" else None
    return address is not None and any(address in network for network in site.metrics_from)


def _momentary(site: Site) -> dict[str, float]:
    with site.store.reading() as transaction:
        waiting, overdue = outbox.queue(transaction, int(site.clock().timestamp()))
    return {"portal_ready": 1.0, "portal_outbox_waiting": waiting, "portal_outbox_overdue_seconds": overdue}
