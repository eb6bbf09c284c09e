"""What every request passes, whatever it asks: who sends it, how often they may, and what is told about it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portalctl import errors
from portalctl.domain.office import hash_token
from portalctl.server import problems
from portalctl.server.logs import frames
from portalctl.server.pages import failure_page
from portalctl.server.rates import Turnstile
from portalctl.server.site import Site
from portalctl.server.standing import EVERYWHERE, OVER_TLS, PERSONAL

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that machines ask by whatever name and as often as they like."""

WENT_AWAY = 499
"""How a request is logged whose sender did not wait."""

Handler = Callable[[Request], Awaitable[ASGIApp]]
"""Finds the answer to a request; an answer is itself an application, which sends it."""


class Gate:
    """The outermost application: hands a request to the portal and makes an answer of whatever comes of it."""

    def __init__(self, site: Site, handler: Handler) -> None:
        self._site = site
        self._handler = handler
        self._turnstile = Turnstile(site.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begin = time.perf_counter()
        request = Request(scope, receive)
        given = dict(scope["headers"])
        request_id = problems.request_id_of(given.get(b"x-request-id", b"").decode("latin-1"))
        scope["portal.request_id"] = request_id
        scope["portal.token"] = _bearer(given.get(b"authorization", b"").decode("latin-1"))
        scope["portal.operation"] = "unknown"
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] += scope.get("portal.fields", ())
                _complete(message["headers"], request_id, is_secure=scope["scheme"] == "https")
            await send(message)

        self._site.metrics.in_flight.inc()
        try:
            answer = await self._find(request)
            await answer(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = WENT_AWAY
        except Exception as error:  # noqa: BLE001  the one place that answers every error
            self._tell(error, scope)
            if not status:
                await self._failed(error, request)(scope, receive, send_with_headers)
        finally:
            self._site.metrics.in_flight.dec()
            self._settle(scope, status, time.perf_counter() - begin)

    async def _find(self, request: Request) -> ASGIApp:
        scope = request.scope
        peer = scope["client"][0] if scope["client"] else None
        headers, senders = request.headers, self._site.senders
        sender = senders.sender(peer, scope["scheme"], headers)
        scope["portal.sender"] = sender
        scope["scheme"] = "https" if sender.is_secure else "http"
        token = scope["portal.token"]
        if scope["path"] not in PROBES:
            senders.check_host(headers)
            scope["portal.session"] = session = hash_token(token) if token is not None else None
            self._turnstile.enter(session, sender.address, self._site.clock)
        return await self._handler(request)

    def _failed(self, error: Exception, request: Request) -> Response:
        """What tells a failure: a page to whoever asks for one, else problem JSON."""
        failure, now, request_id = problems.as_failure(error), self._site.clock(), request.scope["portal.request_id"]
        page = failure_page(request, failure, portal_url=self._site.public_url, request_id=request_id, now=now)
        return page or problems.answer(failure, request_id, now)

    def _settle(self, scope: Scope, status: int, seconds: float) -> None:
        """Count and log what was answered."""
        operation = scope["portal.operation"]
        account = scope.get("portal.account")
        if account is not None and scope.get("portal.session"):
            self._turnstile.know(scope["portal.session"])
        self._site.metrics.count(operation, status, seconds)
        if scope["path"] not in PROBES:
            self._site.log.info(
                "request",
                request_id=scope["portal.request_id"],
                operation=operation,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                account=account,
            )

    def _tell(self, error: Exception, scope: Scope) -> None:
        """Log what is the server's own trouble; a refusal is told by its status."""
        if isinstance(error, errors.PortalError) and not isinstance(error, errors.Bug | errors.StorageFailure):
            return
        if problems.as_failure(error).status >= 500:
            self._site.log.error(
                "failed",
                request_id=scope["portal.request_id"],
                operation=scope["portal.operation"],
                error=type(error).__name__,
                cause=type(error.__cause__).__name__ if error.__cause__ is not None else None,
                at=frames(error),
            )


def _bearer(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return (token.strip() or None) if scheme.lower() == "bearer" else None


def _complete(own: list[tuple[bytes, bytes]], request_id: str, *, is_secure: bool) -> None:
    names = {name for name, _ in own}
    own += EVERYWHERE
    own += [field for field in PERSONAL if field[0] not in names]
    own.append((b"x-request-id", request_id.encode()))
    if is_secure:
        own.append(OVER_TLS)
