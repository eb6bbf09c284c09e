"""localstripe on 127.0.0.1 in a process of its own: `python -m tests.gateways.loopback_stripe` says its port.

It ends with its standard input, so that it does not outlive whoever started it.

Its own command listens on all interfaces and writes what it holds to a file that all share; here it does neither. And
where it knows less of Stripe than the program relies on, that is added, as Stripe documents it: idempotency keys, cards
handed in with the publishable key, `allowed_payment_method_types`, `off_session` when a charge is confirmed, cards that
belong to the customer whom they were set up for, lists since a moment, newest first, and pages of Checkout.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiohttp import web
from localstripe import resources
from localstripe.errors import UserError
from multidict import CIMultiDict

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECRET_KEY = "sk_test_portalctl"
PUBLISHABLE_KEY = "pk_test_portalctl"
KEY_WITHOUT_RIGHT = "pk_test_without_right"
"""The publishable key of an account that takes no typed cards."""

WEBHOOK_SECRET = "whsec_portalctl"


class LoopbackStripe(NamedTuple):
    """A localstripe that runs: where, and as which process."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def loopback_stripe() -> Iterator[LoopbackStripe]:
    """Run localstripe until the block ends."""
    command = [sys.executable, "-m", "tests.gateways.loopback_stripe"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield LoopbackStripe(f"http://127.0.0.1:{int(process.stdout.readline())}", process)
        finally:
            process.terminate()


class _Answers:
    """Answers by idempotency key: the same for the same, and a conflict while the first is not there yet."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, bytes]] = {}
        self._running: set[str] = set()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request."""
        key = f"{request.path} {request.headers.get('Idempotency-Key', '')}"
        if request.method != "POST" or "Idempotency-Key" not in request.headers:
            return await handler(request)
        if key in self._running:
            return web.json_response({"error": {"type": "idempotency_error", "message": "in progress"}}, status=409)
        if key not in self._kept:
            self._running.add(key)
            try:
                response = await handler(request)
            finally:
                self._running.discard(key)
            assert isinstance(response, web.Response)
            assert isinstance(response.body, bytes)
            if response.status >= 400 and response.status != 402:
                return response
            self._kept[key] = (response.status, response.body)
        status, body = self._kept[key]
        return web.Response(status=status, body=body, content_type="application/json")


@web.middleware
async def _take_publishable_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A card is handed in with the publishable key, where the account has the right to typed cards."""
    if request.headers.get("Authorization") == f"Bearer {KEY_WITHOUT_RIGHT}":
        message = "Sending credit card numbers directly to the Stripe API is generally unsafe."
        return web.json_response({"error": {"type": "invalid_request_error", "message": message}}, status=402)
    if request.path == "/v1/payment_methods" and request.headers.get("Authorization", "").startswith("Bearer pk_"):
        headers = CIMultiDict(request.headers)
        headers["Authorization"] = f"Bearer {SECRET_KEY}"
        request = request.clone(headers=headers)
    return await handler(request)


def _confirm(id: str, off_session: object = None, **data: Any) -> Any:  # noqa: A002  Stripe's word
    """A charge while the card's owner is away fails where they would have to be there."""
    if str(off_session).lower() != "true":
        return resources.PaymentIntent._api_confirm(id, **data)
    intent = resources.PaymentIntent._api_retrieve(id)
    if intent.status == "requires_confirmation":
        method = resources.PaymentMethod._api_retrieve(intent.payment_method)
        if method._requires_authentication():
            intent.payment_method, intent._authentication_failed = None, True
            message = "Your card was declined. This transaction requires authentication."
            raise UserError(402, message, {"code": "authentication_required", "payment_intent": {"id": id}})
    return resources.PaymentIntent._api_confirm(id, **data)


def _created(kind: Any) -> Callable[..., Any]:
    """Made for the kinds of payment that are allowed."""
    create = kind._api_create

    def api_create(allowed_payment_method_types: list[str] | None = None, **data: Any) -> Any:
        return create(payment_method_types=allowed_payment_method_types, **data)

    return api_create


def _set_up(intent: Any, method: Any) -> None:
    """A card that was set up for a customer is theirs."""
    _attach_pm(intent, method)
    if intent.status == "succeeded":
        method.customer = intent.customer


_attach_pm = resources.SetupIntent._attach_pm


def _listed(kind: Any) -> Callable[..., Any]:
    """Lists what was made since a moment, newest first, page by page."""

    def api_list_all(
        url: str,
        created: Mapping[str, str] | None = None,
        limit: str | None = None,
        starting_after: str | None = None,
        payment_intent: str | None = None,
        charge: str | None = None,
    ) -> Any:
        found = resources.List(url, limit=limit, starting_after=starting_after)
        since = int((created or {}).get("gte", 0))
        found._list = [
            each
            for key, each in reversed(resources.store.items())
            if key.startswith(f"{kind.object}:")
            and each.created >= since
            and (payment_intent is None or each.payment_intent == payment_intent)
            and (charge is None or each.charge == charge)
        ]
        return found

    return api_list_all


def application() -> web.Application:
    """localstripe's own application, brought closer to Stripe where the program relies on it."""
    resources.Store.dump_to_disk = lambda _: None
    resources.PaymentIntent._api_list_all = _listed(resources.PaymentIntent)
    resources.Refund._api_list_all = _listed(resources.Refund)
    resources.PaymentIntent._api_create = _created(resources.PaymentIntent)
    resources.SetupIntent._api_create = _created(resources.SetupIntent)
    resources.SetupIntent._attach_pm = _set_up
    confirm = "/v1/payment_intents/{id}/confirm"
    resources.extra_apis[:] = [
        (method, path, _confirm if path == confirm else function) for method, path, function in resources.extra_apis
    ]
    from localstripe import server

    from tests.gateways import recorded_pages

    answers = _Answers()

    @web.middleware
    async def answer_once(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await answers(request, handler)

    recorded_pages.add(server.app)
    server.app.middlewares.insert(0, _take_publishable_key)
    server.app.middlewares.insert(0, answer_once)
    found: web.Application = server.app
    return found


async def _say_port(runner: web.AppRunner) -> None:
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()


async def _main() -> None:
    runner = web.AppRunner(application(), access_log=None)
    await runner.setup()
    await _say_port(runner)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
