"""How invoices look, and the money that moves for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalctl.output.columns import ID, Column, Look


def _what_for(invoice: Any) -> str:
    """Its first item, and how many more there are."""
    first, *more = invoice.items
    return f"{first.text} (+{len(more)})" if more else str(first.text)


def _state(invoice: Any) -> str:
    """How far it is, or that it should have been paid."""
    return "overdue" if invoice.overdue else str(invoice.state).replace("_", " ")


def _detail(invoice: Any) -> Iterable[tuple[object, object]]:
    """What there is to say of an invoice; its amounts of nothing are left out."""
    told = [
        ("ID", invoice.id),
        ("Number", invoice.number),
        ("State", _state(invoice)),
        ("Client", invoice.client),
        ("With", invoice.provider),
        ("Appointment", invoice.appointment_id),
        ("Because of", invoice.reason and str(invoice.reason).replace("_", " ")),
        *_items(invoice),
        *([("Net", invoice.net), ("Tax", invoice.tax)] if invoice.tax_rate else []),
        ("Total", invoice.total),
        ("Paid", invoice.paid if invoice.paid.amount else None),
        ("Refunded", invoice.refunded if invoice.refunded.amount else None),
        ("Open", invoice.open),
        ("Due", invoice.due_on),
        ("Document", invoice.document_id),
        ("Drafted", invoice.created_at),
        ("Issued", invoice.issued_at),
        ("Settled", invoice.settled_at),
    ]
    return [(label, value) for label, value in told if value is not None]


def _items(invoice: Any) -> Iterable[tuple[str, str]]:
    is_one = len(invoice.items) == 1
    for number, item in enumerate(invoice.items, 1):
        amount = invoice.total.model_copy(update={"amount": item.amount})
        yield "Item" if is_one else f"Item {number}", f"{item.text}: {amount}"


def _signed(receipt: Any) -> str:
    """How much the client paid; what went back to them has a minus."""
    return f"-{receipt.amount}" if receipt.kind == "refund" else str(receipt.amount)


def _movement(movement: Any) -> Iterable[tuple[object, object]]:
    """What there is to say of a charge or refund."""
    told = [
        ("ID", movement.id),
        ("Invoice", movement.invoice_id),
        ("Amount", movement.amount),
        ("Card", getattr(movement, "card", None)),
        ("Of charge", getattr(movement, "charge_id", None)),
        ("State", movement.state),
        ("Why", movement.message),
        ("By", movement.made_by),
        ("Begun", movement.created_at),
        ("Settled", movement.settled_at),
    ]
    return [(label, value) for label, value in told if value is not None]


def _reconciliation(found: Any) -> Iterable[tuple[object, object]]:
    yield "Settled", found.settled
    yield "Compared", found.compared
    yield "Differences", len(found.differences) or "none"
    for each in found.differences:
        here, there = each.in_books or "nothing", each.at_gateway or "nothing"
        about = f" (invoice {each.invoice_id})" if each.invoice_id else ""
        yield str(each.kind).replace("_", " "), f"{each.reference}{about}: in the books {here}; there {there}"


_MOVEMENT = (
    ID,
    Column("Amount", "amount", whole=True),
    Column("State", "state", whole=True),
    Column("By", "made_by"),
    Column("Begun", "created_at", whole=True),
    Column("Why", "message"),
)

LOOKS: dict[str, Look] = {
    "Charge": Look("charges", (*_MOVEMENT[:2], Column("Card", "card", whole=True), *_MOVEMENT[2:]), _movement),
    "Refund": Look("refunds", _MOVEMENT, _movement),
    "Receipt": Look(
        "receipts",
        (
            ID,
            Column("Invoice", "number", whole=True),
            Column("Client", "client"),
            Column("Amount", _signed, whole=True),
            Column("Card", "card", whole=True),
            Column("When", "at", whole=True),
        ),
    ),
    "Reconciliation": Look(
        "reconciliations", (Column("Settled", "settled"), Column("Compared", "compared")), _reconciliation
    ),
    "Invoice": Look(
        "invoices",
        (
            ID,
            Column("Number", "number", whole=True),
            Column("Client", "client"),
            Column("What for", _what_for),
            Column("Total", "total", whole=True),
            Column("Open", "open", whole=True),
            Column("Due", "due_on", whole=True),
            Column("State", _state, whole=True),
        ),
        _detail,
    ),
    "ImportedInvoice": Look(
        "invoices",
        (
            Column("Row", "row", whole=True),
            Column("Client", "client"),
            Column("Total", "total", whole=True),
            Column("Status", "status", whole=True),
            Column("Number", "number", whole=True),
            Column("Invoice", "invoice_id", whole=True),
            Column("State", lambda row: row.message or (row.state and str(row.state).replace("_", " "))),
        ),
    ),
}
