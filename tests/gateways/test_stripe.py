"""Stripe, as localstripe plays it: cards are kept, charged once, refused with a reason, and given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from portalctl import errors
from portalctl.gateways.gateway import Attached, Card, Gateway, Movement, Standing
from portalctl.gateways.keys import STRIPE_API, StripeKeys
from portalctl.gateways.stripe import StripeGateway
from portalctl.gateways.tokenizers import StripeTokenizer, tokenizer_of
from portalctl.models import payment_methods
from portalctl.models.gateway_name import GatewayName
from portalctl.models.money import Money
from tests.gateways.faulty_road import Fate, FaultyRoad, faulty_road
from tests.gateways.loopback_stripe import KEY_WITHOUT_RIGHT

FIFTY = Money(amount=5000, currency="EUR")
GOOD, DECLINED_LATER, DECLINED = "4242424242424242", "4000000000000341", "4000000000000002"
ASKS = "4000002500003155"


@pytest.fixture(scope="module")
def long_road(localstripe: StripeKeys) -> Iterator[FaultyRoad]:
    with faulty_road(localstripe.api_base) as found:
        yield found


@pytest.fixture(scope="module")
def opened(localstripe: StripeKeys, long_road: FaultyRoad) -> Iterator[tuple[Gateway, dict[str, str]]]:
    """One gateway for all tests, and which portal it stands for."""
    portal: dict[str, str] = {}
    gateway = StripeGateway(localstripe._replace(api_base=long_road.url), lambda: portal["id"])
    yield gateway, portal
    gateway.close()


@pytest.fixture
def road(long_road: FaultyRoad) -> Iterator[FaultyRoad]:
    yield long_road
    long_road.once("never", Fate.PASSES)


@pytest.fixture
def gateway(opened: tuple[Gateway, dict[str, str]], key: str) -> Gateway:
    """The gateway of a portal that no other test has."""
    found, portal = opened
    portal["id"] = f"prc_{key}"
    return found


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """What no other test uses: the account is shared by all of them."""
    return f"chg_{abs(hash(request.node.nodeid)):016x}"


def token(localstripe: StripeKeys, number: str = GOOD) -> str:
    assert localstripe.publishable_key is not None
    return StripeTokenizer(localstripe.publishable_key, localstripe.api_base).token_of(Card(number, 12, 2035, "123"))


def attached(gateway: Gateway, localstripe: StripeKeys, key: str, number: str = GOOD) -> Attached:
    return gateway.attach(token(localstripe, number), customer=None, client_id="cli_1", key=f"pay_{key}")


def prepared(gateway: Gateway, localstripe: StripeKeys, key: str, number: str = GOOD, amount: Money = FIFTY) -> str:
    card = attached(gateway, localstripe, key, number)
    return gateway.prepare(amount, card=card.reference, customer=card.customer, facts={"invoice": "0001"}, key=key)


def moved(gateway: Gateway) -> list[Movement]:
    """What moved for this portal."""
    since = datetime.now(UTC) - timedelta(hours=1)
    return [each for each in gateway.movements(since) if each.standing is Standing.SUCCEEDED]


def test_a_card_is_kept_for_its_client_and_one_that_is_kept_stays_as_it_is(
    gateway: Gateway, localstripe: StripeKeys, key: str, road: FaultyRoad
) -> None:
    typed = token(localstripe)
    kept = gateway.attach(typed, customer=None, client_id="cli_1", key=key)
    assert kept.card == ("visa", "4242", 12, 2035, "FR")
    road.seen.clear()
    assert gateway.attach(typed, customer=None, client_id="cli_1", key="other") == kept
    assert not [each for each in road.seen if each.startswith("POST")]
    long = f"{key}{'~' * 255}"
    second = gateway.attach(token(localstripe), customer=kept.customer, client_id="cli_1", key=long)
    assert second.customer == kept.customer


def test_a_card_of_another_client_is_not_taken(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    kept = attached(gateway, localstripe, key)
    with pytest.raises(errors.InvalidInput):
        gateway.attach(kept.reference, customer=None, client_id="cli_2", key="other")


def test_a_token_that_stripe_does_not_know_is_refused(gateway: Gateway, key: str) -> None:
    with pytest.raises(errors.InvalidInput):
        gateway.attach("pm_unknown", customer=None, client_id="cli_1", key=key)


@pytest.mark.parametrize(("number", "refusal"), [(DECLINED, errors.CardDeclined), (ASKS, errors.AuthenticationNeeded)])
def test_a_card_that_is_refused_is_not_kept(
    gateway: Gateway, localstripe: StripeKeys, key: str, number: str, refusal: type[errors.PortalError]
) -> None:
    with pytest.raises(refusal):
        attached(gateway, localstripe, key, number)


def test_a_card_is_forgotten_and_forgetting_is_harmless_to_repeat(
    gateway: Gateway, localstripe: StripeKeys, key: str
) -> None:
    kept = attached(gateway, localstripe, key)
    gateway.detach(kept.reference)
    gateway.detach(kept.reference)
    gateway.detach("pm_unknown")
    again = gateway.attach(kept.reference, customer=None, client_id="cli_2", key=f"{key}-again")
    assert again.customer != kept.customer


def test_a_charge_moves_money_when_it_is_confirmed_and_once(
    gateway: Gateway, localstripe: StripeKeys, key: str
) -> None:
    reference = prepared(gateway, localstripe, key)
    assert gateway.read(reference) == Movement(reference, key, FIFTY, Standing.PREPARED, is_refund=False)
    assert moved(gateway) == []
    told = gateway.confirm(reference, key=key)
    assert told == Movement(reference, key, FIFTY, Standing.SUCCEEDED, is_refund=False)
    assert gateway.confirm(reference, key=key) == told
    assert gateway.confirm(reference, key="another") == told
    assert gateway.cancel(reference) == told
    assert moved(gateway) == [told]


def test_a_charge_is_prepared_once_for_one_key(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    card = attached(gateway, localstripe, key)
    made = {gateway.prepare(FIFTY, card=card.reference, customer=card.customer, facts={}, key=key) for _ in range(2)}
    assert len(made) == 1


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (Money(amount=5000, currency="JPY"), 5000),
        (Money(amount=5120, currency="KWD"), 5120),
        (Money(amount=500, currency="ISK"), 50000),
    ],
)
def test_currencies_have_their_own_decimals(
    gateway: Gateway, localstripe: StripeKeys, key: str, amount: Money, told: int
) -> None:
    reference = prepared(gateway, localstripe, key, amount=amount)
    held = httpx.get(f"{localstripe.api_base}/v1/payment_intents/{reference}", headers=_allowed(localstripe)).json()
    assert (held["amount"], held["currency"]) == (told, amount.currency.lower())
    assert gateway.read(reference).amount == amount


def _allowed(keys: StripeKeys) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys.secret_key}"}


def test_an_amount_that_stripe_cannot_move_is_refused(gateway: Gateway) -> None:
    odd = Money(amount=5124, currency="KWD")
    with pytest.raises(errors.InvalidInput, match=r"5\.124 KWD"):
        gateway.prepare(odd, card="pm_1", customer="cus_1", facts={}, key="k")


def test_a_declined_card_is_told_and_stays_declined(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    reference = prepared(gateway, localstripe, key, DECLINED_LATER)
    told = gateway.confirm(reference, key=key)
    assert (told.standing, told.code, told.amount) == (Standing.FAILED, "card_declined", FIFTY)
    assert gateway.read(reference).standing is Standing.FAILED
    assert gateway.confirm(reference, key=key).standing is Standing.FAILED
    assert moved(gateway) == []


def test_a_charge_whose_bank_wants_its_owner_is_told_and_given_up(
    gateway: Gateway, localstripe: StripeKeys, key: str
) -> None:
    card = attached(gateway, localstripe, key)
    asks = token(localstripe, ASKS)
    reference = gateway.prepare(FIFTY, card=asks, customer=card.customer, facts={}, key=key)
    told = gateway.confirm(reference, key=key)
    assert (told.standing, told.code) == (Standing.FAILED, "authentication_needed")
    assert gateway.read(reference).standing is Standing.FAILED


def test_a_card_that_is_gone_is_no_payment_method(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    card = attached(gateway, localstripe, key)
    with pytest.raises(errors.NoPaymentMethod):
        gateway.prepare(FIFTY, card="pm_unknown", customer=card.customer, facts={}, key=key)


def test_a_charge_that_was_given_up_is_never_made(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    reference = prepared(gateway, localstripe, key)
    assert gateway.cancel(reference).code == "cancelled"
    assert gateway.confirm(reference, key=key).standing is Standing.FAILED
    assert gateway.cancel(reference).code == "cancelled"
    assert moved(gateway) == []


def test_money_goes_back_once_for_one_key(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    charge = gateway.confirm(prepared(gateway, localstripe, key), key=key)
    half = Money(amount=2500, currency="EUR")
    told = gateway.refund(charge.reference, half, key=f"ref_{key}")
    assert told == Movement(told.reference, f"ref_{key}", half, Standing.SUCCEEDED, is_refund=True)
    assert gateway.refund(charge.reference, half, key=f"ref_{key}") == told
    assert gateway.read(told.reference) == told
    assert sorted(moved(gateway)) == sorted([charge, told])


def test_money_that_was_not_paid_does_not_go_back(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    charge = gateway.confirm(prepared(gateway, localstripe, key, DECLINED_LATER), key=key)
    told = gateway.refund(charge.reference, FIFTY, key=f"ref_{key}")
    assert (told.standing, told.code) == (Standing.FAILED, "refund_refused")


def test_what_is_not_there_is_not_found(gateway: Gateway) -> None:
    for reference in ("pi_unknown", "re_unknown"):
        with pytest.raises(errors.NotFound):
            gateway.read(reference)


def test_movements_are_this_portals_and_since_a_moment(gateway: Gateway, localstripe: StripeKeys, key: str) -> None:
    reference = prepared(gateway, localstripe, key)
    now = datetime.now(UTC)
    assert [each.reference for each in gateway.movements(now - timedelta(hours=1))] == [reference]
    assert list(gateway.movements(now + timedelta(hours=1))) == []
    other = StripeGateway(localstripe, lambda: "prc_other")
    assert list(other.movements(now - timedelta(hours=1))) == []
    other.close()


def test_a_card_is_handed_in_on_stripes_own_page(
    gateway: Gateway, localstripe: StripeKeys, key: str, road: FaultyRoad
) -> None:
    """Its token is there when the page is done, and the card is kept for charges already."""
    back = "https://portal.example.com/"
    page = gateway.begin_setup(customer=None, client_id="cli_1", return_to=back, key=key)
    assert page.url.startswith("https://checkout.stripe.com/")
    assert timedelta(hours=23) < page.expires_at - datetime.now(UTC) <= timedelta(hours=24)
    assert gateway.begin_setup(customer=None, client_id="cli_1", return_to=back, key=key) == page
    assert gateway.setup_token(page.reference) is None

    done = f"{localstripe.api_base}/_config/pages/{page.reference}"
    httpx.post(done, json={"number": GOOD}).raise_for_status()
    typed = gateway.setup_token(page.reference)
    assert typed is not None
    road.seen.clear()
    kept = gateway.attach(typed, customer=None, client_id="cli_1", key=f"{key}-attach")
    assert kept.card.last4 == "4242"
    assert not [each for each in road.seen if each.startswith("POST")]
    with pytest.raises(errors.InvalidInput):
        gateway.attach(typed, customer=None, client_id="cli_2", key=f"{key}-other")


def test_a_page_of_a_portal_in_a_file_leads_back_to_an_address_that_a_browser_knows(
    gateway: Gateway, localstripe: StripeKeys, key: str
) -> None:
    page = gateway.begin_setup(customer=None, client_id="cli_1", return_to="sqlite:///home/anna/portal.db", key=key)
    where = f"{localstripe.api_base}/v1/checkout/sessions/{page.reference}"
    held = httpx.get(where, headers=_allowed(localstripe)).json()
    assert held["success_url"] == held["cancel_url"] == "https://stripe.com/"


def test_a_page_whose_time_is_over_has_no_card_and_one_that_never_was_is_not_found(
    gateway: Gateway, localstripe: StripeKeys, key: str
) -> None:
    page = gateway.begin_setup(customer=None, client_id="cli_1", return_to="https://portal.example.com/", key=key)
    httpx.post(f"{localstripe.api_base}/_config/pages/{page.reference}", json={"expire": True}).raise_for_status()
    assert gateway.setup_token(page.reference) is None
    with pytest.raises(errors.NotFound):
        gateway.setup_token("cs_test_unknown")


@pytest.mark.parametrize("fate", [Fate.LOST, Fate.ANSWER_LOST, Fate.BROKEN])
def test_a_confirmation_that_is_not_answered_is_found_out_by_reading(
    gateway: Gateway, localstripe: StripeKeys, key: str, road: FaultyRoad, fate: Fate
) -> None:
    reference = prepared(gateway, localstripe, key)
    road.once("/confirm", fate)
    with pytest.raises(errors.GatewayUnreachable):
        gateway.confirm(reference, key=key)
    found = gateway.read(reference)
    assert found.standing is (Standing.SUCCEEDED if fate is Fate.ANSWER_LOST else Standing.PREPARED)
    assert gateway.confirm(reference, key=key).standing is Standing.SUCCEEDED
    assert len(moved(gateway)) == 1


def test_a_charge_that_was_prepared_and_not_heard_of_is_the_same_with_its_key(
    gateway: Gateway, localstripe: StripeKeys, key: str, road: FaultyRoad
) -> None:
    card = attached(gateway, localstripe, key)
    road.once("POST /v1/payment_intents", Fate.ANSWER_LOST)
    with pytest.raises(errors.GatewayUnreachable):
        gateway.prepare(FIFTY, card=card.reference, customer=card.customer, facts={}, key=key)
    reference = gateway.prepare(FIFTY, card=card.reference, customer=card.customer, facts={}, key=key)
    assert [each.reference for each in gateway.movements(datetime(2020, 1, 1, tzinfo=UTC))] == [reference]


def test_a_refund_that_was_not_heard_of_is_found_and_not_made_again(
    gateway: Gateway, localstripe: StripeKeys, key: str, road: FaultyRoad
) -> None:
    charge = gateway.confirm(prepared(gateway, localstripe, key), key=key)
    road.once("POST /v1/refunds", Fate.ANSWER_LOST)
    with pytest.raises(errors.GatewayUnreachable):
        gateway.refund(charge.reference, FIFTY, key=f"ref_{key}")
    road.seen.clear()
    told = gateway.refund(charge.reference, FIFTY, key=f"ref_{key}")
    assert "POST /v1/refunds" not in road.seen
    assert [each for each in moved(gateway) if each.is_refund] == [told]


def test_stripe_that_does_not_answer_in_time_counts_as_not_heard_of(localstripe: StripeKeys, road: FaultyRoad) -> None:
    impatient = StripeGateway(localstripe._replace(api_base=road.url), lambda: "prc_1", answer_seconds=0.05)
    road.once("", Fate.STALLS)
    with pytest.raises(errors.GatewayUnreachable):
        impatient.read("pi_unknown")
    impatient.close()


def test_stripe_that_is_not_there_counts_as_not_heard_of() -> None:
    nowhere = StripeGateway(StripeKeys("sk_test_1", api_base="http://127.0.0.1:9"), lambda: "prc_1")
    with pytest.raises(errors.GatewayUnreachable) as unheard:
        nowhere.read("pi_1")
    assert "sk_test" not in str(unheard.value.message)
    nowhere.close()


def test_a_key_that_stripe_does_not_accept_is_said_to_be_the_practices_matter(localstripe: StripeKeys) -> None:
    wrong = StripeGateway(localstripe._replace(secret_key="wrong"), lambda: "prc_1")
    with pytest.raises(errors.PaymentsNotTaken) as refused:
        wrong.read("pi_1")
    assert "wrong" not in refused.value.message
    wrong.close()


def _chosen(api: str, *, typed: bool = True) -> payment_methods.Gateway:
    return payment_methods.Gateway(
        name=GatewayName.STRIPE,
        moves_money=True,
        typed_cards=typed,
        hosted_page=True,
        publishable_key="pk_test_portalctl",
        api=api,
    )


def test_a_card_goes_to_stripe_alone_unless_its_owner_trusts_the_portals_address(localstripe: StripeKeys) -> None:
    elsewhere = _chosen(localstripe.api_base)
    with pytest.raises(errors.Unsupported, match="not Stripe"):
        tokenizer_of(elsewhere)
    card = Card(GOOD, 12, 2035, "123")
    assert tokenizer_of(elsewhere, localstripe.api_base).token_of(card).startswith("pm_")
    assert isinstance(tokenizer_of(_chosen(STRIPE_API)), StripeTokenizer)
    for address in ("http://cards.example.com", "ftp://api.stripe.com", "https://user@api.stripe.com"):
        with pytest.raises(errors.InvalidInput):
            tokenizer_of(_chosen(address), address)


def test_no_card_is_typed_where_the_practice_has_no_right_to_it() -> None:
    with pytest.raises(errors.Unsupported, match="not typed"):
        tokenizer_of(_chosen(STRIPE_API, typed=False))
    none = _chosen(STRIPE_API).model_copy(update={"name": GatewayName.NONE})
    with pytest.raises(errors.PaymentsNotTaken):
        tokenizer_of(none)


def test_a_typed_card_that_stripe_refuses_is_told_without_its_number(localstripe: StripeKeys) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        StripeTokenizer("pk_test_1", localstripe.api_base).token_of(Card("42424242", 12, 2035, "123"))
    assert "42424242" not in refused.value.message
    for key in ("nothing", KEY_WITHOUT_RIGHT):
        with pytest.raises(errors.Unsupported, match="no typed cards") as refused_key:
            StripeTokenizer(key, localstripe.api_base).token_of(Card(GOOD, 12, 2035, "123"))
        assert "--web" in (refused_key.value.hint or "")
    with pytest.raises(errors.GatewayUnreachable) as unheard:
        StripeTokenizer("pk_test_1", "http://127.0.0.1:9").token_of(Card(GOOD, 12, 2035, "123"))
    assert GOOD not in str(unheard.value) + repr(Card(GOOD, 12, 2035, "123"))
