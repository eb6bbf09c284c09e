"""Cards of clients, and who may charge them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.gateways.gateway import Card
from portalctl.gateways.trial import TrialTokenizer
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import ChangeInvoiceState
from portalctl.models.money import Money
from portalctl.models.payment_methods import (
    AddPaymentMethod,
    AuthorizeProvider,
    BeginPaymentSetup,
    ListPaymentMethods,
    PaymentMethod,
    PaymentMethodReference,
    PaymentSetupReference,
    RemovePaymentMethod,
    RevokeProvider,
    SetupOutcome,
)
from portalctl.models.policy import SetPolicy
from portalctl.testing.at_once import at_once
from portalctl.testing.charges import WORKS, Payer, payer
from portalctl.testing.invoices import issued
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

DECLINED, AUTHENTICATES = "4000000000000002", "4000002500003155"
TEN = Money(amount=1000, currency="EUR")
MOST = 20
"""Methods that a client may have at once."""


def named(method: PaymentMethod | str) -> PaymentMethodReference:
    """The reference to a method."""
    return PaymentMethodReference(id=method if isinstance(method, str) else method.id)


def mine(of: Payer) -> list[PaymentMethod]:
    """A client's methods, as they see them."""
    return of.portal.payment_methods.list(ListPaymentMethods())


def token(number: str = WORKS) -> str:
    """What the trial calls a card."""
    return TrialTokenizer().token_of(Card(number, 12, 2035, "123"))


class TestPaymentMethods:
    """What `portal.payment_methods` does."""

    @shows("payment_methods.gateway")
    @shows("payment_methods.gateway", errors.PaymentsNotTaken)
    @shows("payment_methods.add", errors.PaymentsNotTaken)
    @shows("payment_methods.begin_setup", errors.PaymentsNotTaken)
    def test_the_practice_chooses_who_moves_the_money(self, studio: Studio) -> None:
        with studio.elsewhere() as place:
            told = place.anna.payment_methods.gateway()
            assert (told.name, told.moves_money, told.typed_cards) == (GatewayName.NONE, False, False)
            with pytest.raises(errors.PaymentsNotTaken):
                place.anna.payment_methods.add(AddPaymentMethod(token=token()))
            with pytest.raises(errors.PaymentsNotTaken):
                place.anna.payment_methods.begin_setup(BeginPaymentSetup())
            place.owner.policy.set(SetPolicy(payment_gateway=GatewayName.STRIPE))
            with pytest.raises(errors.PaymentsNotTaken):
                place.anna.payment_methods.gateway()
            place.owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))
            told = place.staff.payment_methods.gateway()
            assert (told.name, told.moves_money, told.typed_cards) == (GatewayName.TEST, False, True)

    @shows("payment_methods.add")
    @shows("payment_methods.list")
    @shows("payment_methods.show")
    def test_a_card_is_kept_with_who_may_charge_it_and_the_first_is_the_default(self, studio: Studio) -> None:
        cara = payer(studio)
        until = (studio.clock() + timedelta(days=40)).date()
        first = cara.card(country="IT", authorize="Dr Rossi", limit=TEN, until=until)
        assert (first.brand, first.last4, first.exp_month, first.exp_year) == ("visa", "4242", 12, 2035)
        assert (first.country, first.default, first.expired) == ("IT", True, False)
        (allowed,) = first.authorizations
        assert (allowed.provider, allowed.limit, allowed.until) == ("Dr Rossi", TEN, until)
        second = cara.card("5555555555554444")
        assert (second.default, second.authorizations) == (False, [])
        assert mine(cara) == [first, second]
        for portal in (cara.portal, studio.staff):
            assert portal.payment_methods.show(named(second)) == second
        assert studio.owner.payment_methods.list(ListPaymentMethods(client=cara.id)) == [first, second]
        third = cara.card(default=True)
        assert [(each.id, each.default) for each in mine(cara)][:1] == [(third.id, True)]
        assert sum(each.default for each in mine(cara)) == 1

    @shows("payment_methods.add", errors.CardDeclined, errors.AuthenticationNeeded, errors.InvalidInput)
    def test_a_card_that_the_provider_refuses_is_not_kept(self, studio: Studio) -> None:
        cara = payer(studio)
        for number, failure in ((DECLINED, errors.CardDeclined), (AUTHENTICATES, errors.AuthenticationNeeded)):
            with pytest.raises(failure):
                cara.card(number)
        nothing = Money(amount=0, currency="EUR")
        past = (studio.clock() - timedelta(days=2)).date()
        for wrong in (
            {"limit": TEN},
            {"authorize": "practice", "limit": nothing},
            {"authorize": "practice", "until": past},
        ):
            with pytest.raises(errors.InvalidInput):
                cara.card(**wrong)
        with pytest.raises(errors.InvalidInput):
            cara.portal.payment_methods.add(AddPaymentMethod(token="no-token-of-theirs"))
        assert mine(cara) == []

    @shows("payment_methods.add", errors.NotFound, errors.IdempotencyConflict)
    @shows("payment_methods.add", errors.IdempotencyRunning, certain=False)
    def test_one_intent_keeps_one_card_also_when_it_is_typed_again(self, studio: Studio) -> None:
        cara, key = payer(studio), studio.key()
        with pytest.raises(errors.NotFound):
            cara.card(authorize=MISSING["staff"])
        first = cara.card(idempotency_key=key)
        assert cara.card(idempotency_key=key) == first
        with pytest.raises(errors.IdempotencyConflict):
            cara.card(idempotency_key=key, default=True)
        request = AddPaymentMethod(token=token(), idempotency_key=studio.key())
        at_once(lambda: cara.portal.payment_methods.add(request))
        assert len(mine(cara)) == 2

    @shows("payment_methods.add", errors.NotChangeable)
    @shows("payment_methods.begin_setup", errors.NotChangeable)
    @shows("payment_methods.show", errors.AmbiguousId)
    @shows("payment_methods.authorize", errors.AmbiguousId)
    def test_nobody_has_cards_without_end_and_one_of_many_is_named_by_enough_of_its_id(self, studio: Studio) -> None:
        cara = payer(studio)
        methods = [cara.card() for _ in range(MOST)]
        with pytest.raises(errors.NotChangeable):
            cara.card()
        with pytest.raises(errors.NotChangeable):
            cara.portal.payment_methods.begin_setup(BeginPaymentSetup())
        last, twice = methods[-1], self._shared_beginning(cara)
        with pytest.raises(errors.AmbiguousId):
            cara.portal.payment_methods.show(named(twice))
        with pytest.raises(errors.AmbiguousId):
            cara.portal.payment_methods.authorize(AuthorizeProvider(id=twice, provider="practice"))
        assert cara.portal.payment_methods.show(named(last.id[:-1])) == last

    def _shared_beginning(self, cara: Payer) -> str:
        """How the ids of two of their cards begin; others are tried in the place of these until two do."""
        while len(begins := [method.id[:5] for method in mine(cara)]) == len(set(begins)):
            cara.portal.payment_methods.remove(RemovePaymentMethod(id=mine(cara)[-1].id))
            cara.card()
        return max(begins, key=begins.count)

    @shows("payment_methods.list", errors.NotFound, errors.InvalidInput)
    @shows("payment_methods.show", errors.NotFound)
    @shows("payment_methods.set_default", errors.NotFound)
    @shows("payment_methods.authorize", errors.NotFound)
    @shows("payment_methods.revoke", errors.NotFound)
    @shows("payment_methods.remove", errors.NotFound)
    def test_somebody_elses_card_is_as_good_as_none(self, studio: Studio) -> None:
        cara, dan = payer(studio), payer(studio)
        theirs, methods = dan.card(), cara.portal.payment_methods
        for id_ in (theirs.id, MISSING["payment method"]):
            with pytest.raises(errors.NotFound):
                methods.show(named(id_))
            with pytest.raises(errors.NotFound):
                methods.set_default(named(id_))
            with pytest.raises(errors.NotFound):
                methods.authorize(AuthorizeProvider(id=id_, provider="practice"))
            with pytest.raises(errors.NotFound):
                methods.revoke(RevokeProvider(id=id_, provider="practice"))
            with pytest.raises(errors.NotFound):
                methods.remove(RemovePaymentMethod(id=id_))
        with pytest.raises(errors.NotFound):
            methods.list(ListPaymentMethods(client=dan.id))
        with pytest.raises(errors.InvalidInput):
            studio.staff.payment_methods.list(ListPaymentMethods())
        assert dan.portal.payment_methods.show(named(theirs)) == theirs

    @shows("payment_methods.set_default")
    def test_one_method_is_the_default(self, studio: Studio) -> None:
        cara = payer(studio)
        first, second = cara.card(), cara.card()
        for _ in range(2):
            assert cara.portal.payment_methods.set_default(named(second)).default
        assert [(each.id, each.default) for each in mine(cara)] == [(second.id, True), (first.id, False)]

    @shows("payment_methods.authorize")
    @shows("payment_methods.authorize", errors.InvalidInput)
    @shows("payment_methods.revoke")
    def test_the_owner_says_who_may_charge_up_to_how_much_and_takes_it_back(self, studio: Studio) -> None:
        cara, verdi = payer(studio), studio.colleague()
        method, methods = cara.card(), cara.portal.payment_methods
        asked = AuthorizeProvider(id=method.id, provider=verdi, limit=TEN)
        first = methods.authorize(asked)
        studio.clock.move(timedelta(seconds=5))
        assert methods.authorize(asked) == first, "asked again, nothing changes"
        methods.authorize(AuthorizeProvider(id=method.id, provider="practice"))
        replaced = methods.authorize(AuthorizeProvider(id=method.id, provider=verdi))
        assert [(each.provider_id, each.limit) for each in replaced.authorizations] == [
            ("practice", None),
            (verdi, None),
        ]
        past = (studio.clock() - timedelta(days=2)).date()
        for wrong in ({"until": past}, {"limit": Money(amount=0, currency="EUR")}):
            with pytest.raises(errors.InvalidInput):
                methods.authorize(AuthorizeProvider(id=method.id, provider=verdi, **wrong))
        with pytest.raises(errors.NotFound):
            methods.revoke(RevokeProvider(id=method.id, provider=MISSING["staff"]))
        for _ in range(2):
            left = methods.revoke(RevokeProvider(id=method.id, provider=verdi))
            assert [each.provider_id for each in left.authorizations] == ["practice"]

    @shows("payment_methods.remove")
    @shows("payment_methods.remove", errors.InvoiceUnpaid)
    def test_a_card_that_may_be_charged_for_an_unpaid_invoice_is_removed_only_if_that_is_wanted(
        self, studio: Studio
    ) -> None:
        cara = payer(studio)
        first, second = cara.card(authorize="practice"), cara.card()
        invoice = issued(studio, cara.id)
        with pytest.raises(errors.InvoiceUnpaid):
            cara.portal.payment_methods.remove(RemovePaymentMethod(id=first.id))
        cara.portal.payment_methods.remove(RemovePaymentMethod(id=second.id))
        studio.owner.invoices.void(ChangeInvoiceState(id=invoice.id))
        third = cara.card()
        for _ in range(2):
            cara.portal.payment_methods.remove(RemovePaymentMethod(id=first.id))
        assert [(each.id, each.default) for each in mine(cara)] == [(third.id, True)]
        cara.portal.payment_methods.authorize(AuthorizeProvider(id=third.id, provider="practice"))
        issued(studio, cara.id)
        cara.portal.payment_methods.remove(RemovePaymentMethod(id=third.id, despite_unpaid=True))
        assert mine(cara) == []

    @shows("payment_methods.begin_setup")
    @shows("payment_methods.begin_setup", errors.NotFound, errors.IdempotencyConflict)
    @shows("payment_methods.begin_setup", errors.IdempotencyRunning, certain=False)
    @shows("payment_methods.setup")
    @shows("payment_methods.setup", errors.NotFound)
    def test_a_card_that_is_handed_in_on_the_providers_page_becomes_a_method_as_it_was_wanted(
        self, studio: Studio
    ) -> None:
        cara, dan = payer(studio), payer(studio)
        methods = cara.portal.payment_methods
        first = cara.card()
        asked = BeginPaymentSetup(
            country="IT", default=True, authorize="practice", limit=TEN, idempotency_key=studio.key()
        )
        begun = methods.begin_setup(asked)
        assert (begun.outcome, begun.payment_method_id) == (SetupOutcome.WAITING, None)
        assert begun.url.startswith("https://")
        assert methods.begin_setup(asked) == begun
        at_once(lambda: methods.begin_setup(asked))
        with pytest.raises(errors.IdempotencyConflict):
            methods.begin_setup(asked.model_copy(update={"country": "FR"}))
        with pytest.raises(errors.NotFound):
            methods.begin_setup(BeginPaymentSetup(authorize=MISSING["staff"]))
        for who, id_ in ((dan, begun.id), (cara, MISSING["payment setup"])):
            with pytest.raises(errors.NotFound):
                who.portal.payment_methods.setup(PaymentSetupReference(id=id_))
        done = methods.setup(PaymentSetupReference(id=begun.id))
        assert done.outcome == SetupOutcome.DONE
        assert methods.setup(PaymentSetupReference(id=begun.id)) == done
        made = methods.show(named(done.payment_method_id or ""))
        assert (made.country, made.default, made.authorizations[0].limit) == ("IT", True, TEN)
        assert [each.id for each in mine(cara)] == [made.id, first.id]

    @shows("payment_methods.setup")
    def test_a_page_that_nobody_went_to_expires(self, studio: Studio) -> None:
        cara = payer(studio)
        begun = cara.portal.payment_methods.begin_setup(BeginPaymentSetup())
        studio.clock.move(begun.expires_at - studio.clock())
        cara = Payer(studio.person(cara.identity.name), cara.identity)
        found = cara.portal.payment_methods.setup(PaymentSetupReference(id=begun.id))
        assert (found.outcome, mine(cara)) == (SetupOutcome.EXPIRED, [])

    @shows("payment_methods.list")
    def test_a_card_works_until_its_last_month_ends(self, studio: Studio) -> None:
        with studio.elsewhere() as place:
            cara, now = payer(place), place.clock()
            cara.card(year=now.year, month=now.month + 1)
            seen = []
            for days in (0, 40, 30):
                place.clock.move(timedelta(days=days))
                (method,) = mine(Payer(place.person(cara.identity.name), cara.identity))
                seen.append((method.expires_soon, method.expired))
            assert seen == [(True, False), (True, False), (False, True)]
