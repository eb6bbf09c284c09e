"""Which of the practice's people care for which client."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import assignments as contract
from portalctl.domain.clients import find_client
from portalctl.domain.office import Office, Visit
from portalctl.domain.staff import find_colleague
from portalctl.models.assignments import Assignment, AssignmentReference, ListAssignments
from portalctl.models.values import Page
from portalctl.storage import assignments


class Assignments(contract.Assignments):
    """The assignments of this practice."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListAssignments) -> Page[Assignment]:
        """Assignments by client, then by person."""
        after = _position(request.cursor)
        with self._office.visit(contract.Assignments.list) as visit:
            client = find_client(visit, request.client) if request.client is not None else None
            member = find_colleague(visit.transaction, request.staff) if request.staff is not None else None
            found = assignments.page(
                visit.transaction,
                client_id=client.id if client else None,
                staff_id=member.id if member else None,
                after=after,
                limit=request.limit + 1,
            )
            shown = found[: request.limit]
            for client_id in dict.fromkeys(each.client_id for each in shown) if client is None else (client.id,):
                visit.record_read(client_id, client_id)
            more = len(found) > len(shown)
            return Page(items=shown, next=f"{shown[-1].client_id}.{shown[-1].staff_id}" if more else None)

    def add(self, request: AssignmentReference) -> Assignment:
        """Assign somebody to a client."""
        with self._office.visit(contract.Assignments.add) as visit:
            client_id, staff_id = _both(visit, request)
            if assignments.put(visit.transaction, client_id, staff_id, visit.second):
                visit.record(staff_id, client_id)
            made = assignments.get(visit.transaction, client_id, staff_id)
            assert made is not None  # noqa: S101  it was just put there
            return made

    def remove(self, request: AssignmentReference) -> None:
        """Take the assignment away, which counts on the next request."""
        with self._office.visit(contract.Assignments.remove) as visit:
            client_id, staff_id = _both(visit, request)
            if assignments.delete(visit.transaction, client_id, staff_id):
                visit.record(staff_id, client_id)


def _both(visit: Visit, request: AssignmentReference) -> tuple[str, str]:
    client = find_client(visit, request.client)
    member = find_colleague(visit.transaction, request.staff, also_disabled=True)
    visit.transaction.hold(f"client:{client.id}", f"staff:{member.id}")
    return client.id, member.id


def _position(cursor: str | None) -> tuple[str, str] | None:
    if cursor is None:
        return None
    client_id, separator, staff_id = cursor.partition(".")
    if not separator:
        raise errors.InvalidInput("the cursor is not one that this list gave", "start again without it")
    return client_id, staff_id
