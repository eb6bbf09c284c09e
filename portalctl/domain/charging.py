"""Charges of invoices, refunds of them, and the receipts of both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from portalctl import errors
from portalctl.contract import invoices as contract
from portalctl.domain import cursors, policy
from portalctl.domain.charge_terms import allowed_by, method_for
from portalctl.domain.clients import find_client
from portalctl.domain.idempotency import earlier, fingerprint, remember
from portalctl.domain.ids import new_id
from portalctl.domain.invoicing import find_invoice, hold_invoice, practice_day
from portalctl.domain.moving_money import amount_of, carry_on, catch_up, refuse
from portalctl.domain.office import Office, Visit
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import (
    Charge,
    ChargeState,
    Invoice,
    InvoiceReference,
    InvoiceState,
    ListReceipts,
    PayInvoice,
    Receipt,
    ReceiptKind,
    Refund,
    RefundInvoice,
)
from portalctl.models.money import Money
from portalctl.models.values import Page
from portalctl.storage import charges as stored
from portalctl.storage.engine import Row, Transaction


class _Begun(NamedTuple):
    """A charge or refund that is written down; `is_own` if the request led to it, and not another one."""

    row: Row
    is_own: bool


def charge(office: Office, request: PayInvoice) -> Charge:
    """Take what is open from a method whose owner lets this provider."""
    return _charge_of(_carried_out(office, contract.Invoices.charge, request, _begin_charge))


def pay(office: Office, request: PayInvoice) -> Charge:
    """Pay what is open of one's own invoice."""
    return _charge_of(_carried_out(office, contract.Invoices.pay, request, _begin_charge))


def refund(office: Office, request: RefundInvoice) -> Refund:
    """Give money back that was paid."""
    return _refund_of(_carried_out(office, contract.Invoices.refund, request, _begin_refund))


def charges(office: Office, request: InvoiceReference) -> list[Charge]:
    """Every attempt to take money for an invoice, oldest first."""
    with office.visit(contract.Invoices.charges) as visit:
        invoice = find_invoice(visit, request.id)
        visit.record_read(invoice.id, invoice.client_id)
        return [_charge_of(row) for row in stored.of_invoice(visit.transaction, invoice.id)]


def receipts(office: Office, request: ListReceipts) -> Page[Receipt]:
    """Money that moved, newest first."""
    after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
    with office.visit(contract.Invoices.receipts) as visit:
        client_id = find_client(visit, request.client).id if request.client is not None else visit.own_client
        found = stored.receipts(visit.transaction, client_id, stored.Part(after, request.limit + 1))
        shown = found[: request.limit]
        subjects = dict.fromkeys(row["client_id"] for row in shown) if client_id is None else (client_id,)
        for subject in subjects:
            visit.record_read(subject, subject)
    last = shown[-1] if len(found) > len(shown) else None
    return Page(
        items=[_receipt_of(row) for row in shown],
        next=cursors.pack(last["settled_at"], last["id"]) if last is not None else None,
    )


def require_none_running(tx: Transaction, invoice: Invoice) -> None:
    """See that no money is on its way for an invoice, which the caller holds. Raises NotChangeable."""
    if stored.running(tx, invoice.id) is not None:
        raise errors.NotChangeable(
            f"a charge or refund of invoice {invoice.number or invoice.id} is under way",
            "settle it first: portalctl practice invoices reconcile",
        )


def settle_by_reference(office: Office, gateway: GatewayName, reference: str) -> None:
    """Settle what a provider tells of, if it is this portal's and still under way; harmless to repeat.

    Raises GatewayUnreachable, PaymentsNotTaken, NotFound.
    """
    with office.store.reading() as tx:
        row = stored.by_reference(tx, gateway.value, reference)
    if row is not None and row["state"] == ChargeState.PENDING:
        catch_up(office, row)


_Begin = Callable[[Office, Visit, Any], _Begun]


def _carried_out(office: Office, operation: Callable[..., Any], request: Any, begin: _Begin) -> Row:
    """Write a charge or refund down and carry it out. One that is in its way is carried on first.

    Raises ChargeRunning, GatewayUnreachable, and why it failed.
    """
    begun = _begun(office, operation, request, begin)
    if not begun.is_own:
        try:
            other = carry_on(office, begun.row, insists=False)
        except (errors.GatewayUnreachable, errors.NotFound, errors.PaymentsNotTaken):
            raise _running(begun.row) from None
        if isinstance(request, RefundInvoice) and other["charge_id"] is not None:
            raise errors.ChargeRunning(
                f"a refund of {amount_of(other)} was under way and has ended: {other['state']}",
                "if more is to go back, say it again",
            )
        begun = _begun(office, operation, request, begin)
        if not begun.is_own:
            raise _running(begun.row)
    row = begun.row
    if row["state"] == ChargeState.PENDING:
        row = carry_on(office, row, insists=True)
    if row["state"] == ChargeState.FAILED:
        refuse(row)
    return row


def _begun(office: Office, operation: Callable[..., Any], request: Any, begin: _Begin) -> _Begun:
    """What the same intent led to before, or what is in the way, or a new one."""
    with office.visit(operation) as visit:
        before = earlier(visit, request.idempotency_key, request)
        row = _made_before(visit, request)
        if row is not None:
            return _Begun(row, is_own=True)
        assert before is None  # noqa: S101  what is remembered is in the books
        begun = begin(office, visit, request)
        if begun.is_own:
            visit.record(begun.row["id"], begun.row["client_id"])
            remember(visit, request.idempotency_key, request, [begun.row["id"]])
        return begun


def _made_before(visit: Visit, request: PayInvoice | RefundInvoice) -> Row | None:
    """What the same intent led to, however long ago: money moves once. Raises IdempotencyConflict."""
    if request.idempotency_key is None:
        return None
    row = stored.by_intent(visit.transaction, _intent(visit, request.idempotency_key))
    if row is not None and row["asked"] != fingerprint(visit, request):
        raise errors.IdempotencyConflict(
            "this idempotency key was used for something else", "use a new key for a new intent"
        )
    return row


def _intent(visit: Visit, key: str) -> str:
    return hashlib.sha256(f"{visit.caller.account_id} {key}".encode()).hexdigest()


def _begin_charge(office: Office, visit: Visit, request: PayInvoice) -> _Begun:
    """Write a charge of what is open down, if it may be made."""
    tx = visit.transaction
    invoice = hold_invoice(visit, request.id)
    if invoice.state not in (InvoiceState.ISSUED, InvoiceState.PARTLY_PAID):
        is_draft = invoice.state is InvoiceState.DRAFT
        hint = "issue it first: portalctl practice invoices issue" if is_draft else "see it: portalctl invoices show"
        state = invoice.state.value.replace("_", " ")
        raise errors.NotChangeable(f"invoice {invoice.number or invoice.id} is {state}: nothing is to be paid", hint)
    running = stored.running(tx, invoice.id)
    if running is not None:
        return _Begun(running, is_own=False)
    name, day = GatewayName(policy.of_practice(tx).payment_gateway), practice_day(tx, visit.now)
    office.gateway(name)
    method = method_for(tx, invoice, request.payment_method, name, day)
    by_owner = visit.own_client is not None
    return _write(
        visit,
        request,
        invoice,
        invoice.open,
        method_id=method.id,
        gateway=name.value,
        provider_id=allowed_by(method, invoice, invoice.open, day, by_owner=by_owner),
    )


def _begin_refund(office: Office, visit: Visit, request: RefundInvoice) -> _Begun:
    """Write a refund down, if so much was paid and has not gone back."""
    tx = visit.transaction
    invoice = hold_invoice(visit, request.id)
    running = stored.running(tx, invoice.id)
    if running is not None:
        return _Begun(running, is_own=False)
    paid = stored.refundable(tx, invoice.id)
    left = paid["left_over"] if paid is not None else 0
    wanted = left if request.amount is None else request.amount
    if paid is None or wanted > left:
        most = Money(amount=left, currency=invoice.total.currency)
        raise errors.NotChangeable(
            f"of invoice {invoice.number or invoice.id} {most} can go back",
            "give back no more than that: --amount" if left else "see it with: portalctl practice invoices show",
        )
    office.gateway(GatewayName(paid["gateway"]))
    return _write(
        visit,
        request,
        invoice,
        Money(amount=wanted, currency=paid["currency"]),
        charge_id=paid["id"],
        method_id=paid["method_id"],
        gateway=paid["gateway"],
    )


def _write(
    visit: Visit, request: PayInvoice | RefundInvoice, invoice: Invoice, amount: Money, **columns: str | None
) -> _Begun:
    """Write down what is about to be asked for."""
    tx, key = visit.transaction, request.idempotency_key
    made = new_id("rfd" if "charge_id" in columns else "chg")
    stored.insert(
        tx,
        invoice_id=invoice.id,
        id=made,
        client_id=invoice.client_id,
        amount=amount.amount,
        currency=amount.currency,
        made_by=visit.caller.person_id,
        created_at=visit.second,
        intent=_intent(visit, key) if key is not None else None,
        asked=fingerprint(visit, request) if key is not None else None,
        **columns,
    )
    row = stored.get(tx, made)
    assert row is not None  # noqa: S101  it was just written
    return _Begun(row, is_own=True)


def _running(row: Row) -> errors.ChargeRunning:
    what = "refund" if row["charge_id"] is not None else "charge"
    return errors.ChargeRunning(
        f"a {what} of {amount_of(row)} for this invoice waits for the payment provider's word",
        "ask again in a moment, or settle it: portalctl practice invoices reconcile",
    )


def _card(row: Row) -> str:
    return f"{row['brand']} {row['last4']}"


def _charge_of(row: Row) -> Charge:
    return Charge(**_told(row), payment_method_id=row["method_id"], card=_card(row))


def _refund_of(row: Row) -> Refund:
    return Refund(**_told(row), charge_id=row["charge_id"])


def _told(row: Row) -> dict[str, Any]:
    same = ("id", "invoice_id", "state", "code", "message", "created_at", "settled_at")
    return {**{name: row[name] for name in same}, "amount": amount_of(row), "made_by": row["maker"]}


def _receipt_of(row: Row) -> Receipt:
    return Receipt(
        id=row["id"],
        kind=ReceiptKind.REFUND if row["charge_id"] is not None else ReceiptKind.PAYMENT,
        invoice_id=row["invoice_id"],
        number=f"{row['number']:04}",
        client_id=row["client_id"],
        client=row["client"],
        card=_card(row),
        amount=amount_of(row),
        at=row["settled_at"],
    )
