"""Invoices: staff draft, issue and void them; a client reaches their own that were issued."""

from __future__ import annotations

from portalctl.contract import invoices as contract
from portalctl.domain import cursors
from portalctl.domain.clients import find_client
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.invoice_moves import require_move
from portalctl.domain.invoicing import (
    draft_asked_for,
    find_invoice,
    hold_invoice,
    made_before,
    practice_day,
    read_invoice,
)
from portalctl.domain.office import Office
from portalctl.domain.versions import require_unchanged
from portalctl.models.invoices import (
    ChangeInvoiceState,
    Charge,
    CreateInvoice,
    Invoice,
    InvoiceReference,
    InvoiceState,
    ListInvoices,
    ListReceipts,
    PayInvoice,
    Receipt,
    Reconcile,
    Reconciliation,
    Refund,
    RefundInvoice,
)
from portalctl.models.values import Page
from portalctl.storage import invoices


class Invoices(contract.Invoices):
    """The invoices of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def charges(self, request: InvoiceReference) -> list[Charge]:
        """Every attempt to take money for an invoice, oldest first."""
        from portalctl.domain import charging

        return charging.charges(self._office, request)

    def list(self, request: ListInvoices) -> Page[Invoice]:
        """Invoices, newest first."""
        after: tuple[int | str, str] | None = None
        if request.cursor is not None:
            after = cursors.unpack(request.cursor, str) if request.overdue else cursors.unpack(request.cursor, int)
        with self._office.visit(contract.Invoices.list) as visit:
            tx, own = visit.transaction, visit.own_client
            client_id = find_client(visit, request.client).id if request.client is not None else own
            part = invoices.Part(request.unpaid, request.overdue, after, request.limit + 1)
            today = practice_day(tx, visit.now)
            found = invoices.page(tx, client_id, part, today, issued_only=own is not None)
            shown = found[: request.limit]
            of_clients = dict.fromkeys(item.client_id for item in shown)
            for subject in of_clients if client_id is None else (client_id,):
                visit.record_read(subject, subject)
            last = shown[-1] if len(found) > len(shown) else None
            return Page(items=shown, next=_cursor(last, request) if last else None)

    def show(self, request: InvoiceReference) -> Invoice:
        """One invoice."""
        with self._office.visit(contract.Invoices.show) as visit:
            found = find_invoice(visit, request.id)
            visit.record_read(found.id, found.client_id)
            return found

    def create(self, request: CreateInvoice) -> Invoice:
        """Draft an invoice."""
        with self._office.visit(contract.Invoices.create) as visit:
            before = earlier(visit, request.idempotency_key, request)
            made_then = before[0] if before is not None else made_before(visit, request)
            if made_then is not None:
                return read_invoice(visit, made_then)
            made = draft_asked_for(visit, request)
            visit.record(made.id, made.client_id)
            remember(visit, request.idempotency_key, request, [made.id])
            return made

    def issue(self, request: ChangeInvoiceState) -> Invoice:
        """Give a draft its number, and the client their document; harmless to repeat."""
        from portalctl.domain import invoice_documents

        with self._office.visit(contract.Invoices.issue) as visit:
            invoice = hold_invoice(visit, request.id)
            require_unchanged(invoice, request.if_version)
            if invoice.number is not None and invoice.state is not InvoiceState.VOID:
                return invoice
            require_move(invoice, InvoiceState.ISSUED)
            tx = visit.transaction
            invoices.change(
                tx,
                invoice.id,
                number=invoices.next_number(tx),
                state=InvoiceState.ISSUED.value,
                issued_at=visit.second,
            )
            invoices.change(tx, invoice.id, document_id=invoice_documents.add(visit, read_invoice(visit, invoice.id)))
            visit.record(invoice.id, invoice.client_id)
            return read_invoice(visit, invoice.id)

    def void(self, request: ChangeInvoiceState) -> Invoice:
        """Declare that nothing is owed; harmless to repeat."""
        from portalctl.domain.charging import require_none_running

        with self._office.visit(contract.Invoices.void) as visit:
            invoice = hold_invoice(visit, request.id)
            require_unchanged(invoice, request.if_version)
            if invoice.state is InvoiceState.VOID:
                return invoice
            require_move(invoice, InvoiceState.VOID)
            require_none_running(visit.transaction, invoice)
            invoices.change(visit.transaction, invoice.id, state=InvoiceState.VOID.value)
            visit.record(invoice.id, invoice.client_id)
            return read_invoice(visit, invoice.id)

    def charge(self, request: PayInvoice) -> Charge:
        """Take what is open from a method whose owner lets this provider."""
        from portalctl.domain import charging

        return charging.charge(self._office, request)

    def pay(self, request: PayInvoice) -> Charge:
        """Pay what is open of one's own invoice."""
        from portalctl.domain import charging

        return charging.pay(self._office, request)

    def refund(self, request: RefundInvoice) -> Refund:
        """Give money back that was paid."""
        from portalctl.domain import charging

        return charging.refund(self._office, request)

    def receipts(self, request: ListReceipts) -> Page[Receipt]:
        """Money that moved, newest first."""
        from portalctl.domain import charging

        return charging.receipts(self._office, request)

    def reconcile(self, request: Reconcile) -> Reconciliation:
        """Settle what waits for the payment provider's word, and compare the books with it."""
        from portalctl.domain import reconciling

        return reconciling.reconcile(self._office, request)


def _cursor(last: Invoice, request: ListInvoices) -> str:
    """Where the list goes on behind its last invoice."""
    if request.overdue and last.due_on is not None:
        return cursors.pack(last.due_on.isoformat(), last.id)
    return cursors.pack(int(last.created_at.timestamp()), last.id)
