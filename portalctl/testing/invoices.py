"""What clients owe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portalctl import errors
from portalctl.models.appointments import AppointmentReference, CancelAppointment
from portalctl.models.documents import DocumentReference
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
from portalctl.models.uploads import OpenBody
from portalctl.testing.at_once import at_once
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import LONGEST_NOTICE, Studio

DAY = timedelta(days=1)


def owed(studio: Studio, client: str | None = None, **more: Any) -> Invoice:
    """A draft of the practice's for Anna, or for whom is named."""
    items = [InvoiceItem(text="Visit", amount=8050), InvoiceItem(text="Book", amount=1250)]
    asked = {"client": client or studio.client_id(), "items": items, "currency": "EUR", **more}
    return studio.owner.invoices.create(CreateInvoice(**asked))


def issued(studio: Studio, client: str | None = None, **more: Any) -> Invoice:
    """One that was issued."""
    return studio.staff.invoices.issue(ChangeInvoiceState(id=owed(studio, client, **more).id))


class TestInvoices:
    """What `portal.invoices` does before any money moves."""

    @shows("invoices.create")
    def test_tax_is_added_to_what_the_items_come_to_and_half_a_unit_counts_as_a_whole(self, studio: Studio) -> None:
        made = owed(studio, tax_rate=2250)
        assert (made.state, made.number, made.document_id) == (InvoiceState.DRAFT, None, None)
        amounts = (made.net.amount, made.tax.amount, made.total.amount, made.paid.amount, made.open.amount)
        assert amounts == (9300, 2093, 11393, 0, 0), "9300 * 0.225 is 2092.5"

    @shows("invoices.create")
    def test_an_appointment_is_invoiced_at_its_price_by_who_gave_it(self, studio: Studio) -> None:
        offer = studio.offer(service={"price": Money(amount=8001, currency="KWD")})
        booked = studio.given(offer)
        made = studio.owner.invoices.create(CreateInvoice(appointment=booked.id))
        assert (made.client_id, made.provider_id) == (booked.client_id, offer.practitioner)
        assert (made.appointment_id, made.total) == (booked.id, Money(amount=8001, currency="KWD"))
        assert made.items[0].text.startswith(offer.service.name)
        whole = studio.owner.invoices.create(CreateInvoice(appointment=booked.id, provider="practice"))
        assert whole.provider_id is None

    @shows("invoices.create", errors.InvalidInput)
    def test_an_invoice_is_of_something_for_somebody(self, studio: Studio) -> None:
        without_price, item = studio.given(), InvoiceItem(text="Visit", amount=1)
        for wrong in (
            CreateInvoice(items=[item], currency="EUR"),
            CreateInvoice(client=studio.client_id()),
            CreateInvoice(client=studio.client_id(), items=[item]),
            CreateInvoice(appointment=without_price.id),
            CreateInvoice(
                client=studio.client_id(), items=100 * [InvoiceItem(text="A", amount=10**11)], currency="EUR"
            ),
        ):
            with pytest.raises(errors.InvalidInput):
                studio.owner.invoices.create(wrong)

    @shows("invoices.create", errors.NotFound, errors.AmbiguousId)
    def test_whom_an_invoice_is_for_has_to_be_clear(self, studio: Studio) -> None:
        item = InvoiceItem(text="Visit", amount=1)
        name = studio.word("Namesake")
        studio.invite(name), studio.invite(name)
        with pytest.raises(errors.AmbiguousId):
            studio.owner.invoices.create(CreateInvoice(client=name, items=[item], currency="EUR"))
        of_another = studio.given().id
        for named in ({"client": MISSING["client"]}, {"client": studio.client_id(), "appointment": of_another}):
            with pytest.raises(errors.NotFound):
                studio.owner.invoices.create(CreateInvoice(items=[item], currency="EUR", **named))
        with pytest.raises(errors.NotFound):
            owed(studio, provider=MISSING["staff"])

    @shows("invoices.create")
    @shows("invoices.create", errors.IdempotencyConflict)
    def test_one_intent_makes_one_invoice_however_much_later_it_is_repeated(self, studio: Studio) -> None:
        key = studio.key()
        made = owed(studio, idempotency_key=key)
        studio.clock.move(2 * DAY)
        assert owed(studio, idempotency_key=key) == made
        with pytest.raises(errors.IdempotencyConflict):
            owed(studio, idempotency_key=key, tax_rate=100)

    @shows("invoices.create")
    @shows("invoices.create", errors.IdempotencyRunning, certain=False)
    def test_one_invoice_is_made_also_by_several_at_once(self, studio: Studio) -> None:
        request = CreateInvoice(
            client=studio.client_id(),
            items=[InvoiceItem(text="Visit", amount=1)],
            currency="JPY",
            idempotency_key=studio.key(),
        )
        owner = studio.owner
        at_once(lambda: owner.invoices.create(request))

    @shows("invoices.issue")
    @shows("invoices.show")
    @shows("documents.open_body")
    def test_what_is_issued_gets_the_next_number_and_its_client_the_document(self, studio: Studio) -> None:
        first, second = issued(studio), issued(studio)
        assert int(second.number or 0) == int(first.number or 0) + 1
        assert (first.state, first.open, first.issued_at) == (InvoiceState.ISSUED, first.total, studio.clock())
        assert studio.staff.invoices.issue(ChangeInvoiceState(id=first.id)) == first, "repeating it changes nothing"
        assert studio.anna.invoices.show(InvoiceReference(id=first.number or "")) == first
        assert first.document_id is not None
        document = studio.anna.documents.show(DocumentReference(id=first.document_id))
        assert (document.title, document.from_client) == (f"Invoice {first.number}", False)
        with studio.anna.open_body(OpenBody(id=document.id)) as body:
            assert b"".join(body.chunks).startswith(b"%PDF-")

    @shows("invoices.issue", errors.NotFound, errors.NotChangeable, errors.ChangedMeanwhile)
    @shows("invoices.void", errors.NotFound, errors.ChangedMeanwhile)
    @shows("invoices.void")
    def test_what_is_void_is_never_issued_and_keeps_its_number(self, studio: Studio) -> None:
        draft, sent = owed(studio), issued(studio)
        for change in (studio.owner.invoices.issue, studio.owner.invoices.void):
            with pytest.raises(errors.NotFound):
                change(ChangeInvoiceState(id=MISSING["invoice"]))
            with pytest.raises(errors.ChangedMeanwhile):
                change(ChangeInvoiceState(id=sent.id, if_version=draft.version))
        for each in (draft, sent):
            void = studio.owner.invoices.void(ChangeInvoiceState(id=each.id, if_version=each.version))
            assert (void.state, void.number, void.open.amount) == (InvoiceState.VOID, each.number, 0)
            assert studio.owner.invoices.void(ChangeInvoiceState(id=each.id)) == void
            with pytest.raises(errors.NotChangeable):
                studio.owner.invoices.issue(ChangeInvoiceState(id=each.id))
        assert int(issued(studio).number or 0) == int(sent.number or 0) + 1, "a number is never given twice"

    @shows("invoices.list")
    @shows("invoices.show", errors.NotFound)
    def test_a_client_sees_their_own_that_were_issued_and_staff_all(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        draft, others = owed(studio, identity.client_id), issued(studio)
        mine = [issued(studio, identity.client_id) for _ in range(3)]
        ids = [each.id for each in mine]
        assert {each.id for each in cara.invoices.list(ListInvoices()).items} == set(ids)
        by_staff = studio.staff.invoices.list(ListInvoices(client=identity.email))
        assert {each.id for each in by_staff.items} == {*ids, draft.id}
        for hidden in (draft.id, others.id, others.number or "", MISSING["invoice"], "999999"):
            with pytest.raises(errors.NotFound):
                cara.invoices.show(InvoiceReference(id=hidden))
        assert studio.staff.invoices.show(InvoiceReference(id=draft.id)) == draft

    @shows("invoices.list")
    def test_a_list_is_narrowed_and_goes_on_where_a_page_ends(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        yesterday, tomorrow = ((studio.clock() + days * DAY).date() for days in (-1, 1))
        late = issued(studio, identity.client_id, due_on=yesterday)
        studio.clock.move(timedelta(seconds=1))
        coming = issued(studio, identity.client_id, due_on=tomorrow)
        studio.clock.move(timedelta(seconds=1))
        void = studio.owner.invoices.void(ChangeInvoiceState(id=issued(studio, identity.client_id).id))
        first = cara.invoices.list(ListInvoices(limit=2))
        rest = cara.invoices.list(ListInvoices(limit=2, cursor=first.next))
        assert [each.id for each in [*first.items, *rest.items]] == [void.id, coming.id, late.id]
        assert (rest.next, late.overdue, coming.overdue) == (None, True, False)
        older = issued(studio, identity.client_id, due_on=yesterday - DAY)
        page = cara.invoices.list(ListInvoices(overdue=True, limit=1))
        behind = cara.invoices.list(ListInvoices(overdue=True, limit=1, cursor=page.next))
        assert ([*page.items, *behind.items], behind.next) == ([late, older], None), "the latest day first"
        studio.owner.invoices.void(ChangeInvoiceState(id=older.id))
        unpaid, overdue = (
            cara.invoices.list(ListInvoices.model_validate({which: True})).items for which in ("unpaid", "overdue")
        )
        assert ([each.id for each in unpaid], [each.id for each in overdue]) == ([coming.id, late.id], [late.id])

    @shows("invoices.list", errors.NotFound, errors.InvalidInput)
    @shows("invoices.show", errors.AmbiguousId)
    def test_which_invoices_are_meant_has_to_be_clear(self, studio: Studio) -> None:
        with pytest.raises(errors.NotFound):
            studio.anna.invoices.list(ListInvoices(client=studio.client_id("other client")))
        with pytest.raises(errors.InvalidInput):
            studio.owner.invoices.list(ListInvoices(cursor="somewhere"))
        begins = [owed(studio).id[:5] for _ in range(33)]
        shared = next(prefix for prefix in begins if begins.count(prefix) > 1)
        with pytest.raises(errors.AmbiguousId):
            studio.owner.invoices.show(InvoiceReference(id=shared))

    @shows("appointments.cancel")
    @shows("appointments.no_show")
    @shows("appointments.attended")
    def test_the_policys_fees_are_drafted_and_withdrawn_where_the_client_came(self, studio: Studio) -> None:
        late, missed = Money(amount=3000, currency="EUR"), Money(amount=50, currency="JPY")
        offer = studio.offer(
            cancellation_notice_minutes=LONGEST_NOTICE,
            late_cancellation="recorded",
            late_cancellation_fee=late,
            no_show_fee=missed,
        )
        cancelled = studio.anna.appointments.cancel(CancelAppointment(id=studio.booked(offer).id))
        start = studio.clock().replace(second=0) + timedelta(minutes=2)
        seen = studio.given(offer, start=start)
        studio.clock.move(start - studio.clock())
        for mark in (studio.owner.appointments.no_show, studio.owner.appointments.no_show):
            mark(AppointmentReference(id=seen.id))
        made = {
            each.appointment_id: each
            for each in studio.owner.invoices.list(ListInvoices(limit=1000)).items
            if each.reason is not None
        }
        for appointment, fee, why in ((cancelled, late, "late_cancellation"), (seen, missed, "no_show")):
            draft = made[appointment.id]
            assert (draft.state, draft.total, draft.reason) == (InvoiceState.DRAFT, fee, why)
            assert (draft.client_id, draft.provider_id) == (appointment.client_id, offer.practitioner)
        studio.owner.appointments.attended(AppointmentReference(id=seen.id))
        assert studio.owner.invoices.show(InvoiceReference(id=made[seen.id].id)).state == InvoiceState.VOID
