"""The dashboard for people: next, coming, past, new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from portalctl.output.columns import ID, PLACE, PRACTITIONER, SERVICE, STATUS, WHEN, Column, looks

if TYPE_CHECKING:
    from portalctl.models.dashboard import Dashboard
    from portalctl.models.values import Record

_APPOINTMENT = (ID, WHEN, SERVICE, PRACTITIONER, PLACE, STATUS)


def dashboard_lines(
    dashboard: Dashboard,
    table: Callable[[Sequence[Record], Sequence[Column]], Iterable[str]],
    heading: Callable[[str], str],
) -> Iterable[str]:
    """The lines of the dashboard; the next appointment is not told again.

    `table` makes the lines of one table, `heading` a title that stands out.
    """
    coming = [one for one in dashboard.coming if dashboard.next is None or one.id != dashboard.next.id]
    sections: tuple[tuple[str, Sequence[Record], Sequence[Column]], ...] = (
        ("Next", [dashboard.next] if dashboard.next else [], _APPOINTMENT),
        ("Coming", coming, _APPOINTMENT),
        ("Past", dashboard.past, _APPOINTMENT),
        ("New", dashboard.news, looks("dashboard")["Notice"].columns),
    )
    yield heading(f"{dashboard.client} at {dashboard.practice}")
    for title, records, columns in sections:
        yield ""
        yield heading(title)
        yield from table(records, columns) if records else ("none",)
