"""Stripe's events arrive without a session: by their signature alone, and what follows from them follows once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from portalctl.gateways.keys import StripeKeys
from portalctl.gateways.stripe_events import sign
from tests.domain.house import House
from tests.gateways import events
from tests.server.conftest import Served, served_copy
from tests.server.raw import Reply

PATH = "/webhooks/stripe"


@pytest.fixture
def paid(furnished: House, tmp_path: Path, localstripe: StripeKeys) -> Iterator[Served]:
    """A server whose practice takes payments by Stripe."""
    with served_copy(furnished, tmp_path, stripe=localstripe) as served:
        assert served.ask("PATCH", "/policy", "owner", {"payment_gateway": "stripe"}).status == 200
        yield served


def bring(served: Served, keys: StripeKeys, body: bytes) -> Reply:
    """The answer to an event that Stripe signed just now."""
    assert keys.webhook_secret is not None
    signature = sign(body, keys.webhook_secret, served.house.clock())
    return served.ask("POST", PATH, body=body, headers={"Stripe-Signature": signature})


def test_a_card_that_was_handed_in_on_stripes_page_is_kept_when_stripe_tells_of_it(
    paid: Served, localstripe: StripeKeys
) -> None:
    """Once, as it was wanted, and without the client asking; the same when they ask first."""
    wanted = {"authorize": "practice", "limit": {"amount": 9000, "currency": "EUR"}}
    begun = paid.ask("POST", "/payment-methods/setups", "client", wanted).json()
    page = begun["url"].rpartition("/")[2]
    handed_in = f"{localstripe.api_base}/_config/pages/{page}"

    early = events.event("checkout.session.completed", events.page(page), "evt_early")
    assert bring(paid, localstripe, early).status == 204
    assert paid.ask("GET", "/payment-methods", "client").json() == []

    httpx.post(handed_in, json={"number": "4242424242424242"}).raise_for_status()
    for event_id in ("evt_1", "evt_1", "evt_2"):
        body = events.event("checkout.session.completed", events.page(page), event_id)
        assert bring(paid, localstripe, body).status == 204
    (kept,) = paid.ask("GET", "/payment-methods", "client").json()
    assert (kept["brand"], kept["last4"], kept["default"]) == ("visa", "4242", True)
    assert [(each["provider_id"], each["limit"]) for each in kept["authorizations"]] == [("practice", wanted["limit"])]
    told = paid.ask("POST", f"/payment-methods/setups/{begun['id']}/outcome", "client").json()
    assert (told["outcome"], told["payment_method_id"]) == ("done", kept["id"])


def test_nothing_follows_from_what_is_not_this_portals(paid: Served, localstripe: StripeKeys) -> None:
    """Stripe is told that it arrived, and sends it no more."""
    told = [
        ("checkout.session.completed", events.page("cs_test_unknown")),
        ("checkout.session.expired", events.page("cs_test_unknown", "expired", None)),
        ("payment_intent.succeeded", events.intent("pi_unknown")),
        ("refund.updated", events.refund("re_unknown", "pi_unknown")),
        ("charge.refunded", events.account_charge("pi_unknown")),
        ("customer.created", {"id": "cus_1", "object": "customer"}),
    ]
    for number, (kind, about) in enumerate(told):
        assert bring(paid, localstripe, events.event(kind, about, f"evt_{number}")).status == 204, kind


def test_an_event_that_stripe_did_not_sign_just_now_is_refused(paid: Served) -> None:
    body = events.event("payment_intent.succeeded", events.intent("pi_1"))
    now = paid.house.clock()
    for signature in (
        None,
        "",
        sign(body, "whsec_other", now),
        sign(body, "whsec_portalctl", now - timedelta(hours=1)),
    ):
        headers = {"Stripe-Signature": signature} if signature is not None else {}
        answer = paid.ask("POST", PATH, body=body, headers=headers)
        assert (answer.status, answer.code) == (400, "event_not_valid")
    answer = paid.ask("POST", PATH, "owner", body=body)
    assert (answer.status, answer.code) == (400, "event_not_valid")
    assert paid.ask("GET", PATH).status == 405
    assert paid.ask("POST", PATH, body=b"x" * (paid.serving.site.limits.body + 1)).status == 413


def test_a_portal_without_keys_takes_no_events(served: Served, localstripe: StripeKeys) -> None:
    answer = bring(served, localstripe, events.event("payment_intent.succeeded", events.intent("pi_1")))
    assert (answer.status, answer.code) == (409, "payments_not_taken")
