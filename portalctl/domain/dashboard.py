"""One client's history with the practice."""

from __future__ import annotations

from portalctl.contract import dashboard as contract
from portalctl.domain.office import Office, Visit
from portalctl.models.appointments import Appointment
from portalctl.models.dashboard import Dashboard, ShowDashboard
from portalctl.storage import appointments, notices, practice

COMING = 20
NEWS = 10
NEWS_SECONDS = 14 * 86_400


class Dashboards(contract.Dashboards):
    """The caller's own dashboard."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def show(self, request: ShowDashboard) -> Dashboard:
        """The caller's own history; nothing about others."""
        with self._office.visit(contract.Dashboards.show) as visit:
            caller, tx = visit.caller, visit.transaction
            assert caller.client_id is not None  # noqa: S101  the access table lets only clients in
            found = practice.get(tx)
            assert found is not None  # noqa: S101  a session exists only where a practice does
            coming = _page(visit, caller.client_id, coming=True, limit=COMING)
            agreed = [appointment for appointment in coming if appointment.status == "booked"]
            return Dashboard(
                client_id=caller.client_id,
                client=caller.name,
                practice=found.name,
                next=agreed[0] if agreed else None,
                coming=coming,
                past=_page(visit, caller.client_id, coming=False, limit=request.past) if request.past else [],
                news=notices.news(
                    tx, caller.client_id, not_by=caller.account_id, since=visit.second - NEWS_SECONDS, limit=NEWS
                ),
            )


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
