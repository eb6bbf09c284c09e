"""The dashboard for people: next, coming, past, what belongs to them, what waits, what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from portalctl.output.columns import ID, PLACE, PRACTITIONER, SERVICE, STATUS, WHEN, Column, looks

if TYPE_CHECKING:
    from portalctl.models.dashboard import Dashboard, HistoryEntry
    from portalctl.models.documents import Document
    from portalctl.models.values import Record

_APPOINTMENT = (ID, WHEN, SERVICE, PRACTITIONER, PLACE, STATUS)
_CARD = (
    *(ID, Column("Card", lambda card: f"{card.brand} {card.last4}")),
    Column("Until", lambda card: f"{card.exp_month:02d}/{card.exp_year}", whole=True),
    Column("State", lambda card: "expired" if card.expired else "expires soon", whole=True),
)
_KIND = Column("Kind", "kind", whole=True)
_TITLE = Column("Title", "title")
_FROM = Column("From", "author")
_STATE = Column("State", "state", whole=True)
_FRESH = Column("New", lambda document: "*" if document.new else "", whole=True)

Section = tuple[str, Sequence["Record"], Sequence[Column]]
"""A title, what stands below it, and its columns."""


def dashboard_lines(
    dashboard: Dashboard,
    table: Callable[[Sequence[Record], Sequence[Column]], Iterable[str]],
    heading: Callable[[str], str],
) -> Iterable[str]:
    """The lines of the dashboard; the next appointment is not told again.

    `table` makes the lines of one table, `heading` a title that stands out.
    """
    yield heading(f"{dashboard.client} at {dashboard.practice}")
    yield ""
    yield _messages(dashboard.unread_messages)
    for title, records, columns in (*_history(dashboard), *_waiting(dashboard)):
        yield ""
        yield heading(title)
        yield from table(records, columns) if records else ("none",)


def _messages(unread: int) -> str:
    if not unread:
        return "No unread messages"
    return f"{unread} unread message{'' if unread == 1 else 's'}: portalctl inbox list --unread"


def _history(dashboard: Dashboard) -> Iterable[Section]:
    coming = [one for one in dashboard.coming if dashboard.next is None or one.id != dashboard.next.id]
    yield "Next", [dashboard.next] if dashboard.next else [], _APPOINTMENT
    yield "Coming", coming, _APPOINTMENT
    yield "Past", dashboard.past, _APPOINTMENT
    entries = [*dashboard.coming, *dashboard.past]
    belonging = [document for entry in entries for document in _belonging(entry)]
    if belonging:
        starts = {entry.id: entry.starts_at for entry in entries}
        of = Column("Appointment", lambda document: starts[document.appointment_id], whole=True)
        yield "Notes, documents and forms", belonging, (ID, of, _KIND, _TITLE, _STATE, _FRESH)


def _belonging(entry: HistoryEntry) -> list[Document]:
    return [*entry.notes, *entry.documents, *entry.forms]


def _waiting(dashboard: Dashboard) -> Iterable[Section]:
    if dashboard.waiting_forms:
        yield "Forms to fill", dashboard.waiting_forms, (ID, _TITLE, _FROM, _STATE)
    if dashboard.expiring_cards:
        yield "Payment methods to renew", dashboard.expiring_cards, _CARD
    if dashboard.new_documents:
        yield "New documents", dashboard.new_documents, (ID, _KIND, _TITLE, _FROM)
    notice = looks("dashboard")["Notice"].columns
    yield "New", dashboard.news, notice
