"""Assignments: which of the practice's people care for which client."""

from portalctl.models.values import Instant, Limit, Record, Reference, Request


class Assignment(Record):
    """That one of the practice's people is assigned to a client."""

    client_id: str
    client: str
    staff_id: str
    staff: str
    assigned_at: Instant


class AssignmentReference(Request):
    """Names a client and one of the practice's people."""

    client: Reference
    staff: Reference


class ListAssignments(Request):
    """Who is assigned to whom: all, those of a client, or the roster of one of the practice's people."""

    client: Reference | None = None
    staff: Reference | None = None
    limit: Limit = 100
    cursor: str | None = None
