"""How often one caller may ask: a bucket each, in the memory of this process, so that a read writes nothing."""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import timedelta

from portalctl import errors
from portalctl.clock import Clock
from portalctl.server.limits import Limits

REMEMBERED = 20_000
"""How many callers are kept in mind; the one that has been quiet for the longest is forgotten first."""


class Buckets:
    """Token buckets: each starts full with `burst`, loses one per request, and gains `rate` in a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __contains__(self, caller: str) -> bool:
        """Whether the caller has a bucket."""
        return caller in self._levels

    def take(self, caller: str) -> float:
        """Take one. Says how many seconds to wait where there is none left; 0 where there was."""
        now = time.monotonic()
        level, at = self._levels.get(caller, (float(self._burst), now))
        level = min(self._burst, level + (now - at) * self._rate)
        wait = 0.0 if level >= 1 else (1 - level) / self._rate
        self._levels[caller] = (level - 1 if not wait else level, now)
        self._levels.move_to_end(caller)
        if len(self._levels) > REMEMBERED:
            self._levels.popitem(last=False)
        return wait


class Turnstile:
    """Lets requests in at their caller's rate: the session's where it is known to be alive, else the address's.

    So whoever tries out tokens slows down their own address, and nobody who is signed in there.
    """

    def __init__(self, limits: Limits) -> None:
        self._sessions = Buckets(limits.session_rate, limits.session_burst)
        self._addresses = Buckets(limits.address_rate, limits.address_burst)

    def enter(self, session: str | None, address: str, clock: Clock) -> None:
        """Count one request. Raises TooManyRequests."""
        if session is not None and session in self._sessions:
            wait = self._sessions.take(session)
        else:
            wait = self._addresses.take(address)
        if wait:
            raise errors.TooManyRequests(
                "more requests than the portal takes from one caller",
                "wait a little, then go on more slowly",
                allowed_from=clock() + timedelta(seconds=wait),
            )

    def know(self, session: str) -> None:
        """The session is alive: from now on it has a rate of its own."""
        if session not in self._sessions:
            self._sessions.take(session)
