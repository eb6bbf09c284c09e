"""The dashboard: one client's history with the practice."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from portalctl.models.appointments import Appointment
from portalctl.models.values import Instant, Open, Record, Request


class NoticeKind(StrEnum):
    """What happened to an appointment."""

    REQUESTED = "requested"
    BOOKED = "booked"
    MOVED = "moved"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


class Notice(Record):
    """Something that happened to one of the client's appointments, done by somebody else."""

    id: str
    kind: Annotated[NoticeKind, Open]
    appointment_id: str
    service: str
    practitioner: str
    starts_at: Instant
    at: Instant
    by: str


class Dashboard(Record):
    """The next appointment, those to come, the latest past ones, and what the practice did in the last 14 days."""

    client_id: str
    client: str
    practice: str
    next: Appointment | None = None
    coming: list[Appointment]
    past: list[Appointment]
    news: list[Notice]


class ShowDashboard(Request):
    """How many past appointments to include."""

    past: Annotated[int, Field(ge=0, le=100)] = 5
