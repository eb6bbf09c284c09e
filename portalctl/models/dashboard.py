"""The dashboard: one client's history with the practice."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from portalctl.models.appointments import Appointment
from portalctl.models.documents import Document
from portalctl.models.payment_methods import PaymentMethod
from portalctl.models.values import Instant, Open, Record, Request, WrittenInstant


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
    """Something that happened to one of the client's appointments, done by somebody else.

    It is `new` when it happened since the client last looked.
    """

    id: str
    kind: Annotated[NoticeKind, Open]
    appointment_id: str
    service: str
    practitioner: str
    starts_at: Instant
    at: Instant
    by: str
    new: bool = False


class HistoryEntry(Appointment):
    """An appointment with what belongs to it: notes, documents (files) and forms, oldest first."""

    notes: list[Document] = Field(default=[])
    documents: list[Document] = Field(default=[])
    forms: list[Document] = Field(default=[])


class Dashboard(Record):
    """The next appointment, those to come, the latest past ones, and what the practice did in the last 14 days.

    `waiting_forms` are not submitted yet, `new_documents` were shared since the client last looked, at `looked_at`.
    `expiring_cards` have expired, or will before the end of the next month.
    """

    client_id: str
    client: str
    practice: str
    next: HistoryEntry | None = None
    coming: list[HistoryEntry]
    past: list[HistoryEntry]
    news: list[Notice]
    unread_messages: int = 0
    waiting_forms: list[Document] = Field(default=[])
    new_documents: list[Document] = Field(default=[])
    expiring_cards: list[PaymentMethod] = Field(default=[])
    looked_at: Instant | None = None
    shown_at: Instant | None = None


class ShowDashboard(Request):
    """How many past appointments to include."""

    past: Annotated[int, Field(ge=0, le=100)] = 5


class LookAtDashboard(Request):
    """The client has seen the dashboard as it was `at` that moment: what came later is new."""

    at: WrittenInstant
