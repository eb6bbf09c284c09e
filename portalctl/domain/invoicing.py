"""What everybody asks of invoices: how one is found and held, the practice's day, and how one is drafted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portalctl import errors
from portalctl.domain import references
from portalctl.domain.clients import find_client
from portalctl.domain.documentation import appointment_of
from portalctl.domain.idempotency import fingerprint
from portalctl.domain.ids import new_id
from portalctl.domain.office import Visit
from portalctl.domain.staff import find_practitioner
from portalctl.domain.wording import when
from portalctl.models.appointments import Appointment
from portalctl.models.invoices import CreateInvoice, Invoice, InvoiceItem
from portalctl.models.money import Money
from portalctl.models.payment_methods import WHOLE_PRACTICE
from portalctl.storage import appointments, invoices, practice
from portalctl.storage.engine import Transaction

MOST = 10**12
"""The most that an invoice may come to, in minor units."""


def practice_day(tx: Transaction, now: datetime) -> date:
    """Which day it is where the practice is."""
    found = practice.get(tx)
    assert found is not None  # noqa: S101  a session exists only where a practice does
    return now.astimezone(ZoneInfo(found.timezone)).date()


def read_invoice(visit: Visit, invoice_id: str) -> Invoice:
    """An invoice that is known to exist, as it is now."""
    return invoices.get(visit.transaction, invoice_id, practice_day(visit.transaction, visit.now))


def find_invoice(visit: Visit, reference: str) -> Invoice:
    """The invoice that an id, its beginning or a number names; a client reaches their own that were issued.

    Raises NotFound, AmbiguousId.
    """
    tx = visit.transaction
    candidates = invoices.candidates(tx, reference, visit.own_client, practice_day(tx, visit.now))
    return references.one(candidates, "invoice", reference, lambda found: f"{found.client}, {found.total}")


def hold_invoice(visit: Visit, reference: str) -> Invoice:
    """The invoice as it is once nobody else changes it. Raises NotFound, AmbiguousId."""
    found = find_invoice(visit, reference)
    visit.transaction.hold(f"invoice:{found.id}")
    return read_invoice(visit, found.id)


def tax_on(net: int, rate: int) -> int:
    """The tax on an amount, in minor units, half a unit counting as a whole; `rate` in hundredths of a percent."""
    return (net * rate + 5_000) // 10_000


def draft(visit: Visit, client_id: str, items: Sequence[InvoiceItem], currency: str, **more: Any) -> Invoice:
    """Add a draft of these items. Who calls this records it in the audit. Raises InvalidInput."""
    net = sum(item.amount for item in items)
    tax = tax_on(net, more.get("tax_rate", 0))
    if net + tax > MOST:
        raise errors.InvalidInput(f"an invoice comes to {Money(amount=MOST, currency=currency)} at the most")
    invoice_id = new_id("ivc")
    invoices.insert(
        visit.transaction,
        id=invoice_id,
        client_id=client_id,
        items=items,
        currency=currency,
        net=net,
        tax=tax,
        created_by=visit.caller.person_id,
        created_at=visit.second,
        **{"tax_rate": 0, **more},
    )
    return read_invoice(visit, invoice_id)


def made_before(visit: Visit, request: CreateInvoice) -> str | None:
    """The invoice that the same intent made, however long ago: money is asked for once. Raises IdempotencyConflict.

    The caller has asked `earlier`, so that nobody else is at the same intent.
    """
    if request.idempotency_key is None:
        return None
    found = invoices.by_intent(visit.transaction, _intent(visit, request))
    if found is None:
        return None
    if found["asked"] != fingerprint(visit, request):
        raise errors.IdempotencyConflict(
            "this idempotency key was used for another invoice", "use a new key for a new intent"
        )
    invoice_id: str = found["id"]
    return invoice_id


def _intent(visit: Visit, request: CreateInvoice) -> str:
    return hashlib.sha256(f"{visit.caller.account_id} {request.idempotency_key}".encode()).hexdigest()


def draft_asked_for(visit: Visit, request: CreateInvoice) -> Invoice:
    """Add the draft that a request asks for. Raises NotFound, AmbiguousId, InvalidInput."""
    client_id = find_client(visit, request.client).id if request.client is not None else None
    appointment = appointment_of(visit, request.appointment, client_id)
    if client_id is None and appointment is None:
        raise errors.InvalidInput("an invoice is for a client", "name one, or one of their appointments")
    items, currency = _items(visit, request, appointment)
    return draft(
        visit,
        client_id or (appointment.client_id if appointment else ""),
        items,
        currency,
        provider_id=_provider(visit, request.provider, appointment),
        appointment_id=appointment.id if appointment else None,
        tax_rate=request.tax_rate,
        due_on=request.due_on.isoformat() if request.due_on is not None else None,
        **({} if request.idempotency_key is None else _remembered(visit, request)),
    )


def _remembered(visit: Visit, request: CreateInvoice) -> dict[str, str]:
    return {"intent": _intent(visit, request), "asked": fingerprint(visit, request)}


def _items(visit: Visit, request: CreateInvoice, appointment: Appointment | None) -> tuple[Sequence[InvoiceItem], str]:
    """What is owed for, and in which currency: what is asked for, or what the appointment costs."""
    price = appointments.price(visit.transaction, appointment.id) if appointment is not None else None
    currency = request.currency or (price.currency if price is not None else None)
    if request.items:
        if currency is None:
            raise errors.InvalidInput("currency: the amounts have none", "say which, such as EUR")
        return request.items, currency
    if appointment is None:
        raise errors.InvalidInput("items: there are none", "say what is owed for, or name an appointment with a price")
    if price is None or price.amount == 0:
        raise errors.InvalidInput(f"{appointment.service} has no price", "say what is owed for, and how much")
    if currency != price.currency:
        raise errors.InvalidInput(f"currency: {appointment.service} costs {price}", "leave the currency out")
    return [InvoiceItem(text=item_text(visit, appointment), amount=price.amount)], price.currency


def item_text(visit: Visit, appointment: Appointment, what: str = "") -> str:
    """How an invoice names an appointment: its service and time, in the practice's zone."""
    found = practice.get(visit.transaction)
    zone = found.timezone if found is not None else "UTC"
    about = f"{appointment.service}, {when(appointment.starts_at, zone)}"
    return f"{what}: {about}"[:200] if what else about[:200]


def _provider(visit: Visit, reference: str | None, appointment: Appointment | None) -> str | None:
    """Whose invoice it is: the practitioner's who is named or gave the appointment; None for the whole practice's."""
    if reference is not None:
        return None if reference == WHOLE_PRACTICE else find_practitioner(visit.transaction, reference).id
    return appointment.practitioner_id if appointment is not None else None
