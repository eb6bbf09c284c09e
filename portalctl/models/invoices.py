"""Invoices: what a client owes, charges of it to payment methods, refunds, and the receipts of both."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from portalctl.models.money import Currency, Money
from portalctl.models.values import (
    AppointmentId,
    IdempotencyKey,
    Instant,
    InvoiceId,
    Limit,
    Line,
    Open,
    PaymentMethodId,
    Record,
    Reference,
    Request,
    Version,
    WrittenDay,
)

MinorUnits = Annotated[int, Field(ge=1, le=10**11)]
"""An amount in the smallest unit of its currency."""

TaxRate = Annotated[int, Field(ge=0, le=10_000)]
"""Hundredths of a percent: 2200 is 22 %."""


class InvoiceState(StrEnum):
    """How far an invoice is. A draft has no number; one that was issued keeps its own, whatever becomes of it."""

    DRAFT = "draft"
    ISSUED = "issued"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    VOID = "void"
    REFUNDED = "refunded"


class InvoiceReason(StrEnum):
    """What made an invoice by itself: a fee of the booking policy."""

    LATE_CANCELLATION = "late_cancellation"
    NO_SHOW = "no_show"


class InvoiceItem(Record):
    """One line of an invoice, before tax."""

    text: Line
    amount: MinorUnits


class Invoice(Record):
    """What a client owes for what. All amounts are of one currency; `open` is what is still to be paid.

    `provider_id` is the practitioner whose invoice it is, who is to be authorized for charging; unset, it is the whole
    practice's. `refunded` is what of `paid` went back. `overdue` compares `due_on` with the practice's day.
    """

    id: str
    number: str | None = None
    state: Annotated[InvoiceState, Open]
    client_id: str
    client: str
    provider_id: str | None = None
    provider: str | None = None
    appointment_id: str | None = None
    reason: Annotated[InvoiceReason | None, Open] = None
    items: list[InvoiceItem]
    tax_rate: int
    net: Money
    tax: Money
    total: Money
    paid: Money
    refunded: Money
    open: Money
    due_on: date | None = None
    overdue: bool = False
    document_id: str | None = None
    created_at: Instant
    issued_at: Instant | None = None
    settled_at: Instant | None = None
    version: str = ""


class ListInvoices(Request):
    """Invoices, newest first: one's own that were issued; for staff all, or one client's.

    `unpaid` are those with something open, `overdue` those of them whose day has passed: the latest day first.
    """

    client: Reference | None = None
    unpaid: bool = False
    overdue: bool = False
    limit: Limit = 100
    cursor: str | None = None


class InvoiceReference(Request):
    """Names one invoice, by its id or number."""

    id: InvoiceId


class CreateInvoice(Request):
    """Draft an invoice: with items of one currency, or for an appointment, whose service's price is its item then."""

    client: Reference | None = None
    items: Annotated[list[InvoiceItem], Field(max_length=100)] = Field(default=[])
    currency: Currency | None = None
    appointment: AppointmentId | None = None
    provider: Reference | None = None
    tax_rate: TaxRate = 0
    due_on: WrittenDay | None = None
    idempotency_key: IdempotencyKey | None = None


class ImportedStatus(StrEnum):
    """What became of a row of a table of invoices, or what would."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"


class ImportedInvoice(Record):
    """A row of a table of invoices, by its line, and its invoice; for one that failed `code` and `message` say why."""

    row: int
    client: str | None = None
    total: Money | None = None
    status: Annotated[ImportedStatus, Open]
    invoice_id: str | None = None
    number: str | None = None
    state: Annotated[InvoiceState | None, Open] = None
    created_at: Instant | None = None
    code: str | None = None
    message: str | None = None


class InvoiceEntry(Record):
    """An invoice as one flat line for bookkeeping; amounts are decimal numbers of `currency`."""

    id: str
    number: str | None
    state: str
    issued_at: Instant | None
    due_on: date | None
    client_id: str
    client: str
    provider: str | None
    what: str
    currency: str
    tax_percent: str
    net: str
    tax: str
    total: str
    paid: str
    refunded: str
    open: str
    overdue: bool
    reason: str | None
    appointment_id: str | None
    document_id: str | None
    created_at: Instant
    settled_at: Instant | None


class ChangeInvoiceState(Request):
    """Issue or void an invoice."""

    id: InvoiceId
    if_version: Version | None = None


class ChargeState(StrEnum):
    """How far a charge is: `pending` until the payment provider has said what became of it."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Charge(Record):
    """One attempt to take money for an invoice; for a failed one `code` and `message` say why."""

    id: str
    invoice_id: str
    payment_method_id: str
    card: str
    amount: Money
    state: Annotated[ChargeState, Open]
    code: str | None = None
    message: str | None = None
    made_by: str
    created_at: Instant
    settled_at: Instant | None = None


class Refund(Record):
    """Money of a charge that goes back."""

    id: str
    invoice_id: str
    charge_id: str
    amount: Money
    state: Annotated[ChargeState, Open]
    code: str | None = None
    message: str | None = None
    made_by: str
    created_at: Instant
    settled_at: Instant | None = None


class PayInvoice(Request):
    """Pay what is open of an invoice: with a method of the client's own, or their default one."""

    id: InvoiceId
    payment_method: PaymentMethodId | None = None
    idempotency_key: IdempotencyKey | None = None


class RefundInvoice(Request):
    """Give money of an invoice back: `amount` in minor units, or all that was paid."""

    id: InvoiceId
    amount: MinorUnits | None = None
    idempotency_key: IdempotencyKey | None = None


class ListReceipts(Request):
    """Money that moved for the caller's invoices, newest first; staff may name the client."""

    client: Reference | None = None
    limit: Limit = 100
    cursor: str | None = None


class ReceiptKind(StrEnum):
    """Which way the money went."""

    PAYMENT = "payment"
    REFUND = "refund"


class Receipt(Record):
    """Money that moved: for which invoice, to or from which card, and when."""

    id: str
    kind: Annotated[ReceiptKind, Open]
    invoice_id: str
    number: str
    client_id: str
    client: str
    card: str
    amount: Money
    at: Instant


class Reconcile(Request):
    """Settle what waits, then compare the books with the payment provider: charges and refunds begun since that day."""

    since: WrittenDay | None = None


class DifferenceKind(StrEnum):
    """How books and payment provider differ."""

    ONLY_IN_BOOKS = "only_in_books"
    ONLY_AT_GATEWAY = "only_at_gateway"
    AMOUNT = "amount"
    STATE = "state"


class Difference(Record):
    """One difference: what the books say, and what the payment provider says."""

    kind: Annotated[DifferenceKind, Open]
    reference: str
    invoice_id: str | None = None
    charge_id: str | None = None
    in_books: str | None = None
    at_gateway: str | None = None


class Reconciliation(Record):
    """What a comparison came to: how many charges and refunds were settled by it and compared, and what differs."""

    settled: int
    compared: int
    differences: list[Difference]
