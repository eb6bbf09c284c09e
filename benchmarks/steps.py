"""How many steps SQLite's machine takes for each query of the portal: what time depends on, without its noise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal, NamedTuple

import apsw

from benchmarks.portals import Sample
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.clock import system_clock
from portalctl.models.appointments import (
    AppointmentReference,
    AppointmentStatus,
    BookAppointment,
    CancelAppointment,
    ListAppointments,
    RescheduleAppointment,
)
from portalctl.models.clients import ClientReference, ListClients
from portalctl.models.dashboard import ShowDashboard
from portalctl.models.invites import InviteClient, ListInvites
from portalctl.models.slots import FindSlots

TIMES: tuple[Literal["upcoming", "past"] | None, ...] = ("upcoming", "past", None)


class Measured(NamedTuple):
    """A filled portal: the sessions of its client and its owner, and the practitioner whose slots are asked for."""

    sample: Sample
    client_token: str
    owner_token: str
    practitioner: str


def steps(portal: Measured) -> dict[str, int]:
    """Work with the portal as a client and as its owner; the most steps that each statement took."""
    most: dict[str, int] = {}

    def note(event: dict[str, Any]) -> None:
        took = event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]
        most[event["sql"]] = max(took, most.get(event["sql"], 0))

    with _traced(note):
        client_id = _work_as_client(portal.sample.open(portal.client_token), portal.practitioner)
        _work_as_owner(portal.sample.open(portal.owner_token), portal.practitioner, client_id)
    return most


@contextmanager
def _traced(note: Any) -> Iterator[None]:
    def trace(connection: apsw.Connection) -> None:
        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, note)

    apsw.connection_hooks.append(trace)
    try:
        yield
    finally:
        apsw.connection_hooks.remove(trace)


def _work_as_client(portal: EmbeddedPortal, practitioner: str) -> str:
    appointments = portal.appointments
    for when in TIMES:
        for statuses in (None, list(AppointmentStatus)[:2]):
            appointments.list(ListAppointments(when=when, statuses=statuses, newest_first=when == "past", limit=50))
    portal.dashboard.show(ShowDashboard())
    portal.slots.find(FindSlots())
    one, another, *_ = portal.slots.find(FindSlots(practitioner=practitioner))
    appointments.check_booking(BookAppointment(slot=one.id))
    booked = appointments.book(BookAppointment(slot=one.id, idempotency_key=one.id))
    reference = AppointmentReference(id=booked.id[:-2])
    appointments.show(reference)
    appointments.confirm(reference)
    if booked.reschedulable_until > system_clock():
        appointments.reschedule(RescheduleAppointment(id=booked.id, slot=another.id))
    appointments.check_cancellation(CancelAppointment(id=booked.id))
    portal.close()
    return booked.client_id


def _work_as_owner(portal: EmbeddedPortal, practitioner: str, client_id: str) -> None:
    appointments, today = portal.appointments, system_clock()
    for when in TIMES:
        for statuses in (None, [AppointmentStatus.REQUESTED], list(AppointmentStatus)[:2]):
            for chosen in ({}, {"practitioner": practitioner}, {"client": client_id}):
                request = ListAppointments(when=when, statuses=statuses, limit=50, **chosen)
                first = appointments.list(request)
                if first.next:
                    appointments.list(request.model_copy(update={"cursor": first.next}))
    days = {"starts_from": today, "starts_before": today + timedelta(days=7)}
    appointments.list(ListAppointments(**days, practitioner=practitioner))
    appointments.list(ListAppointments(**days, statuses=[AppointmentStatus.REQUESTED]))
    page = portal.clients.list(ListClients(limit=50))
    portal.clients.list(ListClients(limit=50, cursor=page.next))
    for reference in (page.items[0].id[:-1], page.items[0].email, page.items[0].name):
        portal.clients.show(ClientReference(client=reference))
    portal.invites.create(InviteClient(email=page.items[-1].email, name="Invited"))
    portal.invites.list(ListInvites())
    slot, *_ = portal.slots.find(FindSlots(practitioner=practitioner, client=client_id))
    booked = appointments.book(BookAppointment(slot=slot.id, client=client_id))
    appointments.cancel(CancelAppointment(id=booked.id))
    portal.close()
