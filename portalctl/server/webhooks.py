"""What payment providers send by themselves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from portalctl.domain.gateway_events import handle
from portalctl.domain.settling import settle
from portalctl.server.bodies import body_of
from portalctl.server.routes import Route
from portalctl.server.site import Site

PATH = "/webhooks/stripe"


def routes(site: Site) -> list[Route]:
    """Where Stripe sends its events: the sender proves themselves by the signature, and has no session."""

    async def stripe_event(request: Request, path: dict[str, str]) -> Response:  # noqa: ARG001  every endpoint takes them
        payload = await body_of(request, site.limits)
        signature = request.headers.get("stripe-signature", "")
        await site.call_for_payments(handle, site.office(request), payload, signature, settle)
        return Response(status_code=204)

    return [Route("server.stripe_event", "POST", PATH, stripe_event)]
