"""How messages say a moment: in the reader's zone, with the zone's name."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def when(moment: datetime, zone: str) -> str:
    """`Mon 2 Mar 2026 09:00 CET`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"
