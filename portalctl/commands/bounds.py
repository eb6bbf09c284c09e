"""`--from` and `--to`: a day or a moment, in the reader's zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portalctl.commands.parsing import day, moment

if TYPE_CHECKING:
    from datetime import tzinfo

    from portalctl.context import Context


def first_moment(text: str | None, context: Context) -> datetime | None:
    """Where `--from` begins: the moment, or the start of the day."""
    return None if text is None else _bound(text, context.zone, days=0)


def last_moment(text: str | None, context: Context) -> datetime | None:
    """Before which `--to` ends: the moment, or the end of the day."""
    return None if text is None else _bound(text, context.zone, days=1)


def _bound(text: str, zone: tzinfo, days: int) -> datetime:
    assert isinstance(zone, ZoneInfo)  # noqa: S101  accounts have IANA zones
    if len(text.strip()) > len("2026-12-01"):
        return moment(text, zone)
    return datetime.combine(day(text) + timedelta(days=days), time(), zone)
