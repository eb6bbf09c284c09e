"""Appointments: a client reaches their own, staff all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from portalctl import errors
from portalctl.contract import appointments as contract
from portalctl.domain import changes, idempotency
from portalctl.domain.clients import find_client
from portalctl.domain.office import Office, Visit
from portalctl.domain.references import one
from portalctl.domain.staff import find_practitioner
from portalctl.domain.wording import when
from portalctl.models.appointments import (
    Appointment,
    AppointmentReference,
    BookAppointment,
    BookSeries,
    CancelAppointment,
    DeclineAppointment,
    ListAppointments,
    RescheduleAppointment,
    Room,
    Verdict,
)
from portalctl.models.values import Page
from portalctl.storage import appointments

Series = list[Appointment]


class Appointments(contract.Appointments):
    """The practice's appointments."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListAppointments) -> Page[Appointment]:
        """Appointments by start."""
        with self._office.visit(contract.Appointments.list) as visit:
            tx = visit.transaction
            client_id = find_client(visit, request.client).id if request.client is not None else visit.own_client
            practitioner = find_practitioner(tx, request.practitioner) if request.practitioner is not None else None
            found = appointments.page(
                tx,
                client_id=client_id,
                practitioner_id=practitioner.id if practitioner else None,
                statuses=[status.value for status in request.statuses] if request.statuses is not None else None,
                starts_from=_second(request.starts_from),
                starts_before=_second(request.starts_before),
                ends_after=visit.second if request.when == "upcoming" else None,
                ended_by=visit.second if request.when == "past" else None,
                newest_first=request.newest_first,
                after=_position(request.cursor),
                limit=request.limit + 1,
            )
            items = found[: request.limit]
            shown = dict.fromkeys(item.client_id for item in items)
            for subject in shown if client_id is None else (client_id,):
                visit.record_read(subject, subject)
            last = items[-1] if len(found) > len(items) else None
            return Page(items=items, next=f"{int(last.starts_at.timestamp())}.{last.id}" if last else None)

    def show(self, request: AppointmentReference) -> Appointment:
        """One appointment."""
        with self._office.visit(contract.Appointments.show) as visit:
            return self._read(visit, request.id)

    def book(self, request: BookAppointment) -> Appointment:
        """Book a free slot. Safe to repeat with the same idempotency key."""
        from portalctl.domain import booking

        with self._office.visit(contract.Appointments.book) as visit:
            return booking.book(visit, request)

    def check_booking(self, request: BookAppointment) -> Verdict:
        """Say whether `book` would be allowed now; nothing changes."""
        from portalctl.domain import booking

        with self._office.visit(contract.Appointments.check_booking) as visit:
            if request.client is not None:
                asked_for = find_client(visit, request.client)
                visit.record_read(asked_for.id, asked_for.id)
            return _verdict(lambda: booking.plan(visit, request))

    def book_series(self, request: BookSeries) -> Series:
        """Book a weekly series: all of it or nothing."""
        from portalctl.domain import booking

        with self._office.visit(contract.Appointments.book_series) as visit:
            return booking.book_series(visit, request)

    def reschedule(self, request: RescheduleAppointment) -> Appointment:
        """Move to another slot in one step: when the new slot is taken the old one is kept."""
        from portalctl.domain import booking

        with self._office.visit(contract.Appointments.reschedule) as visit:
            before = idempotency.earlier(visit, request.idempotency_key, request)
            if before is not None:
                return appointments.get(visit.transaction, before[0])
            moved = booking.reschedule(visit, _find(visit, request.id), request)
            idempotency.remember(visit, request.idempotency_key, request, [moved.id])
            return moved

    def confirm(self, request: AppointmentReference) -> Appointment:
        """The client says that they will come; harmless to repeat."""
        with self._office.visit(contract.Appointments.confirm) as visit:
            return changes.confirm(visit, _held(visit, request.id))

    def cancel(self, request: CancelAppointment) -> Appointment:
        """Cancel; repeating it answers the same and changes nothing."""
        with self._office.visit(contract.Appointments.cancel) as visit:
            return changes.cancel(visit, _held(visit, request.id), request)

    def check_cancellation(self, request: CancelAppointment) -> Verdict:
        """Say whether `cancel` would be allowed now; nothing changes."""
        with self._office.visit(contract.Appointments.check_cancellation) as visit:
            appointment = self._read(visit, request.id)
            return _verdict(lambda: changes.check_cancellation(visit, appointment, request))

    def room(self, request: AppointmentReference) -> Room:
        """The video room, from ten minutes before the start until the end."""
        with self._office.visit(contract.Appointments.room) as visit:
            return changes.open_room(visit, self._read(visit, request.id))

    def approve(self, request: AppointmentReference) -> Appointment:
        """Agree to a request; its time is checked again."""
        from portalctl.domain import booking

        with self._office.visit(contract.Appointments.approve) as visit:
            return booking.approve(visit, _find(visit, request.id))

    def decline(self, request: DeclineAppointment) -> Appointment:
        """Decline a request."""
        with self._office.visit(contract.Appointments.decline) as visit:
            return changes.decline(visit, _held(visit, request.id), request)

    def attended(self, request: AppointmentReference) -> Appointment:
        """Record that the client came."""
        with self._office.visit(contract.Appointments.attended) as visit:
            return changes.mark(visit, _held(visit, request.id), came=True)

    def no_show(self, request: AppointmentReference) -> Appointment:
        """Record that the client did not come."""
        with self._office.visit(contract.Appointments.no_show) as visit:
            return changes.mark(visit, _held(visit, request.id), came=False)

    @staticmethod
    def _read(visit: Visit, reference: str) -> Appointment:
        found = _find(visit, reference)
        visit.record_read(found.id, found.client_id)
        return found


def _find(visit: Visit, reference: str) -> Appointment:
    candidates = appointments.candidates(visit.transaction, reference, visit.own_client)
    return one(
        candidates,
        "appointment",
        reference,
        lambda found: f"{found.service}, {when(found.starts_at, visit.caller.timezone)}",
    )


def _held(visit: Visit, reference: str) -> Appointment:
    """The appointment as it is once nobody else changes one of its client."""
    found = _find(visit, reference)
    visit.transaction.hold(f"client:{found.client_id}")
    return appointments.get(visit.transaction, found.id)


def _verdict(attempt: Callable[[], object]) -> Verdict:
    try:
        attempt()
    except errors.Refused as refusal:
        return Verdict(
            allowed=False,
            code=refusal.code,
            reason=refusal.message,
            allowed_from=refusal.allowed_from,
            allowed_until=refusal.allowed_until,
        )
    return Verdict(allowed=True)


def _second(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    start, _, appointment_id = cursor.partition(".")
    try:
        return int(start), appointment_id
    except ValueError:
        raise errors.InvalidInput("the cursor is not one that this list gave", "start again without it") from None
