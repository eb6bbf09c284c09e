"""The fees of the booking policy: what was cancelled late or missed makes a draft, which staff issue or void."""

from __future__ import annotations

from portalctl.domain.invoicing import draft, item_text
from portalctl.domain.office import Visit
from portalctl.domain.policy import in_force
from portalctl.models.appointments import Appointment
from portalctl.models.invoices import InvoiceItem, InvoiceReason
from portalctl.storage import invoices

_WORDS = {InvoiceReason.LATE_CANCELLATION: "Cancelled late", InvoiceReason.NO_SHOW: "Missed appointment"}


def draft_fee(visit: Visit, appointment: Appointment, reason: InvoiceReason) -> None:
    """Draft the fee that the policy in force has for this; none where it has none, or the fee is there already."""
    terms = in_force(visit.transaction, appointment.service_id)
    is_missed = reason is InvoiceReason.NO_SHOW
    fee = terms.no_show_fee if is_missed else terms.late_cancellation_fee
    if fee is None or fee.amount == 0 or invoices.fee(visit.transaction, appointment.id, reason.value):
        return
    made = draft(
        visit,
        appointment.client_id,
        [InvoiceItem(text=item_text(visit, appointment, _WORDS[reason]), amount=fee.amount)],
        fee.currency,
        provider_id=appointment.practitioner_id,
        appointment_id=appointment.id,
        reason=reason.value,
    )
    visit.record(made.id, made.client_id)


def withdraw_fee(visit: Visit, appointment: Appointment, reason: InvoiceReason) -> None:
    """Void the fee again while it is a draft: what it was for did not happen. An issued one is for staff to void."""
    row = invoices.fee(visit.transaction, appointment.id, reason.value)
    if row is None:
        return
    visit.transaction.hold(f"invoice:{row['id']}")
    if invoices.void_draft(visit.transaction, row["id"]):
        visit.record(row["id"], appointment.client_id)
