"""How long to bear with a portal that is not reached, and how long to pause before it is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from portalctl import errors

if TYPE_CHECKING:
    from datetime import datetime

TRIES = 8
"""How often it may fail before anything more has come about."""

FEW_TRIES = 4
"""How often, where somebody waits for one file, or where each try is one of several already."""

LONGEST_PAUSE = 10.0
"""Seconds before another try, at the most."""

LONGEST_WAIT = 60.0
"""Seconds: who is told to come back later than that does not wait for it."""


class Patience:
    """Counts failures since anything last came about, and pauses after each; `pause` waits for so many seconds."""

    def __init__(
        self,
        pause: Callable[[float], object] | None = None,
        clock: Callable[[], datetime] | None = None,
        tries: int = TRIES,
    ) -> None:
        self._pause = pause
        self._tries = tries
        self._clock = clock
        self._failures = 0

    def bear(self, trouble: errors.PortalError, *, moved: bool = False) -> None:
        """Pause after a failure. Raises it where it is the last that is borne, or would be no other the next time.

        With `moved` something came about since the one before.
        """
        self._count(moved=moved)
        if self._failures >= self._tries or isinstance(trouble, errors.NotAPortalServer | errors.TooManyAttempts):
            raise trouble
        told = 0.0
        if trouble.allowed_from is not None and self._clock is not None:
            told = (trouble.allowed_from - self._clock()).total_seconds()
        if told > LONGEST_WAIT:
            raise trouble
        self._rest(told)

    def is_left(self) -> bool:
        """Pause after a failure that nobody told of; whether it is to be tried again."""
        self._count(moved=False)
        if self._failures >= self._tries:
            return False
        self._rest(0.0)
        return True

    def _count(self, *, moved: bool) -> None:
        self._failures = 0 if moved else self._failures + 1

    def _rest(self, told: float) -> None:
        (self._pause or time.sleep)(max(told, min(LONGEST_PAUSE, 0.1 * 2**self._failures)))
