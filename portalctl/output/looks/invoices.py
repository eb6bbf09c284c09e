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


LOOKS: dict[str, Look] = {
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
            Column("Invoice", lambda row: row.invoice_id or row.message),
        ),
    ),
}
