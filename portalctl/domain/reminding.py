"""Reminders of what is booked, when their reader has chosen other times for them."""

from __future__ import annotations

from portalctl.domain import letters, policy
from portalctl.models.appointments import AppointmentStatus
from portalctl.storage import appointments
from portalctl.storage.engine import Transaction

_AT_ONCE = 100


def plan_anew(tx: Transaction, at: int, client_id: str) -> None:
    """Put new reminders in the place of those that wait, for every coming appointment of a client who is held."""
    after: tuple[int, str] | None = None
    while True:
        coming = appointments.page(
            tx,
            client_id=client_id,
            practitioner_id=None,
            statuses=[AppointmentStatus.BOOKED.value],
            starts_from=at,
            starts_before=None,
            ends_after=None,
            ended_by=None,
            newest_first=False,
            after=after,
            limit=_AT_ONCE,
        )
        for appointment in coming:
            usual = policy.in_force(tx, appointment.service_id).reminder_minutes
            letters.remind_anew(tx, at, appointment, usual)
        if len(coming) < _AT_ONCE:
            return
        after = (int(coming[-1].starts_at.timestamp()), coming[-1].id)
