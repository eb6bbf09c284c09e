"""How far an invoice may go from where it is: one table, and what money that moved makes of an invoice."""

from __future__ import annotations

from portalctl import errors
from portalctl.models.invoices import Invoice, InvoiceState
from portalctl.storage import invoices
from portalctl.storage.engine import Transaction

MOVES: dict[str, frozenset[InvoiceState]] = {
    InvoiceState.DRAFT: frozenset({InvoiceState.ISSUED, InvoiceState.VOID}),
    InvoiceState.ISSUED: frozenset({InvoiceState.PARTLY_PAID, InvoiceState.PAID, InvoiceState.VOID}),
    InvoiceState.PARTLY_PAID: frozenset({InvoiceState.PARTLY_PAID, InvoiceState.PAID, InvoiceState.REFUNDED}),
    InvoiceState.PAID: frozenset({InvoiceState.REFUNDED}),
    InvoiceState.VOID: frozenset(),
    InvoiceState.REFUNDED: frozenset(),
}
"""The states that may follow each. What was issued is a draft never again, and what took money is never void."""

_HINTS = {
    InvoiceState.DRAFT: "issue it first: portalctl practice invoices issue",
    InvoiceState.PARTLY_PAID: "give back what was paid: portalctl practice invoices refund",
    InvoiceState.PAID: "give back what was paid: portalctl practice invoices refund",
}


def require_move(invoice: Invoice, to: InvoiceState) -> None:
    """Let pass what the table allows. Raises NotChangeable."""
    if to not in MOVES.get(invoice.state, ()):
        raise errors.NotChangeable(
            f"invoice {invoice.number or invoice.id} is {_word(invoice.state)} and cannot become {_word(to)}",
            _HINTS.get(invoice.state, "draft another one: portalctl practice invoices create"),
        )


def take_payment(tx: Transaction, invoice: Invoice, amount: int, at: int) -> None:
    """So much was paid, in minor units. The caller holds `invoice:ID`. Raises NotChangeable."""
    paid = invoice.paid.amount + amount
    state = InvoiceState.PAID if paid >= invoice.total.amount else InvoiceState.PARTLY_PAID
    require_move(invoice, state)
    settled_at = at if state is InvoiceState.PAID else None
    invoices.change(tx, invoice.id, paid=paid, state=state.value, settled_at=settled_at)


def give_back(tx: Transaction, invoice: Invoice, amount: int) -> None:
    """So much of what was paid went back, in minor units; what stays paid stays. The caller holds `invoice:ID`.

    Raises NotChangeable where less was paid.
    """
    refunded = invoice.refunded.amount + amount
    if refunded > invoice.paid.amount:
        raise errors.NotChangeable(f"only {invoice.paid} was paid, of which {invoice.refunded} went back")
    changes: dict[str, object] = {"refunded": refunded}
    if refunded == invoice.paid.amount:
        require_move(invoice, InvoiceState.REFUNDED)
        changes["state"] = InvoiceState.REFUNDED.value
    invoices.change(tx, invoice.id, **changes)


def _word(state: InvoiceState) -> str:
    return state.value.replace("_", " ")
