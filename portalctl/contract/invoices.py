"""What a portal can do with invoices."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.invoices import (
    ChangeInvoiceState,
    Charge,
    CreateInvoice,
    Invoice,
    InvoiceReference,
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


class Invoices(ABC):
    """What clients owe, and how it is paid."""

    @operation("GET", "/invoices/{id}/charges")
    @abstractmethod
    def charges(self, request: InvoiceReference) -> list[Charge]:
        """Every attempt to take money for an invoice, oldest first. Raises NotFound."""

    @operation("GET", "/invoices")
    @abstractmethod
    def list(self, request: ListInvoices) -> Page[Invoice]:
        """Invoices, newest first, or overdue ones by their day; a client's own are those that were issued.

        Raises NotFound, InvalidInput.
        """

    @operation("GET", "/invoices/{id}")
    @abstractmethod
    def show(self, request: InvoiceReference) -> Invoice:
        """One invoice. Raises NotFound, AmbiguousId."""

    @operation("POST", "/invoices")
    @abstractmethod
    def create(self, request: CreateInvoice) -> Invoice:
        """Draft an invoice. Safe to repeat with the same idempotency key, however much later.

        Raises NotFound, AmbiguousId, InvalidInput, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("POST", "/invoices/{id}/issue", repeatable=True)
    @abstractmethod
    def issue(self, request: ChangeInvoiceState) -> Invoice:
        """Give a draft its number, and the client their document; harmless to repeat.

        Raises NotFound, NotChangeable, ChangedMeanwhile.
        """

    @operation("POST", "/invoices/{id}/void", repeatable=True)
    @abstractmethod
    def void(self, request: ChangeInvoiceState) -> Invoice:
        """Declare that nothing is owed; harmless to repeat. Raises NotFound, NotChangeable, ChangedMeanwhile."""

    @operation("POST", "/invoices/{id}/charge")
    @abstractmethod
    def charge(self, request: PayInvoice) -> Charge:
        """Take what is open from a method whose owner lets this provider. Safe to repeat with the same idempotency key.

        Raises NotFound, NotChangeable for an invoice that is not issued or has nothing open, NoPaymentMethod,
        NotAuthorized, CardExpired, LimitExceeded, CardDeclined, AuthenticationNeeded, PaymentsNotTaken, ChargeRunning,
        IdempotencyConflict, IdempotencyRunning.
        """

    @operation("POST", "/invoices/{id}/pay")
    @abstractmethod
    def pay(self, request: PayInvoice) -> Charge:
        """Pay what is open of one's own invoice. Safe to repeat with the same idempotency key.

        Raises NotFound, NotChangeable, NoPaymentMethod, CardExpired, CardDeclined, AuthenticationNeeded,
        PaymentsNotTaken, ChargeRunning, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("POST", "/invoices/{id}/refund")
    @abstractmethod
    def refund(self, request: RefundInvoice) -> Refund:
        """Give money back that was paid. Safe to repeat with the same idempotency key.

        Raises NotFound, NotChangeable where less was paid, ChargeRunning, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("GET", "/invoices/receipts")
    @abstractmethod
    def receipts(self, request: ListReceipts) -> Page[Receipt]:
        """Money that moved, newest first. Raises NotFound, InvalidInput."""

    @operation("POST", "/invoices/reconcile", repeatable=True)
    @abstractmethod
    def reconcile(self, request: Reconcile) -> Reconciliation:
        """Settle what waits for the payment provider's word, and compare the books with it; harmless to repeat.

        Raises PaymentsNotTaken.
        """
