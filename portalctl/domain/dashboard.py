"""One client's history with the practice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from portalctl.contract import dashboard as contract
from portalctl.domain.cards import method_of
from portalctl.domain.conversations import unread_count
from portalctl.domain.office import Office, Visit
from portalctl.models.appointments import Appointment
from portalctl.models.dashboard import Dashboard, HistoryEntry, LookAtDashboard, Notice, ShowDashboard
from portalctl.models.documents import Document
from portalctl.storage import appointments, dashboard_looks, documents, notices, payment_methods, practice

COMING = 20
NEWS = 10
NEWS_SECONDS = 14 * 86_400
FORMS = 20
DOCUMENTS = 20

_LISTS = {"note": "notes", "form": "forms"}
"""Where a document of an appointment stands; every other one among its documents."""


class Dashboards(contract.Dashboards):
    """The caller's own dashboard."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self, request: ShowDashboard) -> Dashboard:
        """The caller's own history; nothing about others, and nothing is marked as seen."""
        with self._office.visit(contract.Dashboards.show) as visit:
            caller, tx = visit.caller, visit.transaction
            assert caller.client_id is not None  # noqa: S101  the access table lets only clients in
            found = practice.get(tx)
            assert found is not None  # noqa: S101  a session exists only where a practice does
            looked_at = dashboard_looks.get(tx, caller.client_id)
            coming = _page(visit, caller.client_id, coming=True, limit=COMING)
            past = _page(visit, caller.client_id, coming=False, limit=request.past) if request.past else []
            history = _with_documents(visit, caller.client_id, [*coming, *past])
            ahead = history[: len(coming)]
            cards = [method_of(visit, row) for row in payment_methods.of_client(tx, caller.client_id)]
            return Dashboard(
                client_id=caller.client_id,
                client=caller.name,
                practice=found.name,
                next=next((entry for entry in ahead if entry.status == "booked"), None),
                coming=ahead,
                past=history[len(coming) :],
                news=_news(visit, looked_at),
                unread_messages=unread_count(visit),
                waiting_forms=documents.waiting_forms(tx, caller.client_id, limit=FORMS),
                new_documents=documents.given_since(tx, caller.client_id, looked_at or 0, limit=DOCUMENTS),
                expiring_cards=[card for card in cards if card.expired or card.expires_soon],
                looked_at=datetime.fromtimestamp(looked_at, UTC) if looked_at is not None else None,
                shown_at=visit.now.replace(microsecond=0),
            )

    def look(self, request: LookAtDashboard) -> None:
        """Write down when the caller last looked; an earlier moment, or one to come, changes nothing."""
        with self._office.visit(contract.Dashboards.look) as visit:
            assert visit.caller.client_id is not None  # noqa: S101  the access table lets only clients in
            at = int(request.at.timestamp())
            if at <= visit.second:
                dashboard_looks.put(visit.transaction, visit.caller.client_id, at)


def _page(visit: Visit, client_id: str, *, coming: bool, limit: int) -> list[Appointment]:
    return appointments.page(
        visit.transaction,
        client_id=client_id,
        practitioner_id=None,
        statuses=["requested", "booked"] if coming else None,
        starts_from=None,
        starts_before=None,
        ends_after=visit.second if coming else None,
        ended_by=None if coming else visit.second,
        newest_first=not coming,
        after=None,
        limit=limit,
    )


def _with_documents(visit: Visit, client_id: str, history: list[Appointment]) -> list[HistoryEntry]:
    """Each appointment with what belongs to it."""
    found = documents.of_appointments(visit.transaction, client_id, [one.id for one in history])
    lists: dict[str, dict[str, list[Document]]] = {one.id: {} for one in history}
    for document in found:
        of_one = lists[document.appointment_id or ""]
        of_one.setdefault(_LISTS.get(document.kind.value, "documents"), []).append(document)
    return [HistoryEntry(**dict(one), **lists[one.id]) for one in history]


def _news(visit: Visit, looked_at: int | None) -> list[Notice]:
    """What others did, newest first; what happened at or after the last look is new."""
    caller, second = visit.caller, visit.second
    found: Iterable[Notice] = notices.news(
        visit.transaction,
        caller.client_id or "",
        not_by=caller.account_id,
        since=second - NEWS_SECONDS,
        limit=NEWS,
    )
    return [each.model_copy(update={"new": int(each.at.timestamp()) >= (looked_at or 0)}) for each in found]
