"""The portal as an ASGI application."""

from __future__ import annotations

from importlib import import_module

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Router
from starlette.types import ASGIApp

from portalctl.contract.binding import answer_type, every_operation
from portalctl.contract.portal import NOUNS
from portalctl.models.batches import AddedFile, AddFile
from portalctl.server import batches, health, pages, problems, streams, tus, uploads, webhooks
from portalctl.server.gate import Gate
from portalctl.server.problems import MethodNotAllowed, NoSuchOperation
from portalctl.server.routes import Routes, derive
from portalctl.server.site import Site


def create_app(site: Site) -> ASGIApp:
    """The application that serves a portal to whoever reaches it over HTTP."""
    _prepare()
    derived = derive(site)
    by_hand = [*uploads.routes(site, derived), *streams.routes(site), *batches.routes(site), *health.routes(site)]
    by_hand += webhooks.routes(site)
    routes = Routes([*derived, *by_hand])

    browsed = Router(pages.routes(site), redirect_slashes=False)

    async def handle(request: Request) -> ASGIApp:
        method, raw_path = request.method, request.scope["raw_path"].decode("ascii")
        is_upload = raw_path.startswith(tus.UNDER)
        if is_upload:
            request.scope["portal.fields"] = [(b"tus-resumable", tus.VERSION.encode())]
            method = tus.method(request)
            if method != "OPTIONS":
                tus.check_version(request, is_needed=False)
        try:
            route, path = routes.find(method, raw_path)
        except NoSuchOperation:
            if any(page.matches(request.scope)[0] is not Match.NONE for page in browsed.routes):
                request.scope["portal.operation"] = "page"
                return browsed
            raise
        except MethodNotAllowed as refusal:
            if request.method != "OPTIONS":
                raise
            told = problems.headers(refusal, site.clock()) | (tus.OPTIONS if is_upload else {})
            return Response(status_code=204, headers=told)
        request.scope["portal.operation"] = route.key
        return await route.endpoint(request, path)

    return Gate(site, handle)


def _prepare() -> None:
    """Load and build now what else the first requests would wait for, several threads at once."""
    for name in (*NOUNS, "batches", "document_kinds", "file_content", "quotas"):
        import_module(f"portalctl.domain.{name}")
    for model in (AddFile, AddedFile):
        model.model_rebuild()
    for one in every_operation().values():
        answer_type(one).rebuild()
        if one.request is not None:
            one.request.model_rebuild()
