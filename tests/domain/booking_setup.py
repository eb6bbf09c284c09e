"""What a booking test needs to say in one line: a practice's offer, a local time, a booking, the free starts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.portal import Portal
from portalctl.domain.slot_ids import SlotKey, encode
from portalctl.errors import PortalError
from portalctl.models.appointments import (
    Appointment,
    AppointmentReference,
    BookAppointment,
    CancelAppointment,
    RescheduleAppointment,
)
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient
from portalctl.models.policy import SetPolicy
from portalctl.models.services import AddService
from portalctl.models.sessions import SignUp
from portalctl.models.slots import FindSlots, Slot
from portalctl.models.staff import EditStaff
from tests.domain.people import PASSWORD, add

ANNA, BEN = "Anna Bianchi", "Ben Carter"
"""The clients `client` and `other_client`."""

ROSSI = "Dr Rossi"
SESSION = "Session"
ALL_DAY = ("00:00-00:00",)
OFFICE_HOURS = ("09:00-17:00",)
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]

NO_LIMITS = {
    "minimum_notice_minutes": 0,
    "horizon_days": 730,
    "cancellation_notice_minutes": 0,
    "reschedule_notice_minutes": 0,
}


def moment(text: str, zone: str = "Europe/Rome", *, fold: int = 0) -> datetime:
    """The instant at which clocks of the zone show `2026-03-02 09:00`; `fold=1` is the second of a doubled hour."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return local.astimezone(UTC)


def local(instants: Sequence[datetime], zone: str = "Europe/Rome") -> list[str]:
    """What clocks of the zone show at those instants."""
    return [f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for at in instants]


def give_hours(owner: Portal, practitioner: str = ROSSI, windows: Sequence[str] = OFFICE_HOURS) -> None:
    """The same windows on every day of the week."""
    owner.hours.set(SetHours(practitioner=practitioner, weekdays=EVERY_DAY, windows=list(windows)))


def offer(owner: Portal, windows: Sequence[str] = OFFICE_HOURS, *, zone: str = "Europe/Rome", **policy: Any) -> None:
    """Dr Rossi works every day in that zone and gives sessions of an hour; the policy has no limits but those given."""
    owner.staff.edit(EditStaff(staff=ROSSI, timezone=zone))
    give_hours(owner, windows=windows)
    owner.services.add(AddService(name=SESSION, duration_minutes=60))
    owner.policy.set(SetPolicy(**{**NO_LIMITS, **policy}))


def colleague(owner: EmbeddedPortal, name: str = "Miller", windows: Sequence[str] = OFFICE_HOURS) -> str:
    """Another practitioner with those windows every day, before services are added; answers the name."""
    add(owner, name)
    give_hours(owner, name, windows)
    return name


def free(portal: Portal, first: datetime, days: float = 1, **which: Any) -> list[Slot]:
    """What can be booked from that moment, for that many days of 24 hours."""
    return portal.slots.find(
        FindSlots(starts_from=first, starts_before=first + timedelta(days=days), limit=1000, **which)
    )


def free_starts(portal: Portal, first: datetime, days: float = 1, **which: Any) -> list[datetime]:
    """The starts that can be booked from that moment on."""
    return [slot.starts_at for slot in free(portal, first, days, **which)]


def asked(start: datetime, *, service: str = SESSION, practitioner: str = ROSSI, **more: Any) -> BookAppointment:
    """The request for a session with Dr Rossi at a time."""
    return BookAppointment(service=service, practitioner=practitioner, starts_at=start, **more)


def book(portal: Portal, start: datetime, **more: Any) -> Appointment:
    """Book a session with Dr Rossi."""
    return portal.appointments.book(asked(start, **more))


def show(portal: Portal, appointment: Appointment) -> Appointment:
    """The appointment as it is now."""
    return portal.appointments.show(AppointmentReference(id=appointment.id))


def cancel(portal: Portal, appointment: Appointment, reason: str | None = None) -> Appointment:
    """Cancel it."""
    return portal.appointments.cancel(CancelAppointment(id=appointment.id, reason=reason))


def approve(portal: Portal, appointment: Appointment) -> Appointment:
    """Agree to a request."""
    return portal.appointments.approve(AppointmentReference(id=appointment.id))


def move(portal: Portal, appointment: Appointment, start: datetime, key: str | None = None) -> Appointment:
    """Move it to the slot of its service and practitioner at that time, whether that slot is free or not."""
    slot = encode(SlotKey(appointment.service_id, appointment.practitioner_id, int(start.timestamp())))
    return portal.appointments.reschedule(RescheduleAppointment(id=appointment.id, slot=slot, idempotency_key=key))


def at_once(calls: Sequence[Callable[[], Appointment]]) -> list[Appointment | PortalError]:
    """Make all calls at the same time, each in a thread of its own; what each answered or was refused with."""
    answers: list[Appointment | PortalError | None] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(place: int) -> None:
        barrier.wait()
        try:
            answers[place] = calls[place]()
        except PortalError as error:
            answers[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in answers, "a call ended with neither an answer nor a refusal"
    return [answer for answer in answers if answer is not None]


def outcomes(answers: Sequence[Appointment | PortalError]) -> list[str]:
    """The status of what succeeded and the code of what was refused, sorted."""
    return sorted(each.code if isinstance(each, PortalError) else each.status.value for each in answers)


def client_in(owner: EmbeddedPortal, zone: str) -> EmbeddedPortal:
    """A further client, who lives in that zone."""
    name = zone.rpartition("/")[2]
    link = owner.invites.create(InviteClient(email=f"{name}@example.com", name=name)).link
    request = SignUp(code=link.rpartition("/")[2], password=PASSWORD, timezone=zone)
    return owner.with_token(owner.with_token(None).sessions.sign_up(request).token)
