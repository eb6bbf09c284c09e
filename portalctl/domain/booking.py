"""Booking, moving and approving: the steps that take time of a practitioner and a client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portalctl import errors
from portalctl.domain import letters
from portalctl.domain.admission import admit, check_free, offer_of
from portalctl.domain.availability import Agenda, Offer
from portalctl.domain.changes import notify, require_not_started
from portalctl.domain.clients import find_client
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Visit
from portalctl.domain.services import find_service
from portalctl.domain.slot_ids import SlotKey, decode
from portalctl.domain.staff import find_practitioner
from portalctl.domain.wording import when
from portalctl.models.appointments import (
    Appointment,
    AppointmentStatus,
    BookAppointment,
    BookSeries,
    RescheduleAppointment,
)
from portalctl.models.dashboard import NoticeKind
from portalctl.models.role import Role
from portalctl.storage import appointments


class Plan(NamedTuple):
    """A booking that the rules let pass."""

    offer: Offer
    start: int
    client_id: str


def plan(visit: Visit, request: BookAppointment) -> Plan:
    """Find out what a request means and check it against every rule. Raises what refuses it."""
    return _admitted(visit, _key(visit, request), _client(visit, request))


def book(visit: Visit, request: BookAppointment) -> Appointment:
    """Book, or answer what the same idempotency key booked before."""
    before = earlier(visit, request.idempotency_key, request)
    if before is not None:
        return appointments.get(visit.transaction, before[0])
    key, client_id = _key(visit, request), _client(visit, request)
    _hold_time(visit, key.practitioner_id, client_id)
    booked = _insert(visit, _admitted(visit, key, client_id), request.note)
    remember(visit, request.idempotency_key, request, [booked.id])
    return booked


def book_series(visit: Visit, request: BookSeries) -> list[Appointment]:
    """Book the same wall-clock time week after week. Raises AmbiguousTime for a week whose clock lacks that time."""
    if request.first.idempotency_key is not None:
        raise errors.InvalidInput("one intent has one key: the series'", "give the key to the series, not to its first")
    before = earlier(visit, request.idempotency_key, request)
    if before is not None:
        return [appointments.get(visit.transaction, booked) for booked in before]
    key, client_id = _key(visit, request.first), _client(visit, request.first)
    _hold_time(visit, key.practitioner_id, client_id)
    offer = offer_of(visit, key)
    series_id = new_id("ser")
    booked = []
    for start in _weekly(key.start, request.weeks, ZoneInfo(offer.practitioner.timezone)):
        try:
            admit(visit, offer, start, client_id)
        except (errors.SlotTaken, errors.ClientBusy) as refusal:
            place = when(datetime.fromtimestamp(start, UTC), visit.caller.timezone)
            raise type(refusal)(f"{place}: {refusal.message}", "nothing of the series was booked") from None
        booked.append(_insert(visit, Plan(offer, start, client_id), request.first.note, series_id))
    letters.tell_of_series(visit, booked)
    remember(visit, request.idempotency_key, request, [appointment.id for appointment in booked])
    return booked


def reschedule(visit: Visit, appointment: Appointment, request: RescheduleAppointment) -> Appointment:
    """Move an appointment to another slot of its service, keeping it where it is when that fails."""
    key = decode(request.slot)
    _hold_time(visit, key.practitioner_id, appointment.client_id)
    appointment = appointments.get(visit.transaction, appointment.id)
    if key.service_id != appointment.service_id:
        raise errors.InvalidInput(
            "the slot is for another service",
            f"list slots of the same one: portalctl appointments slots --service {appointment.service_id}",
        )
    offer = offer_of(visit, key)
    _check_movable(visit, appointment, offer)
    if (key.practitioner_id, key.start) != (appointment.practitioner_id, int(appointment.starts_at.timestamp())):
        admit(visit, offer, key.start, appointment.client_id, ignoring=appointment.id)
        blocked_from, blocked_until = offer.blocked(key.start)
        appointments.change(
            visit.transaction,
            appointment.id,
            practitioner_id=key.practitioner_id,
            starts_at=key.start,
            ends_at=key.start + offer.length,
            blocked_from=blocked_from,
            blocked_until=blocked_until,
            confirmed_at=None,
            sequence=appointment.sequence + 1,
            updated_at=visit.second,
        )
        notify(
            visit,
            appointments.get(visit.transaction, appointment.id),
            NoticeKind.MOVED,
            reminders=offer.terms.reminder_minutes,
            before=appointment,
        )
    return appointments.get(visit.transaction, appointment.id)


def approve(visit: Visit, appointment: Appointment) -> Appointment:
    """Turn a request into a booking, if the time it asked for is still free; approving twice is approving once."""
    _hold_time(visit, appointment.practitioner_id, appointment.client_id)
    asked_of, appointment = appointment.practitioner_id, appointments.get(visit.transaction, appointment.id)
    if appointment.practitioner_id != asked_of:
        raise errors.NotChangeable("it was moved meanwhile", "look at it again")
    if appointment.status is AppointmentStatus.BOOKED:
        return appointment
    if appointment.status is not AppointmentStatus.REQUESTED:
        raise errors.NotChangeable(f"it is {appointment.status.value}, not requested")
    require_not_started(visit, appointment)
    start = int(appointment.starts_at.timestamp())
    offer = offer_of(visit, SlotKey(appointment.service_id, appointment.practitioner_id, start))
    lengths = appointments.lengths(visit.transaction, appointment.id)
    offer = offer._replace(service=offer.service.model_copy(update=lengths))
    agenda = Agenda(visit.transaction, offer.practitioner, appointment.id)
    check_free(visit, offer, agenda, start, appointment.client_id, appointment.id)
    appointments.change(
        visit.transaction, appointment.id, status=AppointmentStatus.BOOKED.value, holds=1, updated_at=visit.second
    )
    approved = appointments.get(visit.transaction, appointment.id)
    notify(visit, approved, NoticeKind.APPROVED, reminders=offer.terms.reminder_minutes)
    return approved


def _hold_time(visit: Visit, practitioner_id: str, client_id: str) -> None:
    """Let nobody else take time of either until this is done; what is read from now on is what counts."""
    visit.transaction.hold(f"staff:{practitioner_id}", f"client:{client_id}")


def _admitted(visit: Visit, key: SlotKey, client_id: str) -> Plan:
    offer = offer_of(visit, key)
    admit(visit, offer, key.start, client_id)
    return Plan(offer, key.start, client_id)


def _key(visit: Visit, request: BookAppointment) -> SlotKey:
    by_parts = (request.service, request.practitioner, request.starts_at)
    if request.slot is not None:
        if any(part is not None for part in by_parts):
            raise errors.InvalidInput("a slot already names service, practitioner and time", "give the slot alone")
        return decode(request.slot)
    if request.service is None or request.practitioner is None or request.starts_at is None:
        raise errors.InvalidInput(
            "a booking names a slot, or a service, a practitioner and a time",
            "give SLOT, or --service, --practitioner and --at",
        )
    if request.starts_at.second or request.starts_at.microsecond:
        raise errors.InvalidInput("appointments start on a whole minute", "leave the seconds out")
    service = find_service(visit.transaction, request.service)
    practitioner = find_practitioner(visit.transaction, request.practitioner)
    return SlotKey(service.id, practitioner.id, int(request.starts_at.timestamp()))


def _client(visit: Visit, request: BookAppointment) -> str:
    if request.client is not None:
        return find_client(visit, request.client).id
    if visit.caller.client_id is None:
        raise errors.InvalidInput("whose appointment is it?", "name the client with --client")
    return visit.caller.client_id


def _weekly(first: int, weeks: int, zone: ZoneInfo) -> Iterator[int]:
    """The instant that was asked for, and its wall-clock time in each later week: the first where it happens twice."""
    yield first
    local = datetime.fromtimestamp(first, UTC).astimezone(zone)
    for week in range(1, weeks):
        wall = (local.replace(tzinfo=None) + timedelta(weeks=week)).replace(tzinfo=zone)
        start = int(wall.timestamp())
        if datetime.fromtimestamp(start, UTC).astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
            raise errors.AmbiguousTime(
                f"{wall:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clocks change then",
                "choose another time of day; nothing of the series was booked",
            )
        yield start


def _insert(visit: Visit, chosen: Plan, note: str | None, series_id: str | None = None) -> Appointment:
    offer, start, client_id = chosen
    needs_approval = offer.terms.approval_required and visit.caller.role is Role.CLIENT
    status = AppointmentStatus.REQUESTED if needs_approval else AppointmentStatus.BOOKED
    blocked_from, blocked_until = offer.blocked(start)
    service, price = offer.service, offer.service.price
    appointment_id = new_id("apt")
    appointments.insert(
        visit.transaction,
        id=appointment_id,
        client_id=client_id,
        practitioner_id=offer.practitioner.id,
        service_id=service.id,
        status=status.value,
        holds=int(not needs_approval),
        starts_at=start,
        ends_at=start + offer.length,
        blocked_from=blocked_from,
        blocked_until=blocked_until,
        place=service.place.value,
        room_url=service.room_url,
        price_amount=price.amount if price else None,
        price_currency=price.currency if price else None,
        note=note,
        cancellation_notice_minutes=offer.terms.cancellation_notice_minutes,
        reschedule_notice_minutes=offer.terms.reschedule_notice_minutes,
        reason_required=int(offer.terms.reason_required),
        late_cancellation_recorded=int(offer.terms.late_cancellation == "recorded"),
        series_id=series_id,
        created_at=visit.second,
        updated_at=visit.second,
    )
    booked = appointments.get(visit.transaction, appointment_id)
    kind = NoticeKind.REQUESTED if needs_approval else NoticeKind.BOOKED
    notify(visit, booked, kind, reminders=offer.terms.reminder_minutes)
    return booked


def _check_movable(visit: Visit, appointment: Appointment, offer: Offer) -> None:
    if appointment.status not in (AppointmentStatus.BOOKED, AppointmentStatus.REQUESTED):
        raise errors.NotChangeable(f"it is {appointment.status.value} and cannot be moved", "book a new one")
    if visit.caller.role is not Role.CLIENT:
        return
    require_not_started(visit, appointment)
    if appointment.status is AppointmentStatus.REQUESTED:
        return
    if visit.now > appointment.reschedulable_until:
        raise errors.RescheduleWindowPassed(
            f"it could be moved until {when(appointment.reschedulable_until, visit.caller.timezone)}",
            "ask the practice to move it",
            allowed_until=appointment.reschedulable_until,
        )
    if offer.terms.approval_required:
        raise errors.ApprovalRequired(
            "the practice approves each time for this service",
            "ask the practice to move it, or cancel and request another",
        )
