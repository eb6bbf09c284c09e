"""Stripe's events arrive without a session: by their signature alone, and what follows from them follows once."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from portalctl.gateways.gateway import Card
from portalctl.gateways.keys import StripeKeys
from portalctl.gateways.stripe_events import sign
from portalctl.gateways.tokenizers import StripeTokenizer
from portalctl.server.logs import make_log
from tests.domain.house import House
from tests.gateways import events
from tests.gateways.faulty_road import Fate, FaultyRoad, faulty_road
from tests.server.conftest import Served, served_copy
from tests.server.raw import Reply
from tests.serving import serving

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
    before = _cards(paid)
    wanted = {"default": True, "authorize": "practice", "limit": {"amount": 9000, "currency": "EUR"}}
    begun = paid.ask("POST", "/payment-methods/setups", "client", wanted).json()
    page = begun["url"].rpartition("/")[2]
    handed_in = f"{localstripe.api_base}/_config/pages/{page}"

    early = events.event("checkout.session.completed", events.page(page), "evt_early")
    assert bring(paid, localstripe, early).status == 204
    assert _cards(paid) == before

    httpx.post(handed_in, json={"number": "4242424242424242"}).raise_for_status()
    for event_id in ("evt_1", "evt_1", "evt_2"):
        body = events.event("checkout.session.completed", events.page(page), event_id)
        assert bring(paid, localstripe, body).status == 204
    (kept,) = [card for name, card in _cards(paid).items() if name not in before]
    assert (kept["brand"], kept["last4"], kept["default"]) == ("visa", "4242", True)
    assert [(each["provider_id"], each["limit"]) for each in kept["authorizations"]] == [("practice", wanted["limit"])]
    told = paid.ask("POST", f"/payment-methods/setups/{begun['id']}/outcome", "client").json()
    assert (told["outcome"], told["payment_method_id"]) == ("done", kept["id"])


def _cards(served: Served) -> dict[str, Any]:
    """The client's cards by their ids."""
    return {card["id"]: card for card in served.ask("GET", "/payment-methods", "client").json()}


def test_a_charge_whose_answers_were_lost_is_settled_when_stripe_tells_of_it(
    furnished: House, tmp_path: Path, localstripe: StripeKeys
) -> None:
    """In whatever order the events come, and once."""
    with (
        faulty_road(localstripe.api_base) as road,
        served_copy(furnished, tmp_path, stripe=localstripe._replace(api_base=road.url)) as served,
    ):
        charge, intent = _unheard(served, localstripe, road)
        assert charge["state"] == "pending"
        for event_id, kind in (("evt_3", "succeeded"), ("evt_1", "created"), ("evt_3", "succeeded")):
            body = events.event(f"payment_intent.{kind}", events.intent(intent), event_id)
            assert bring(served, localstripe, body).status == 204
        invoice = f"/invoices/{charge['invoice_id']}"
        assert [each["state"] for each in served.ask("GET", f"{invoice}/charges", "owner").json()] == ["succeeded"]
        assert served.ask("GET", invoice, "owner").json()["state"] == "paid"
        assert road.seen.count(f"POST /v1/payment_intents/{intent}/confirm") == 1


def _unheard(served: Served, keys: StripeKeys, road: FaultyRoad) -> tuple[dict[str, Any], str]:
    """A charge that was made and not heard of, and what Stripe calls it."""
    assert served.ask("PATCH", "/policy", "owner", {"payment_gateway": "stripe"}).status == 200
    assert keys.publishable_key is not None
    token = StripeTokenizer(keys.publishable_key, keys.api_base).token_of(Card("4242424242424242", 12, 2035, "123"))
    card = {"token": token, "authorize": "practice"}
    kept = served.ask("POST", "/payment-methods", "client", card).json()
    client_id = kept["client_id"]
    items = [{"text": "First visit", "amount": 9000}]
    drafted = served.ask("POST", "/invoices", "owner", {"client": client_id, "items": items, "currency": "EUR"}).json()
    invoice = f"/invoices/{drafted['id']}"
    assert served.ask("POST", f"{invoice}/issue", "owner", {}).status == 200

    confirmed: list[str] = []

    def lose_all_since_it_was_confirmed(_method: str, path: str) -> Fate:
        if path.endswith("/confirm"):
            confirmed.append(path.split("/")[-2])
            return Fate.ANSWER_LOST
        return Fate.LOST if confirmed else Fate.PASSES

    road.choose = lose_all_since_it_was_confirmed
    answer = served.ask("POST", f"{invoice}/charge", "owner", {"payment_method": kept["id"]})
    assert (answer.status, answer.code) == (502, "gateway_unreachable")
    road.once("nothing", Fate.PASSES)
    (charge,) = served.ask("GET", f"{invoice}/charges", "owner").json()
    return charge, confirmed[0]


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


def test_who_hands_a_card_in_is_told_the_publishable_key_and_nobody_a_secret_one(
    paid: Served, localstripe: StripeKeys
) -> None:
    answer = paid.ask("GET", "/payment-methods/gateway", "client")
    told = answer.json()
    assert (told["publishable_key"], told["api"]) == (localstripe.publishable_key, localstripe.api_base)
    wrong = paid.ask("POST", "/payment-methods", "client", {"token": "pm_unknown"})
    assert (wrong.status, wrong.code) == (422, "invalid_input")
    said = answer.body + wrong.body + paid.log.getvalue()
    assert localstripe.secret_key is not None
    assert localstripe.webhook_secret is not None
    assert localstripe.secret_key.encode() not in said
    assert localstripe.webhook_secret.encode() not in said


def test_a_portal_without_keys_takes_no_events(served: Served, localstripe: StripeKeys) -> None:
    answer = bring(served, localstripe, events.event("payment_intent.succeeded", events.intent("pi_1")))
    assert (answer.status, answer.code) == (409, "payments_not_taken")


class _Telling(io.BytesIO):
    """A log that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.news = threading.Condition()

    def write(self, line: Any) -> int:
        with self.news:
            self.news.notify_all()
            return super().write(line)


def test_localstripe_itself_is_believed(tmp_path: Path, localstripe: StripeKeys) -> None:
    """Its signatures are made by other hands than ours."""
    log = _Telling()
    with serving(f"sqlite://{tmp_path / 'portal.db'}", log=make_log(log), stripe=localstripe) as server:
        told = {"url": f"{server.url}{PATH}", "secret": localstripe.webhook_secret, "events": ["customer.created"]}
        httpx.post(f"{localstripe.api_base}/_config/webhooks/portal", json=told).raise_for_status()
        key = {"Authorization": f"Bearer {localstripe.secret_key}"}
        httpx.post(f"{localstripe.api_base}/v1/customers", headers=key).raise_for_status()

        def is_told() -> bool:
            return b"server.stripe_event" in log.getvalue()

        with log.news:
            assert log.news.wait_for(is_told, 60)
        (line,) = [json.loads(line) for line in log.getvalue().splitlines() if b"server.stripe_event" in line]
        assert line["status"] == 204
        assert "whsec" not in log.getvalue().decode()
