"""What a charge needs, what becomes of one whose answer is lost, and how books and payment provider are compared."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.charging import settle_by_reference
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import (
    ChangeInvoiceState,
    DifferenceKind,
    Invoice,
    InvoiceReference,
    PayInvoice,
    Reconcile,
    RefundInvoice,
)
from portalctl.models.money import Money
from portalctl.models.payment_methods import AuthorizeProvider, RemovePaymentMethod, RevokeProvider
from portalctl.models.policy import SetPolicy
from portalctl.storage.sqlite import SqliteStore
from tests.domain.conftest import FakeClock, query
from tests.domain.stopped_charges import DECLINED_LATER, Cut, issued, moved, taking, watch

LATER = timedelta(minutes=11)


def charging(invoice: Invoice, key: str | None = None) -> PayInvoice:
    """The request that charges an invoice."""
    return PayInvoice(id=invoice.id, idempotency_key=key)


def states(portal: EmbeddedPortal, invoice: Invoice) -> list[tuple[str, str | None]]:
    """How each charge of an invoice ended, and why."""
    return [(each.state.value, each.code) for each in portal.invoices.charges(InvoiceReference(id=invoice.id))]


def write(file: Path, sql: str) -> None:
    """Change what the portal's file says, past all rules."""
    store = SqliteStore(file)
    with store.writing() as tx:
        tx.run(sql)
    store.close()


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 8050), ("EUR", 8050), ("KWD", 8051)])
def test_each_currency_is_charged_in_its_own_smallest_unit(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path, currency: str, amount: int
) -> None:
    taking(owner, client, limit={"amount": amount, "currency": currency})
    made = owner.invoices.charge(charging(issued(owner, amount, currency)))
    assert made.amount == Money(amount=amount, currency=currency)
    owner.invoices.refund(RefundInvoice(id=made.invoice_id, amount=1))
    assert moved(portal_file) == ([-1, amount], [-1, amount])
    assert {row["currency"] for row in query(portal_file, "SELECT currency FROM trial_movements")} == {currency}


def test_what_is_missing_is_told_one_by_one(owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock) -> None:
    """In one order: the invoice, who takes payments, a method, its authorization, its expiry, its limit."""
    invoice = issued(owner)

    def refused() -> str:
        with pytest.raises(errors.Refused) as caught:
            owner.invoices.charge(charging(invoice))
        assert caught.value.hint
        return caught.value.code

    assert refused() == "payments_not_taken"
    owner.policy.set(SetPolicy(payment_gateway=GatewayName.TEST))
    assert refused() == "no_payment_method"
    little = {"amount": 7999, "currency": "EUR"}
    method = taking(owner, client, authorize="practice", limit=little, until=clock().date())
    assert refused() == "limit_exceeded"
    client.payment_methods.authorize(
        AuthorizeProvider(id=method.id, provider="practice", limit=Money(amount=8000, currency="CHF"))
    )
    assert refused() == "limit_exceeded", "another currency"
    client.payment_methods.authorize(
        AuthorizeProvider(id=method.id, provider="practice", limit=Money(amount=8000, currency="EUR"))
    )
    clock.now = clock.now.replace(year=2036)
    assert refused() == "card_expired"
    client.payment_methods.authorize(AuthorizeProvider(id=method.id, provider="practice", until=date(2036, 3, 2)))
    clock.advance(timedelta(days=1))
    assert refused() == "not_authorized", "the last day has passed"
    client.payment_methods.revoke(RevokeProvider(id=method.id, provider="practice"))
    assert refused() == "not_authorized"
    client.payment_methods.remove(RemovePaymentMethod(id=method.id))
    assert refused() == "no_payment_method"
    owner.invoices.void(ChangeInvoiceState(id=invoice.id))
    assert refused() == "not_changeable"


def test_a_card_that_another_provider_keeps_is_not_charged(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    """So that a trial never counts as paid once payments are real."""
    taking(owner, client)
    write(portal_file, "UPDATE payment_methods SET gateway = 'stripe'")
    with pytest.raises(errors.NoPaymentMethod):
        owner.invoices.charge(charging(issued(owner)))


@pytest.mark.parametrize("step", ["written", "prepared", "kept", "confirmed"])
def test_a_lost_answer_is_found_out_by_asking(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path, step: str
) -> None:
    taking(owner, client)
    invoice, request = issued(owner), charging(issued(owner), "k")
    cut = watch(owner, Cut(step, "asked"))
    with pytest.raises(errors.GatewayUnreachable):
        cut.invoices.charge(request)
    (row,) = query(portal_file, "SELECT state FROM movements")
    assert row["state"] == "pending"
    assert owner.invoices.charge(request).state == "succeeded"
    assert moved(portal_file) == ([8000], [8000])
    assert watch(owner, Cut("confirmed")).invoices.charge(charging(invoice)).state == "succeeded", "it is asked at once"
    assert moved(portal_file) == ([8000, 8000], [8000, 8000])


def test_while_nothing_is_known_of_a_charge_there_is_no_other_and_the_invoice_stays(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    taking(owner, client)
    invoice = issued(owner)
    with pytest.raises(errors.GatewayUnreachable):
        watch(owner, Cut("confirmed", "asked")).invoices.charge(charging(invoice))
    for portal in (owner, client):
        cut = watch(portal, Cut("asked"))
        with pytest.raises(errors.ChargeRunning):
            (cut.invoices.charge if portal is owner else cut.invoices.pay)(charging(invoice))
    with pytest.raises(errors.ChargeRunning):
        watch(owner, Cut("asked")).invoices.refund(RefundInvoice(id=invoice.id))
    with pytest.raises(errors.NotChangeable):
        owner.invoices.void(ChangeInvoiceState(id=invoice.id))
    assert owner.invoices.reconcile(Reconcile()).settled == 1
    assert client.invoices.show(InvoiceReference(id=invoice.id)).state == "paid"
    assert moved(portal_file) == ([8000], [8000])


def test_a_refund_that_was_under_way_is_ended_and_told_before_there_is_another(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    taking(owner, client)
    invoice = issued(owner)
    owner.invoices.charge(charging(invoice))
    half = RefundInvoice(id=invoice.id, amount=4000)
    with pytest.raises(errors.GatewayUnreachable):
        watch(owner, Cut("given back")).invoices.refund(half)
    with pytest.raises(errors.ChargeRunning, match="has ended: succeeded"):
        owner.invoices.refund(half)
    assert moved(portal_file) == ([-4000, 8000], [-4000, 8000])


def test_a_charge_that_moved_nothing_yet_is_given_up_once_it_is_revoked(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    method = taking(owner, client)
    invoice = issued(owner)
    with pytest.raises(errors.GatewayUnreachable):
        watch(owner, Cut("kept", "asked")).invoices.charge(charging(invoice, "k"))
    client.payment_methods.revoke(RevokeProvider(id=method.id, provider="practice"))
    with pytest.raises(errors.NotAuthorized):
        owner.invoices.charge(charging(invoice))
    with pytest.raises(errors.NotChangeable):
        owner.invoices.charge(charging(invoice, "k"))
    assert states(owner, invoice) == [("failed", "cancelled")]
    assert moved(portal_file) == ([], [])
    client.invoices.pay(charging(invoice))
    assert moved(portal_file) == ([8000], [8000])


def test_an_amount_that_the_provider_does_not_move_is_a_failed_charge(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    def refuse(step: str) -> None:
        if step == "written":
            raise errors.InvalidInput("the least is 0.50 EUR")

    taking(owner, client)
    invoice = issued(owner, 1)
    with pytest.raises(errors.NotChangeable, match="least"):
        watch(owner, refuse).invoices.charge(charging(invoice))
    assert states(owner, invoice) == [("failed", "invalid_input")]


def test_what_the_provider_tells_settles_a_charge_once(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    taking(owner, client)
    invoice = issued(owner)
    with pytest.raises(errors.GatewayUnreachable):
        watch(owner, Cut("confirmed", "asked")).invoices.charge(charging(invoice))
    (row,) = query(portal_file, "SELECT reference FROM movements")
    for reference in ("trial_charge_unknown", row["reference"], row["reference"]):
        settle_by_reference(owner._office, GatewayName.TEST, reference)
    assert states(owner, invoice) == [("succeeded", None)]
    assert moved(portal_file) == ([8000], [8000])
    settled = query(portal_file, "SELECT actor, role FROM audit WHERE action = 'invoices.charge_succeeded'")
    assert settled == [{"actor": "test", "role": "gateway"}]


def test_every_difference_has_its_name(owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path) -> None:
    taking(owner, client)
    made = [owner.invoices.charge(charging(issued(owner))) for _ in range(4)]
    assert owner.invoices.reconcile(Reconcile()).differences == []
    references = [
        query(portal_file, "SELECT reference FROM movements WHERE id = :id", id=each.id)[0]["reference"]
        for each in made
    ]
    write(portal_file, f"UPDATE trial_movements SET amount = 1 WHERE reference = '{references[0]}'")  # noqa: S608  a reference of ours
    write(portal_file, f"UPDATE trial_movements SET standing = 'failed' WHERE reference = '{references[1]}'")  # noqa: S608  likewise
    write(portal_file, f"UPDATE trial_movements SET reference = 'trial_other' WHERE reference = '{references[2]}'")  # noqa: S608  likewise
    found = owner.invoices.reconcile(Reconcile())
    said = {(each.kind, each.reference, each.charge_id, each.in_books, each.at_gateway) for each in found.differences}
    charge = "charge of 80.00 EUR, succeeded"
    assert said == {
        (DifferenceKind.AMOUNT, references[0], made[0].id, "80.00 EUR", "0.01 EUR"),
        (DifferenceKind.STATE, references[1], made[1].id, charge, "charge of 80.00 EUR, failed"),
        (DifferenceKind.ONLY_IN_BOOKS, references[2], made[2].id, charge, None),
        (DifferenceKind.ONLY_AT_GATEWAY, "trial_other", made[2].id, None, charge),
    }
    assert (found.settled, found.compared) == (0, 4)


def test_only_what_began_since_that_day_is_compared(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    taking(owner, client)
    owner.invoices.charge(charging(issued(owner)))
    clock.advance(timedelta(days=40))
    owner.invoices.charge(charging(issued(owner)))
    assert owner.invoices.reconcile(Reconcile()).compared == 1
    assert owner.invoices.reconcile(Reconcile(since=date(2026, 3, 2))).compared == 2
    assert owner.invoices.reconcile(Reconcile(since=date(2026, 5, 1))).compared == 0


def test_a_card_that_was_removed_while_its_provider_was_not_reached_is_forgotten_there_later(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    method = taking(owner, client)
    watch(client, Cut("detached")).payment_methods.remove(RemovePaymentMethod(id=method.id))
    assert len(query(portal_file, "SELECT reference FROM trial_cards")) == 1
    owner.invoices.reconcile(Reconcile())
    assert query(portal_file, "SELECT reference FROM trial_cards") == []


def test_a_charge_and_its_settling_are_rows_of_the_audit_without_the_card(
    owner: EmbeddedPortal, client: EmbeddedPortal, portal_file: Path
) -> None:
    taking(owner, client, DECLINED_LATER)
    with pytest.raises(errors.CardDeclined):
        owner.invoices.charge(charging(issued(owner)))
    rows = query(portal_file, "SELECT action, role FROM audit WHERE subject LIKE 'chg%' ORDER BY position")
    assert [(row["action"], row["role"]) for row in rows] == [
        ("invoices.charge", "owner"),
        ("invoices.charge_failed", "gateway"),
    ]
    assert query(portal_file, "SELECT 1 FROM audit WHERE subject LIKE '%0341%' OR action LIKE '%0341%'") == []
