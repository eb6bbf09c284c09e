"""What may happen to an appointment whose time stays: confirmed, cancelled, declined, attended, joined."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from portalctl import errors
from portalctl.domain import fees, letters
from portalctl.domain.ids import new_id
from portalctl.domain.office import Visit
from portalctl.domain.wording import when
from portalctl.models.appointments import Appointment, AppointmentStatus, CancelAppointment, DeclineAppointment, Room
from portalctl.models.dashboard import NoticeKind
from portalctl.models.invoices import InvoiceReason
from portalctl.models.outbox import LetterKind
from portalctl.models.role import Role
from portalctl.storage import appointments, notices

OPENS_BEFORE = timedelta(minutes=10)
"""How long before its start a video room opens."""

_AGREED = (AppointmentStatus.BOOKED, AppointmentStatus.ATTENDED, AppointmentStatus.NO_SHOW)
_ALL = 1_000_000
"""More appointments than anybody has to come."""

_CANCELLED = (AppointmentStatus.CANCELLED, AppointmentStatus.LATE_CANCELLED)


def notify(
    visit: Visit,
    appointment: Appointment,
    kind: NoticeKind,
    *,
    reminders: Sequence[int] = (),
    before: Appointment | None = None,
) -> None:
    """Write down, in this transaction, what happened: for the audit, for the client, and as mail to whom it concerns.

    Of what the client has agreed to they are reminded so many minutes before. `before` is what was moved.
    """
    visit.record(appointment.id, appointment.client_id)
    notices.insert(
        visit.transaction,
        id=new_id("ntc"),
        client_id=appointment.client_id,
        kind=kind.value,
        appointment_id=appointment.id,
        starts_at=int(appointment.starts_at.timestamp()),
        by_account=visit.caller.account_id,
        by_name=visit.caller.name,
        at=visit.second,
    )
    if kind not in (NoticeKind.ATTENDED, NoticeKind.NO_SHOW):
        letters.tell_of_appointment(visit, appointment, LetterKind(kind.value), reminders=reminders, before=before)


def require_not_started(visit: Visit, appointment: Appointment) -> None:
    """Raise NotChangeable from the start on."""
    if visit.now >= appointment.starts_at:
        raise errors.NotChangeable(
            f"it started {when(appointment.starts_at, visit.caller.timezone)}", "ask the practice about it"
        )


def confirm(visit: Visit, appointment: Appointment) -> Appointment:
    """Write down once that the client will come."""
    if appointment.status is not AppointmentStatus.BOOKED:
        raise errors.NotChangeable(f"it is {appointment.status.value}, not booked")
    if appointment.confirmed_at is not None:
        return appointment
    require_not_started(visit, appointment)
    appointments.change(visit.transaction, appointment.id, confirmed_at=visit.second, updated_at=visit.second)
    visit.record(appointment.id, appointment.client_id)
    return appointments.get(visit.transaction, appointment.id)


def check_cancellation(visit: Visit, appointment: Appointment, request: CancelAppointment) -> AppointmentStatus:
    """What cancelling would make of it. Raises CancellationWindowPassed, ReasonRequired, NotChangeable."""
    if appointment.status in _CANCELLED:
        return appointment.status
    if appointment.status not in (AppointmentStatus.BOOKED, AppointmentStatus.REQUESTED):
        raise errors.NotChangeable(f"it is {appointment.status.value} and cannot be cancelled")
    if visit.caller.role is not Role.CLIENT:
        return AppointmentStatus.CANCELLED
    require_not_started(visit, appointment)
    late = appointment.status is AppointmentStatus.BOOKED and visit.now > appointment.cancellable_until
    if late and not appointment.late_cancellation_recorded:
        raise errors.CancellationWindowPassed(
            f"it could be cancelled until {when(appointment.cancellable_until, visit.caller.timezone)}",
            "this is the practice's cancellation policy: call the practice",
            allowed_until=appointment.cancellable_until,
        )
    if appointment.reason_required and not (request.reason or "").strip():
        raise errors.ReasonRequired("the practice wants a reason", "give it with --reason")
    return AppointmentStatus.LATE_CANCELLED if late else AppointmentStatus.CANCELLED


def cancel(visit: Visit, appointment: Appointment, request: CancelAppointment) -> Appointment:
    """Cancel and free the time at once; a second time changes nothing."""
    status = check_cancellation(visit, appointment, request)
    if appointment.status in _CANCELLED:
        return appointment
    return _end(visit, appointment, status, request.reason, NoticeKind.CANCELLED)


def coming(visit: Visit, client_id: str) -> list[Appointment]:
    """A client's appointments, agreed or asked for, that have not begun."""
    found = appointments.page(
        visit.transaction,
        client_id=client_id,
        practitioner_id=None,
        statuses=[AppointmentStatus.REQUESTED.value, AppointmentStatus.BOOKED.value],
        starts_from=visit.second + 1,
        starts_before=None,
        ends_after=None,
        ended_by=None,
        newest_first=False,
        after=None,
        limit=_ALL,
    )
    return list(found)


def cancel_all_coming(visit: Visit, client_id: str, reason: str) -> None:
    """Cancel them because the client goes: no window holds somebody, but one that has passed is written down."""
    for appointment in coming(visit, client_id):
        late = appointment.status is AppointmentStatus.BOOKED and visit.now > appointment.cancellable_until
        status = AppointmentStatus.LATE_CANCELLED if late else AppointmentStatus.CANCELLED
        _end(visit, appointment, status, reason, NoticeKind.CANCELLED)


def decline(visit: Visit, appointment: Appointment, request: DeclineAppointment) -> Appointment:
    """Say no to a request; a second time changes nothing."""
    if appointment.status is AppointmentStatus.DECLINED:
        return appointment
    if appointment.status is not AppointmentStatus.REQUESTED:
        raise errors.NotChangeable(f"it is {appointment.status.value}, not requested", "cancel it instead")
    return _end(visit, appointment, AppointmentStatus.DECLINED, request.reason, NoticeKind.DECLINED)


def mark(visit: Visit, appointment: Appointment, *, came: bool) -> Appointment:
    """Record whether the client came; the other mark may correct the first."""
    status = AppointmentStatus.ATTENDED if came else AppointmentStatus.NO_SHOW
    if appointment.status is status:
        return appointment
    if appointment.status not in _AGREED:
        raise errors.NotChangeable(f"it is {appointment.status.value}, not booked")
    if visit.now < appointment.starts_at:
        raise errors.NotChangeable(
            "it has not started",
            f"from {when(appointment.starts_at, visit.caller.timezone)} on",
            allowed_from=appointment.starts_at,
        )
    appointments.change(visit.transaction, appointment.id, status=status.value, updated_at=visit.second)
    marked = appointments.get(visit.transaction, appointment.id)
    notify(visit, marked, NoticeKind.ATTENDED if came else NoticeKind.NO_SHOW)
    if came:
        fees.withdraw_fee(visit, marked, InvoiceReason.NO_SHOW)
    else:
        fees.draft_fee(visit, marked, InvoiceReason.NO_SHOW)
    return marked


def open_room(visit: Visit, appointment: Appointment) -> Room:
    """The appointment's video room, while it is open."""
    url = appointments.room_url(visit.transaction, appointment.id)
    if url is None:
        raise errors.NothingToJoin(f"this appointment is {appointment.place.value}: there is no video room")
    if appointment.status not in _AGREED:
        raise errors.JoinNotOpen(f"it is {appointment.status.value}, not booked")
    opens, closes = appointment.starts_at - OPENS_BEFORE, appointment.ends_at
    zone = visit.caller.timezone
    if visit.now < opens:
        raise errors.JoinNotOpen("the room is not open yet", f"it opens {when(opens, zone)}", allowed_from=opens)
    if visit.now >= closes:
        raise errors.JoinNotOpen("the appointment is over", f"it ended {when(closes, zone)}", allowed_until=closes)
    return Room(appointment_id=appointment.id, url=url, opens_at=opens, closes_at=closes)


def _end(
    visit: Visit, appointment: Appointment, status: AppointmentStatus, reason: str | None, kind: NoticeKind
) -> Appointment:
    appointments.change(
        visit.transaction,
        appointment.id,
        status=status.value,
        holds=0,
        reason=(reason or "").strip() or None,
        sequence=appointment.sequence + 1,
        updated_at=visit.second,
    )
    ended = appointments.get(visit.transaction, appointment.id)
    notify(visit, ended, kind)
    if status is AppointmentStatus.LATE_CANCELLED:
        fees.draft_fee(visit, ended, InvoiceReason.LATE_CANCELLATION)
    return ended
