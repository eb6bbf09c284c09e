"""Pages of Checkout in setup mode, which localstripe lacks: answers as Stripe's documentation shows them.

`POST /_config/pages/{id}` with a card's `number` stands for its owner, who hands the card in; with `expire` the page's
time is over.
"""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web
from localstripe import resources
from localstripe.errors import UserError
from localstripe.server import get_post_data

from tests.gateways import events

_PAGES: dict[str, dict[str, Any]] = {}

_KNOWN = {
    *("mode", "customer", "allowed_payment_method_types", "success_url", "cancel_url", "metadata"),
    *("currency", "client_reference_id", "expires_at", "locale"),
}


def add(app: web.Application) -> None:
    """Have the application answer for pages too."""
    app.router.add_post("/v1/checkout/sessions", _create)
    app.router.add_get("/v1/checkout/sessions/{id}", _show)
    app.router.add_post("/_config/pages/{id}", _hand_in)


async def _create(request: web.Request) -> web.Response:
    told = await get_post_data(request) or {}
    if told.keys() - _KNOWN or told.get("mode") != "setup" or told.get("allowed_payment_method_types") != ["card"]:
        raise UserError(400, f"Bad request: {sorted(told)}")
    resources.Customer._api_retrieve(told["customer"])
    reference = f"cs_test_{resources.random_id(24)}"
    page = events.page(reference, "open", None)
    now = int(time.time())
    page |= {name: told[name] for name in ("customer", "success_url", "cancel_url")}
    page |= {"metadata": told.get("metadata", {}), "created": now, "expires_at": now + 86_400}
    page["url"] = f"https://checkout.stripe.com/c/pay/{reference}"
    _PAGES[reference] = page
    return web.json_response(page)


async def _show(request: web.Request) -> web.Response:
    page = _found(request)
    if (
        "setup_intent" in request.query.getall("expand[]", request.query.getall("expand[0]", []))
        and page["setup_intent"]
    ):
        page = page | {"setup_intent": resources.SetupIntent._api_retrieve(page["setup_intent"])._export()}
    return web.json_response(page)


async def _hand_in(request: web.Request) -> web.Response:
    page, told = _found(request), await request.json()
    if told.get("expire"):
        page |= {"status": "expired", "url": None}
        return web.json_response(page)
    card = {"number": told["number"], "exp_month": 12, "exp_year": 2035, "cvc": "123"}
    method = resources.PaymentMethod(type="card", card=card)
    intent = resources.SetupIntent(customer=page["customer"], usage="off_session", metadata={})
    intent._attach_pm(method)
    page |= {"status": "complete", "url": None, "setup_intent": intent.id}
    return web.json_response(page)


def _found(request: web.Request) -> dict[str, Any]:
    page = _PAGES.get(request.match_info["id"])
    if page is None:
        raise UserError(404, "Not Found")
    return page
