"""The trial behaves as a payment provider does, moves no money, and keeps no card number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.payments import Gateways
from portalctl.gateways.gateway import Attached, Card, Gateway, Standing
from portalctl.gateways.keys import StripeKeys
from portalctl.gateways.trial import CARDS, PAGE_TIME, TrialTokenizer
from portalctl.models.gateway_name import GatewayName
from portalctl.models.money import Money
from portalctl.storage.sqlite import SqliteStore
from portalctl.storage.stores import open_store

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
FIFTY = Money(amount=5000, currency="EUR")


@contextmanager
def opened(url: str) -> Iterator[Gateway]:
    """The trial over the database at an address."""
    store = open_store(url, create=True)
    with store.writing():
        pass
    yield Gateways(lambda: store, lambda: NOW, StripeKeys)(GatewayName.TEST)
    store.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with opened(f"sqlite://{tmp_path / 'portal.db'}") as found:
        yield found


def token(number: str = "4242424242424242", month: int = 12, year: int = 2030) -> str:
    return TrialTokenizer().token_of(Card(number, month, year, "123"))


def attached(gateway: Gateway, number: str = "4242424242424242", key: str = "pay_1") -> Attached:
    return gateway.attach(token(number), customer=None, client_id="cli_1", key=key)


def prepared(gateway: Gateway, number: str = "4242424242424242", key: str = "chg_1") -> str:
    card = attached(gateway, number, f"pay_{key}")
    return gateway.prepare(FIFTY, card=card.reference, customer=card.customer, facts={}, key=key)


def test_a_token_says_what_may_be_known_of_a_card_and_holds_no_number() -> None:
    for number in CARDS:
        made = token(number)
        assert number not in made
        assert number[-4:] in made
        assert number[:6] not in made


def test_a_card_that_is_real_is_refused() -> None:
    with pytest.raises(errors.CardDeclined, match="trial"):
        token("4111111111111111")


def test_a_card_is_kept_once_for_one_key(gateway: Gateway) -> None:
    first = attached(gateway)
    assert first.card == ("visa", "4242", 12, 2030, None)
    assert attached(gateway) == first
    assert attached(gateway, key="pay_2").reference != first.reference


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("4000000000000002", errors.CardDeclined),
        ("4000000000009995", errors.CardDeclined),
        ("4000002500003155", errors.AuthenticationNeeded),
    ],
)
def test_a_card_is_refused_as_stripe_would(gateway: Gateway, number: str, refusal: type[errors.PortalError]) -> None:
    with pytest.raises(refusal):
        attached(gateway, number)


def test_a_card_that_has_expired_and_a_token_of_another_are_refused(gateway: Gateway) -> None:
    with pytest.raises(errors.CardDeclined, match="expired"):
        gateway.attach(token(month=10, year=2026), customer=None, client_id="cli_1", key="k")
    for other in ("pm_1234", "trial_visa_4242_13_2030_works_" + "0" * 24, "trial_visa_4242_12_2030_gift_" + "0" * 24):
        with pytest.raises(errors.InvalidInput):
            gateway.attach(other, customer=None, client_id="cli_1", key="k")


def test_a_charge_moves_when_it_is_confirmed_and_once(gateway: Gateway) -> None:
    reference = prepared(gateway)
    assert gateway.read(reference).standing is Standing.PREPARED
    told = gateway.confirm(reference, key="chg_1")
    assert (told.standing, told.amount, told.key, told.is_refund) == (Standing.SUCCEEDED, FIFTY, "chg_1", False)
    assert gateway.confirm(reference, key="chg_1") == told
    assert gateway.read(reference) == told
    assert gateway.cancel(reference) == told


def test_a_charge_is_prepared_once_for_one_key(gateway: Gateway) -> None:
    reference = prepared(gateway)
    assert gateway.prepare(FIFTY, card="x", customer="y", facts={}, key="chg_1") == reference
    assert len(list(gateway.movements(NOW - timedelta(days=1)))) == 1


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4000000000000341", "card_declined"),
        ("4000002760003184", "authentication_needed"),
        ("4000003800000446", "authentication_needed"),
    ],
)
def test_a_refusal_of_a_charge_is_told_with_its_code(gateway: Gateway, number: str, code: str) -> None:
    reference = prepared(gateway, number)
    told = gateway.confirm(reference, key="chg_1")
    assert (told.standing, told.code) == (Standing.FAILED, code)
    assert gateway.read(reference) == told


def test_a_charge_that_was_given_up_is_never_made(gateway: Gateway) -> None:
    reference = prepared(gateway)
    assert gateway.cancel(reference).code == "cancelled"
    assert gateway.confirm(reference, key="chg_1").standing is Standing.FAILED


def test_a_card_that_was_removed_is_not_charged_and_removing_is_harmless_to_repeat(gateway: Gateway) -> None:
    card = attached(gateway)
    reference = gateway.prepare(FIFTY, card=card.reference, customer=card.customer, facts={}, key="chg_1")
    gateway.detach(card.reference)
    gateway.detach(card.reference)
    assert gateway.confirm(reference, key="chg_1").standing is Standing.FAILED


def test_money_goes_back_once_for_one_key_and_never_more_than_was_paid(gateway: Gateway) -> None:
    reference = prepared(gateway)
    gateway.confirm(reference, key="chg_1")
    half = Money(amount=2500, currency="EUR")
    told = gateway.refund(reference, half, key="ref_1")
    assert (told.standing, told.is_refund, told.key) == (Standing.SUCCEEDED, True, "ref_1")
    assert gateway.refund(reference, half, key="ref_1") == told
    assert gateway.read(told.reference) == told
    assert gateway.refund(reference, Money(amount=2501, currency="EUR"), key="ref_2").code == "refund_refused"
    assert gateway.refund(reference, half, key="ref_3").standing is Standing.SUCCEEDED
    went = {each.key for each in gateway.movements(NOW) if each.standing is Standing.SUCCEEDED}
    assert went == {"chg_1", "ref_1", "ref_3"}


def test_a_card_is_charged_refused_and_given_back_on_postgresql_too(postgres_url: str) -> None:
    with opened(postgres_url) as gateway:
        reference = prepared(gateway)
        paid = gateway.confirm(reference, key="chg_1")
        assert paid.standing is Standing.SUCCEEDED
        back = gateway.refund(reference, FIFTY, key="ref_1")
        assert gateway.refund(reference, FIFTY, key="ref_2").standing is Standing.FAILED
        declined = gateway.confirm(prepared(gateway, "4000000000000341", "chg_2"), key="chg_2")
        assert declined.code == "card_declined"
        gateway.detach("trial_card_none")
        assert {each.key for each in gateway.movements(NOW)} == {"chg_1", "chg_2", "ref_1", "ref_2"}
        assert gateway.read(back.reference) == back


def test_movements_are_told_since_a_moment(gateway: Gateway) -> None:
    prepared(gateway)
    assert [each.key for each in gateway.movements(NOW)] == ["chg_1"]
    assert not list(gateway.movements(NOW + timedelta(seconds=1)))


def test_what_is_not_there_is_not_found(gateway: Gateway) -> None:
    for ask in (gateway.read, gateway.cancel, lambda reference: gateway.confirm(reference, key="k")):
        with pytest.raises(errors.NotFound):
            ask("trial_charge_none")


def test_its_page_is_none_and_the_usual_test_card_is_handed_in_there_at_once(gateway: Gateway) -> None:
    page = gateway.begin_setup(customer=None, client_id="cli_1", return_to="https://portal.example.com", key="k")
    assert page.url.startswith("https://trial.invalid/no-money-moves/")
    assert page.expires_at == NOW + PAGE_TIME
    tokens = {gateway.setup_token(page.reference) for _ in range(2)}
    assert len(tokens) == 1
    kept = gateway.attach(tokens.pop() or "", customer=None, client_id="cli_1", key="pse_1")
    assert (kept.card.brand, kept.card.last4) == ("visa", "4242")
    long_ago = f"trial_page_{int(NOW.timestamp())}_{24 * '0'}"
    assert gateway.setup_token(long_ago) is None
    with pytest.raises(errors.NotFound):
        gateway.setup_token("cs_test_1")


def test_it_sends_no_events(gateway: Gateway) -> None:
    with pytest.raises(errors.EventNotValid):
        gateway.read_event(b"{}", "", NOW)


def test_it_says_that_it_moves_no_money(gateway: Gateway) -> None:
    assert (gateway.name, gateway.moves_money) == ("test", False)


def test_no_gateway_is_opened_where_none_is_chosen(tmp_path: Path) -> None:
    gateways = Gateways(lambda: SqliteStore(tmp_path / "portal.db"), lambda: NOW, StripeKeys)
    for name in (GatewayName.NONE, GatewayName.STRIPE):
        with pytest.raises(errors.PaymentsNotTaken):
            gateways(name)
