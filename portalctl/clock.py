"""The one clock. Nothing else asks what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Says what time it is, in UTC and in whole seconds: the portal's resolution."""


def system_clock() -> datetime:
    """The machine's time."""
    return datetime.now(UTC).replace(microsecond=0)
