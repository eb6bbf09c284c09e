"""What Stripe tells by itself: believed when it is signed, and handled once however often and together it comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe

from portalctl import errors
from portalctl.backends.payments import Gateways
from portalctl.domain.gateway_events import CLAIM_SECONDS, KEPT_SECONDS, handle
from portalctl.domain.office import Office
from portalctl.gateways.gateway import Event
from portalctl.gateways.keys import StripeKeys
from portalctl.gateways.stripe_events import TOLERANCE_SECONDS, read_event, sign
from portalctl.storage.stores import open_store
from tests.gateways import events

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SECRET = "whsec_portalctl"
BODY = events.event("payment_intent.succeeded", events.intent("pi_1"))


@pytest.mark.parametrize(
    ("kind", "about", "subject"),
    [
        ("payment_intent.payment_failed", events.intent("pi_1", "requires_payment_method"), "pi_1"),
        ("checkout.session.completed", events.page("cs_test_1"), "cs_test_1"),
        ("refund.updated", events.refund("re_1", "pi_1"), "re_1"),
        ("charge.refunded", events.account_charge("pi_1"), "pi_1"),
    ],
)
def test_an_event_says_which_charge_refund_or_page_it_is_about(
    kind: str, about: dict[str, object], subject: str
) -> None:
    body = events.event(kind, about, "evt_7")
    assert read_event(body, sign(body, SECRET, NOW), SECRET, NOW) == Event("evt_7", kind, subject)


def test_the_signature_is_the_one_that_stripes_own_library_checks() -> None:
    header = sign(BODY, SECRET, NOW)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY.decode(), header, "whsec_other")


def test_of_several_signatures_one_has_to_fit() -> None:
    header = sign(BODY, SECRET, NOW)
    assert read_event(BODY, header.replace(",v1", ",v1=00,v0=11,v1"), SECRET, NOW).subject == "pi_1"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "v1=abc",
        "t=1795680000",
        "t=soon,v1=abc",
        "t=1,t=2,v1=abc",
        "t=²,v1=abc",
        "t=1795680000,v1=é",
        sign(BODY, "whsec_other", NOW),
        sign(BODY + b" ", SECRET, NOW),
        sign(BODY, SECRET, NOW).replace("v1=", "v0="),
        sign(BODY, SECRET, NOW - timedelta(seconds=TOLERANCE_SECONDS + 1)),
        sign(BODY, SECRET, NOW + timedelta(seconds=TOLERANCE_SECONDS + 1)),
    ],
)
def test_an_event_that_stripe_did_not_sign_just_now_is_refused(header: str) -> None:
    with pytest.raises(errors.EventNotValid):
        read_event(BODY, header, SECRET, NOW)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"id": 1, "type": "x", "data": {"object": {"object": "refund", "id": "re_1"}}}', b"\xff"],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(errors.EventNotValid):
        read_event(body, sign(body, SECRET, NOW), SECRET, NOW)


class Settling:
    """What follows from events: written down, and failing when told to."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails = False

    def __call__(self, office: Office, event: Event) -> None:
        assert office.store is not None
        if self.fails:
            raise errors.GatewayUnreachable("Stripe did not answer")
        self.done.append(event.subject)


class Moving:
    """A clock that is set by hand."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: Moving) -> Iterator[Office]:
    """An office over each engine."""
    url = f"sqlite://{tmp_path / 'portal.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    store = open_store(url, create=True)
    with store.writing():
        pass
    keys = StripeKeys("sk_test_1", webhook_secret=SECRET)
    yield Office(store, clock, None, lambda: b"k" * 32, "", gateway=Gateways(lambda: store, clock, lambda: keys))
    store.close()


def brought(office: Office, settling: Settling, event_id: str = "evt_1", subject: str = "pi_1") -> None:
    body = events.event("payment_intent.succeeded", events.intent(subject), event_id)
    handle(office, body, sign(body, SECRET, office.clock()), settling)


def test_an_event_is_handled_once_and_others_in_any_order(office: Office, clock: Moving) -> None:
    """Also after days, for as long as Stripe may send it; and one that failed is handled when it comes again."""
    settling = Settling()
    for event_id, subject in (("evt_2", "pi_2"), ("evt_1", "pi_1"), ("evt_2", "pi_2"), ("evt_1", "pi_1")):
        brought(office, settling, event_id, subject)
    clock.now += timedelta(days=3)
    brought(office, settling, "evt_1")
    assert settling.done == ["pi_2", "pi_1"]

    settling.fails = True
    with pytest.raises(errors.GatewayUnreachable):
        brought(office, settling, "evt_3", "pi_3")
    settling.fails = False
    brought(office, settling, "evt_3", "pi_3")
    brought(office, settling, "evt_3", "pi_3")
    assert settling.done == ["pi_2", "pi_1", "pi_3"]

    clock.now += timedelta(seconds=KEPT_SECONDS + 1)
    brought(office, settling, "evt_9", "pi_9")
    with office.store.reading() as tx:
        assert [row["id"] for row in tx.all("SELECT id FROM gateway_events")] == ["evt_9"]


def test_an_event_that_comes_twice_at_once_is_handled_once(office: Office, clock: Moving) -> None:
    """The second is told to come again; and who began and never ended is not waited for forever."""
    entered, leave = threading.Event(), threading.Event()
    done: list[str] = []

    def slowly(_: Office, event: Event) -> None:
        entered.set()
        assert leave.wait(60)
        done.append(event.subject)

    body = events.event("payment_intent.succeeded", events.intent("pi_1"))
    first = threading.Thread(target=handle, args=(office, body, sign(body, SECRET, NOW), slowly))
    first.start()
    assert entered.wait(60)
    with pytest.raises(errors.IdempotencyRunning):
        handle(office, body, sign(body, SECRET, NOW), slowly)
    leave.set()
    first.join()
    handle(office, body, sign(body, SECRET, NOW), slowly)
    assert done == ["pi_1"]

    with office.store.writing() as tx:
        tx.run("UPDATE gateway_events SET handled_at = NULL")
    with pytest.raises(errors.IdempotencyRunning):
        handle(office, body, sign(body, SECRET, NOW), slowly)
    clock.now += timedelta(seconds=CLAIM_SECONDS)
    settling = Settling()
    handle(office, body, sign(body, SECRET, clock.now), settling)
    assert settling.done == ["pi_1"]
