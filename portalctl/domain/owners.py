"""Whose the documents are that a caller makes, and since when they are shared."""

from __future__ import annotations

from datetime import UTC, datetime

from portalctl import errors
from portalctl.domain.office import Visit
from portalctl.storage.owners import PRACTICE

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def is_client(visit: Visit) -> bool:
    """Whether the caller is not of the practice's side."""
    return visit.caller.staff_id is None


def owner_of(visit: Visit) -> str:
    """Whose the documents are that the caller makes: a client's own, or the practice's."""
    return visit.caller.person_id if is_client(visit) else PRACTICE


def when_shared(visit: Visit, moment: datetime | None, *, notify: bool) -> int:
    """The second from which on something is to have been shared: now, or when staff say that it was before.

    Raises InvalidInput for a moment that was not, and where a client says what only the practice knows.
    """
    if is_client(visit) and (moment is not None or notify):
        raise errors.InvalidInput(
            "only the practice says when something was shared, and tells clients of it",
            "leave shared_at and notify out",
        )
    if moment is None:
        return visit.second
    if moment.tzinfo is None:
        raise errors.InvalidInput("shared_at: an hour without its offset is no moment", "say in which zone it was")
    if not _EARLIEST <= moment <= visit.now:
        raise errors.InvalidInput(
            f"shared_at: nothing was shared at {moment:%Y-%m-%d %H:%M}", "name a moment between 1900 and now"
        )
    return int(moment.timestamp())
