"""How clients' debts are paid: charged where their owner lets it, paid by themselves, and given back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, NamedTuple

import pytest

from portalctl import errors
from portalctl.contract.portal import Portal
from portalctl.gateways.gateway import Card
from portalctl.gateways.trial import TrialTokenizer
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import (
    ChangeInvoiceState,
    Charge,
    ChargeState,
    Invoice,
    InvoiceReference,
    InvoiceState,
    ListReceipts,
    PayInvoice,
    ReceiptKind,
    Reconcile,
    RefundInvoice,
)
from portalctl.models.money import Money
from portalctl.models.payment_methods import (
    AddPaymentMethod,
    AuthorizeProvider,
    PaymentMethod,
    RemovePaymentMethod,
    RevokeProvider,
)
from portalctl.models.policy import SetPolicy
from portalctl.models.sessions import Identity
from portalctl.testing.at_once import at_once
from portalctl.testing.invoices import issued, owed
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

WORKS, DECLINED_LATER, ASKS_LATER = "4242424242424242", "4000000000000341", "4000003800000446"
NOBODYS = "pay_zzzzzzzzzzzz"
TOTAL = Money(amount=9300, currency="EUR")


class Payer(NamedTuple):
    """A client who may have cards."""

    portal: Portal
    identity: Identity

    @property
    def id(self) -> str:
        """The client's id."""
        assert self.identity.client_id is not None
        return self.identity.client_id

    def card(self, number: str = WORKS, *, year: int = 2035, month: int = 12, **more: Any) -> PaymentMethod:
        """Add a card of the trial."""
        token = TrialTokenizer().token_of(Card(number, month, year, "123"))
        return self.portal.payment_methods.add(AddPaymentMethod(token=token, **more))


def payer(studio: Studio) -> Payer:
    """A new client of a practice that takes payments as a trial."""
    studio.owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))
    return Payer(*studio.newcomer())


def paying(invoice: Invoice | str, **more: Any) -> PayInvoice:
    """The request that pays an invoice."""
    return PayInvoice(id=invoice if isinstance(invoice, str) else invoice.id, **more)


def refunding(invoice: Invoice | str, **more: Any) -> RefundInvoice:
    """The request that gives its money back."""
    return RefundInvoice(id=invoice if isinstance(invoice, str) else invoice.id, **more)


def amounts(portal: Portal, invoice: Invoice) -> tuple[str, int, int, int]:
    """How an invoice stands: its state, and what is paid, refunded and open."""
    found = portal.invoices.show(InvoiceReference(id=invoice.id))
    return found.state, found.paid.amount, found.refunded.amount, found.open.amount


class TestCharges:
    """How `portal.invoices` takes money."""

    @shows("invoices.charge")
    @shows("invoices.charges")
    def test_an_invoice_is_charged_to_the_default_method_and_is_paid(self, studio: Studio) -> None:
        cara = payer(studio)
        cara.card(DECLINED_LATER)
        method, invoice = cara.card(default=True, authorize="practice"), issued(studio, cara.id)
        made = studio.staff.invoices.charge(paying(invoice.number or ""))
        assert (made.state, made.amount, made.card) == (ChargeState.SUCCEEDED, TOTAL, "visa 4242")
        assert (made.invoice_id, made.payment_method_id, made.made_by) == (invoice.id, method.id, "Desk")
        assert amounts(cara.portal, invoice) == ("paid", 9300, 0, 0)
        for portal in (cara.portal, studio.owner):
            assert portal.invoices.charges(InvoiceReference(id=invoice.id)) == [made]

    @shows("invoices.charge", errors.NotAuthorized)
    def test_only_who_is_authorized_may_charge_and_revoking_counts_from_the_next_charge_on(
        self, studio: Studio
    ) -> None:
        cara, verdi, bianchi = payer(studio), studio.colleague(), studio.colleague()
        method = cara.card(authorize=verdi)
        mine, others, last = (issued(studio, cara.id, provider=whose) for whose in (verdi, bianchi, verdi))
        of_all = issued(studio, cara.id)
        assert studio.staff.invoices.charge(paying(mine)).state == ChargeState.SUCCEEDED
        for other in (others, of_all):
            with pytest.raises(errors.NotAuthorized):
                studio.owner.invoices.charge(paying(other))
        cara.portal.payment_methods.revoke(RevokeProvider(id=method.id, provider=verdi))
        with pytest.raises(errors.NotAuthorized):
            studio.practitioner.invoices.charge(paying(last))
        cara.portal.payment_methods.authorize(AuthorizeProvider(id=method.id, provider="practice"))
        for invoice in (others, of_all, last):
            assert studio.owner.invoices.charge(paying(invoice)).state == ChargeState.SUCCEEDED

    @shows("invoices.charge", errors.LimitExceeded)
    def test_a_limit_holds_for_each_charge_and_in_its_own_currency(self, studio: Studio) -> None:
        cara, verdi = payer(studio), studio.colleague()
        method, invoice = cara.card(), issued(studio, cara.id, provider=verdi)

        def allow(provider: str, amount: int, currency: str = "EUR") -> None:
            limit = Money(amount=amount, currency=currency)
            cara.portal.payment_methods.authorize(AuthorizeProvider(id=method.id, provider=provider, limit=limit))

        for provider, limit, currency in ((verdi, 9299, "EUR"), (verdi, 99_999, "USD"), ("practice", 1, "EUR")):
            allow(provider, limit, currency)
            with pytest.raises(errors.LimitExceeded):
                studio.staff.invoices.charge(paying(invoice))
        allow("practice", 9300)
        assert studio.staff.invoices.charge(paying(invoice)).amount == TOTAL

    @shows("invoices.charge", errors.NoPaymentMethod, errors.NotFound)
    @shows("invoices.pay", errors.NoPaymentMethod, errors.NotFound)
    @shows("invoices.refund", errors.NotFound)
    @shows("invoices.charges", errors.NotFound)
    def test_somebody_elses_card_or_invoice_is_as_good_as_none(self, studio: Studio) -> None:
        cara, dan = payer(studio), payer(studio)
        theirs, invoice = dan.card(authorize="practice"), issued(studio, cara.id)
        for named in (None, theirs.id, NOBODYS):
            for pay in (studio.owner.invoices.charge, cara.portal.invoices.pay):
                with pytest.raises(errors.NoPaymentMethod):
                    pay(paying(invoice, payment_method=named))
        gone = cara.card(authorize="practice")
        cara.portal.payment_methods.remove(RemovePaymentMethod(id=gone.id, despite_unpaid=True))
        with pytest.raises(errors.NoPaymentMethod):
            studio.owner.invoices.charge(paying(invoice, payment_method=gone.id))
        for reference in (invoice.id, invoice.number or "", MISSING["invoice"]):
            with pytest.raises(errors.NotFound):
                dan.portal.invoices.pay(paying(reference))
            with pytest.raises(errors.NotFound):
                dan.portal.invoices.charges(InvoiceReference(id=reference))
        with pytest.raises(errors.NotFound):
            studio.owner.invoices.charge(paying(MISSING["invoice"]))
        with pytest.raises(errors.NotFound):
            studio.owner.invoices.refund(refunding(MISSING["invoice"]))

    @shows("invoices.charge", errors.NotChangeable)
    @shows("invoices.pay", errors.NotChangeable)
    @shows("invoices.refund", errors.NotChangeable)
    @shows("invoices.void", errors.NotChangeable)
    def test_only_what_is_owed_is_paid_and_only_what_was_paid_goes_back(self, studio: Studio) -> None:
        cara = payer(studio)
        cara.card(authorize="practice")
        draft, void, paid = owed(studio, cara.id), issued(studio, cara.id), issued(studio, cara.id)
        studio.owner.invoices.void(ChangeInvoiceState(id=void.id))
        cara.portal.invoices.pay(paying(paid))
        for invoice in (draft, void, paid):
            with pytest.raises(errors.NotChangeable):
                studio.owner.invoices.charge(paying(invoice))
        with pytest.raises(errors.NotChangeable):
            cara.portal.invoices.pay(paying(paid))
        for invoice, amount in ((draft, None), (void, 1), (paid, 9301)):
            with pytest.raises(errors.NotChangeable):
                studio.owner.invoices.refund(refunding(invoice, amount=amount))
        with pytest.raises(errors.NotChangeable):
            studio.owner.invoices.void(ChangeInvoiceState(id=paid.id))

    @shows("invoices.pay")
    @shows("invoices.charge", errors.CardDeclined, errors.AuthenticationNeeded)
    @shows("invoices.pay", errors.CardDeclined, errors.AuthenticationNeeded)
    def test_a_refused_card_says_why_stays_in_the_books_and_another_one_pays(self, studio: Studio) -> None:
        cara, owner = payer(studio), studio.owner
        declined, asks = cara.card(DECLINED_LATER, authorize="practice"), cara.card(ASKS_LATER, authorize="practice")
        works, invoice = cara.card(), issued(studio, cara.id)
        for method, failure in ((declined, errors.CardDeclined), (asks, errors.AuthenticationNeeded)):
            for pay in (owner.invoices.charge, cara.portal.invoices.pay):
                key = studio.key()
                for _ in ("at first", "repeated"):
                    with pytest.raises(failure):
                        pay(paying(invoice, payment_method=method.id, idempotency_key=key))
        assert amounts(owner, invoice) == ("issued", 0, 0, 9300)
        made = cara.portal.invoices.pay(paying(invoice, payment_method=works.id))
        attempts = owner.invoices.charges(InvoiceReference(id=invoice.id))
        said = [(each.state, each.code) for each in attempts]
        assert said == [
            *2 * [("failed", "card_declined")],
            *2 * [("failed", "authentication_needed")],
            ("succeeded", None),
        ]
        assert attempts[-1] == made
        assert all(each.message for each in attempts[:-1])

    @shows("invoices.charge", errors.CardExpired, errors.PaymentsNotTaken)
    @shows("invoices.pay", errors.CardExpired, errors.PaymentsNotTaken)
    @shows("invoices.reconcile", errors.PaymentsNotTaken)
    def test_an_expired_card_and_a_practice_that_takes_no_payments_are_told_apart(self, studio: Studio) -> None:
        with studio.elsewhere() as place:
            with pytest.raises(errors.PaymentsNotTaken):
                place.owner.invoices.reconcile(Reconcile())
            cara = payer(place)
            today = place.clock()
            cara.card(year=today.year, month=today.month, authorize="practice")
            invoice = issued(place, cara.id)
            place.owner.policy.set(SetPolicy(payment_gateway=GatewayName.NONE))
            for failure, later in ((errors.PaymentsNotTaken, timedelta()), (errors.CardExpired, timedelta(days=31))):
                place.clock.move(later)
                cara = Payer(place.person(cara.identity.name), cara.identity)
                with pytest.raises(failure):
                    place.owner.invoices.charge(paying(invoice))
                with pytest.raises(failure):
                    cara.portal.invoices.pay(paying(invoice))
                place.owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))

    @shows("invoices.refund")
    @shows("invoices.receipts")
    def test_half_goes_back_and_then_the_rest(self, studio: Studio) -> None:
        cara = payer(studio)
        cara.card(authorize="practice")
        invoice = issued(studio, cara.id)
        made = studio.owner.invoices.charge(paying(invoice))
        half = studio.staff.invoices.refund(refunding(invoice, amount=4650))
        assert (half.state, half.amount.amount, half.charge_id) == (ChargeState.SUCCEEDED, 4650, made.id)
        assert amounts(cara.portal, invoice) == ("paid", 9300, 4650, 0)
        rest = studio.owner.invoices.refund(refunding(invoice))
        assert amounts(cara.portal, invoice) == (InvoiceState.REFUNDED, 9300, 9300, 0)
        told = cara.portal.invoices.receipts(ListReceipts()).items
        assert {(each.id, each.kind, each.amount.amount) for each in told} == {
            (made.id, ReceiptKind.PAYMENT, 9300),
            (half.id, ReceiptKind.REFUND, 4650),
            (rest.id, ReceiptKind.REFUND, 4650),
        }
        assert {(each.number, each.card, each.client_id) for each in told} == {(invoice.number, "visa 4242", cara.id)}
        assert studio.staff.invoices.receipts(ListReceipts(client=cara.id)).items == told

    @shows("invoices.receipts", errors.NotFound, errors.InvalidInput)
    def test_receipts_are_read_page_by_page_and_are_ones_own(self, studio: Studio) -> None:
        cara, dan = payer(studio), payer(studio)
        cara.card()
        for _ in range(3):
            cara.portal.invoices.pay(paying(issued(studio, cara.id)))
        first = cara.portal.invoices.receipts(ListReceipts(limit=2))
        rest = cara.portal.invoices.receipts(ListReceipts(limit=2, cursor=first.next))
        assert (len(first.items), len(rest.items), rest.next) == (2, 1, None)
        assert [*first.items, *rest.items] == cara.portal.invoices.receipts(ListReceipts()).items
        assert dan.portal.invoices.receipts(ListReceipts()).items == []
        with pytest.raises(errors.NotFound):
            dan.portal.invoices.receipts(ListReceipts(client=cara.id))
        with pytest.raises(errors.InvalidInput):
            cara.portal.invoices.receipts(ListReceipts(cursor="somewhere"))

    @shows("invoices.reconcile")
    def test_the_books_say_what_the_payment_provider_says(self, studio: Studio) -> None:
        cara = payer(studio)
        cara.card(authorize="practice")
        invoice = issued(studio, cara.id)
        before = studio.owner.invoices.reconcile(Reconcile(since=studio.clock().date()))
        studio.owner.invoices.charge(paying(invoice))
        studio.owner.invoices.refund(refunding(invoice, amount=1))
        after = studio.staff.invoices.reconcile(Reconcile(since=studio.clock().date()))
        assert after.compared == before.compared + 2
        assert (after.settled, after.differences) == (0, [])

    @shows("invoices.charge", errors.IdempotencyConflict)
    @shows("invoices.pay", errors.IdempotencyConflict)
    @shows("invoices.refund", errors.IdempotencyConflict)
    def test_one_intent_moves_money_once_however_much_later_it_is_repeated(self, studio: Studio) -> None:
        cara, owner = payer(studio), studio.owner
        cara.card(authorize="practice")
        first, second = issued(studio, cara.id), issued(studio, cara.id)
        key, back = studio.key(), studio.key()
        made = owner.invoices.charge(paying(first, idempotency_key=key))
        half = owner.invoices.refund(refunding(first, amount=100, idempotency_key=back))
        mine = cara.portal.invoices.pay(paying(second, idempotency_key=key))
        studio.clock.move(timedelta(days=2))
        owner, portal = studio.owner, studio.person(cara.identity.name)
        assert owner.invoices.charge(paying(first, idempotency_key=key)) == made
        assert owner.invoices.refund(refunding(first, amount=100, idempotency_key=back)) == half
        assert portal.invoices.pay(paying(second, idempotency_key=key)) == mine
        assert amounts(owner, first) == ("paid", 9300, 100, 0)
        for ask in (
            lambda: owner.invoices.charge(paying(second, idempotency_key=key)),
            lambda: portal.invoices.pay(paying(first, idempotency_key=key)),
            lambda: owner.invoices.refund(refunding(first, amount=200, idempotency_key=back)),
        ):
            with pytest.raises(errors.IdempotencyConflict):
                ask()

    @shows("invoices.charge", errors.IdempotencyRunning, errors.ChargeRunning, certain=False)
    @shows("invoices.pay", errors.IdempotencyRunning, errors.ChargeRunning, certain=False)
    @shows("invoices.refund", errors.IdempotencyRunning, errors.ChargeRunning, certain=False)
    def test_several_who_charge_at_the_same_time_charge_once(self, studio: Studio) -> None:
        cara, owner, staff = payer(studio), studio.owner, studio.staff
        cara.card(authorize="practice")
        first, second = issued(studio, cara.id), issued(studio, cara.id)
        charge, pay = paying(first, idempotency_key=studio.key()), paying(second, idempotency_key=studio.key())
        at_once(lambda: owner.invoices.charge(charge))
        at_once(lambda: cara.portal.invoices.pay(pay))
        back = refunding(first, amount=5000, idempotency_key=studio.key())
        at_once(lambda: owner.invoices.refund(back))
        assert amounts(owner, first) == ("paid", 9300, 5000, 0)

        third = issued(studio, cara.id)
        calls = (owner.invoices.charge, staff.invoices.charge, cara.portal.invoices.pay)
        ready = Barrier(len(calls))

        def ask(call: Any) -> Charge | None:
            ready.wait(60)
            try:
                charged: Charge = call(paying(third))
            except (errors.ChargeRunning, errors.NotChangeable):
                return None
            return charged

        with ThreadPoolExecutor(len(calls)) as pool:
            told = [each for each in pool.map(ask, calls) if each is not None]
        assert amounts(owner, third) == ("paid", 9300, 0, 0)
        moved = [
            each
            for each in owner.invoices.charges(InvoiceReference(id=third.id))
            if each.state is ChargeState.SUCCEEDED
        ]
        assert len(moved) == 1
        assert all(each in moved for each in told)
