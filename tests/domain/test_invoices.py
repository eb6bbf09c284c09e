"""Invoices: where each may go from where it is, numbers without gaps, and the fees of the booking policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import invoice_moves
from portalctl.domain.invoice_moves import MOVES
from portalctl.domain.invoicing import tax_on
from portalctl.models.appointments import AppointmentReference, CancelAppointment
from portalctl.models.documents import DocumentReference, ListDocuments
from portalctl.models.invoices import (
    ChangeInvoiceState,
    CreateInvoice,
    Invoice,
    InvoiceItem,
    InvoiceReference,
    InvoiceState,
    ListInvoices,
)
from portalctl.models.money import Money
from portalctl.models.outbox import ListLetters
from portalctl.models.policy import SetPolicy
from portalctl.storage import invoices
from portalctl.storage.sqlite import SqliteStore
from tests.domain.booking_setup import ANNA, book, moment, offer
from tests.domain.conftest import ANNA_EMAIL, MORNING, FakeClock, query

NINE = moment("2026-03-10 09:00")
TODAY = date(2026, 3, 2)
DRAFT, ISSUED, PARTLY_PAID, PAID, VOID, REFUNDED = InvoiceState

ALLOWED = {
    *((DRAFT, ISSUED), (DRAFT, VOID)),
    *((ISSUED, PARTLY_PAID), (ISSUED, PAID), (ISSUED, VOID)),
    *((PARTLY_PAID, PARTLY_PAID), (PARTLY_PAID, PAID), (PARTLY_PAID, REFUNDED)),
    (PAID, REFUNDED),
}


def owed(owner: EmbeddedPortal, **more: object) -> Invoice:
    """A draft for Anna over 100.00 EUR."""
    item = InvoiceItem(text="Visit", amount=10_000)
    return owner.invoices.create(
        CreateInvoice.model_validate({"client": ANNA, "items": [item], "currency": "EUR", **more})
    )


def issued(owner: EmbeddedPortal, **more: object) -> Invoice:
    """One that was issued."""
    return owner.invoices.issue(ChangeInvoiceState(id=owed(owner, **more).id))


@pytest.fixture
def store(portal_file: Path) -> SqliteStore:
    """The portal's own store."""
    return SqliteStore(portal_file)


def put_into(store: SqliteStore, owner: EmbeddedPortal, state: InvoiceState) -> Invoice:
    """An invoice of 100.00 EUR in that state, as the moves before it would have left it."""
    made = owed(owner) if state is DRAFT else issued(owner)
    paid = {PARTLY_PAID: 4_000, PAID: 10_000, REFUNDED: 10_000}.get(state, 0)
    with store.writing() as tx:
        invoices.change(tx, made.id, state=state.value, paid=paid, refunded=paid if state is REFUNDED else 0)
    return owner.invoices.show(InvoiceReference(id=made.id))


@pytest.mark.parametrize(("before", "after"), list(product(InvoiceState, repeat=2)))
def test_each_cell_of_the_table_of_moves(
    store: SqliteStore, owner: EmbeddedPortal, before: InvoiceState, after: InvoiceState
) -> None:
    """A move is made where it is allowed, and else refused with nothing changed."""
    invoice = put_into(store, owner, before)
    assert (after in MOVES[before]) == ((before, after) in ALLOWED)
    is_there = (before, after) in {
        (ISSUED, ISSUED),
        (PARTLY_PAID, ISSUED),
        (PAID, ISSUED),
        (REFUNDED, ISSUED),
        (VOID, VOID),
    }
    move = _moves(store, owner, invoice)[after]
    if (before, after) in ALLOWED:
        move()
        assert owner.invoices.show(InvoiceReference(id=invoice.id)).state is after
    elif is_there and after in (ISSUED, VOID):
        move()
        assert owner.invoices.show(InvoiceReference(id=invoice.id)) == invoice, "repeating it changes nothing"
    else:
        with pytest.raises(errors.NotChangeable):
            move()
        assert owner.invoices.show(InvoiceReference(id=invoice.id)) == invoice
    store.close()


def _moves(store: SqliteStore, owner: EmbeddedPortal, invoice: Invoice) -> dict[InvoiceState, Callable[[], object]]:
    """How an invoice comes into each state."""

    def pay(amount: int) -> None:
        with store.writing() as tx:
            invoice_moves.take_payment(tx, invoice, amount, 1)

    def refund() -> None:
        with store.writing() as tx:
            invoice_moves.give_back(tx, invoice, invoice.paid.amount - invoice.refunded.amount or 1)

    def never() -> None:
        invoice_moves.require_move(invoice, DRAFT)

    named = ChangeInvoiceState(id=invoice.id)
    return {
        DRAFT: never,
        ISSUED: lambda: owner.invoices.issue(named),
        PARTLY_PAID: lambda: pay(1_000),
        PAID: lambda: pay(invoice.total.amount - invoice.paid.amount or 1),
        VOID: lambda: owner.invoices.void(named),
        REFUNDED: refund,
    }


def test_what_went_back_is_not_owed_again(store: SqliteStore, owner: EmbeddedPortal) -> None:
    invoice = put_into(store, owner, PAID)
    with store.writing() as tx:
        invoice_moves.give_back(tx, invoice, 4_000)
        half = invoices.get(tx, invoice.id, TODAY)
        assert (half.state, half.refunded.amount, half.open.amount) == (PAID, 4_000, 0)
        with pytest.raises(errors.NotChangeable):
            invoice_moves.give_back(tx, half, 6_001)
        invoice_moves.give_back(tx, half, 6_000)
        assert invoices.get(tx, invoice.id, TODAY).state is REFUNDED
    store.close()


def test_an_invoice_that_could_not_be_issued_takes_no_number(
    store: SqliteStore, owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """Number, state and document come together or not at all."""
    first, draft = issued(owner), owed(owner)
    with store.writing() as tx:
        tx.run("CREATE TRIGGER full BEFORE INSERT ON documents BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(Exception, match="full"):
        owner.invoices.issue(ChangeInvoiceState(id=draft.id))
    assert owner.invoices.show(InvoiceReference(id=draft.id)) == draft
    with store.writing() as tx:
        tx.run("DROP TRIGGER full")
    assert (first.number, owner.invoices.issue(ChangeInvoiceState(id=draft.id)).number) == ("0001", "0002")
    assert {each.title for each in client.documents.list(ListDocuments()).items} == {"Invoice 0001", "Invoice 0002"}
    store.close()


def test_the_client_is_told_and_reads_the_invoice_but_cannot_touch_it(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    invoice = issued(owner)
    assert invoice.document_id is not None
    letters = [each.kind.value for each in owner.outbox.list(ListLetters()).items if each.recipient == ANNA_EMAIL]
    assert letters.count("documents") == 1
    named = DocumentReference(id=invoice.document_id)
    assert client.documents.show(named).folder == "Invoices"
    with pytest.raises(errors.NotYours):
        client.documents.delete(named)
    with pytest.raises(errors.NotFound):
        other_client.documents.show(named)


def test_an_invoice_is_overdue_from_the_day_after_in_the_practices_zone(
    owner: EmbeddedPortal, clock: FakeClock
) -> None:
    invoice = issued(owner, due_on=TODAY)
    last_second = moment("2026-03-03 00:00") - timedelta(seconds=1)
    for now, is_overdue in ((MORNING, False), (last_second, False), (last_second + timedelta(seconds=1), True)):
        clock.now = now
        assert owner.invoices.show(InvoiceReference(id=invoice.id)).overdue is is_overdue
        listed = owner.invoices.list(ListInvoices(overdue=True)).items
        assert [each.id for each in listed] == ([invoice.id] if is_overdue else [])
    owner.invoices.void(ChangeInvoiceState(id=invoice.id))
    assert owner.invoices.list(ListInvoices(overdue=True)).items == []


@pytest.mark.parametrize(
    ("net", "rate", "tax"), [(1, 0, 0), (1, 5000, 1), (1, 4999, 0), (9300, 2250, 2093), (10**11, 10_000, 10**11)]
)
def test_tax_counts_half_a_unit_as_a_whole(net: int, rate: int, tax: int) -> None:
    assert tax_on(net, rate) == tax


class TestFees:
    """What was cancelled late or missed makes a draft, once."""

    def test_none_is_drafted_without_a_policy_or_when_the_practice_cancels(
        self, owner: EmbeddedPortal, client: EmbeddedPortal
    ) -> None:
        offer(owner, cancellation_notice_minutes=525_600, late_cancellation="recorded")
        client.appointments.cancel(CancelAppointment(id=book(client, NINE).id))
        owner.policy.set(SetPolicy(late_cancellation_fee=Money(amount=3000, currency="EUR")))
        owner.appointments.cancel(CancelAppointment(id=book(client, NINE).id))
        owner.policy.set(SetPolicy(late_cancellation_fee=Money(amount=0, currency="EUR")))
        client.appointments.cancel(CancelAppointment(id=book(client, NINE).id))
        assert owner.invoices.list(ListInvoices()).items == []

    def test_it_says_what_for_and_is_the_services_where_that_has_its_own(
        self, owner: EmbeddedPortal, client: EmbeddedPortal
    ) -> None:
        offer(owner, cancellation_notice_minutes=525_600, late_cancellation="recorded")
        owner.policy.set(SetPolicy(late_cancellation_fee=Money(amount=3000, currency="EUR")))
        owner.policy.set(SetPolicy(service="Session", late_cancellation_fee=Money(amount=4000, currency="JPY")))
        cancelled = client.appointments.cancel(CancelAppointment(id=book(client, NINE).id))
        client.appointments.cancel(CancelAppointment(id=cancelled.id))
        (fee,) = owner.invoices.list(ListInvoices()).items
        assert (fee.state, str(fee.total), fee.appointment_id) == (DRAFT, "4000 JPY", cancelled.id)
        assert fee.items[0].text == "Cancelled late: Session, Tue 10 Mar 2026 09:00 CET"
        assert fee.provider_id == cancelled.practitioner_id
        assert client.invoices.list(ListInvoices()).items == [], "the client sees no drafts"

    def test_one_that_was_issued_stays_when_the_client_came_after_all(
        self, owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
    ) -> None:
        offer(owner, no_show_fee=Money(amount=5000, currency="EUR"))
        named = AppointmentReference(id=book(client, NINE).id)
        clock.now = NINE
        owner.appointments.no_show(named)
        owner.appointments.attended(named)
        owner.appointments.no_show(named)
        made = {each.state: each.id for each in owner.invoices.list(ListInvoices()).items}
        assert made.keys() == {VOID, DRAFT}
        owner.invoices.issue(ChangeInvoiceState(id=made[DRAFT]))
        owner.appointments.attended(named)
        owner.appointments.no_show(named)
        states = sorted(each.state.value for each in owner.invoices.list(ListInvoices()).items)
        assert states == ["issued", "void"], "no second fee beside the one that stands"

    def test_a_fee_is_on_record_beside_what_made_it(
        self, owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, portal_file: Path
    ) -> None:
        offer(owner, no_show_fee=Money(amount=5000, currency="EUR"))
        named = AppointmentReference(id=book(client, NINE).id)
        clock.now = NINE
        owner.appointments.no_show(named)
        rows = query(portal_file, "SELECT subject FROM audit WHERE action = 'appointments.no_show'")
        assert {row["subject"][:4] for row in rows} == {"apt_", "ivc_"}
