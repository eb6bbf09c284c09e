"""When a request is sent again. What may not be done twice is repeated only when it certainly was not done once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from portalctl import errors
from portalctl.backends.trouble import Trouble
from portalctl.clock import Clock

TRIES = 6
LONGEST_WAIT = 10.0
"""Seconds: who is told to wait longer is told so instead."""

SHORTEST_TRY = 1.0
"""Seconds: with less left it is not tried again."""

T = TypeVar("T")


def repeated(ask: Callable[[float], T], *, is_repeatable: bool, whole: float, clock: Clock) -> T:
    """Ask until there is an answer: `ask` takes the seconds that are left of `whole`, which bounds all tries together.

    Raises what the last try raised.
    """
    end = time.monotonic() + whole

    def pause(failure: Exception) -> float | bool:
        """Whether to try again, and after how many seconds where the server says so."""
        if not _may_repeat(failure, is_repeatable):
            return False
        asked = failure.allowed_from if isinstance(failure, errors.PortalError) else None
        if asked is None:
            return time.monotonic() + SHORTEST_TRY < end
        seconds = max(0.0, (asked - clock()).total_seconds())
        return seconds if seconds <= min(LONGEST_WAIT, end - time.monotonic()) else False

    try:
        return ask(whole)
    except errors.PortalError as failure:
        if pause(failure) is False:
            raise
        failures = [failure]
    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks(())  # else each try is logged where structlog is installed: on stdout
    for attempt in stamina.retry_context(
        pause, attempts=TRIES, timeout=max(0.1, end - time.monotonic()), wait_initial=0.1, wait_max=2.0, wait_jitter=0.2
    ):
        with attempt:
            if failures:
                raise failures.pop()
            return ask(max(SHORTEST_TRY, end - time.monotonic()))
    raise AssertionError("stamina ends by an answer or by an error")


def _may_repeat(failure: Exception, is_repeatable: bool) -> bool:
    match failure:
        case Trouble():
            return not failure.is_lasting and (is_repeatable or not failure.was_sent)
        case errors.NotAPortalServer() | errors.TooManyAttempts():
            return False
        case errors.TooManyRequests():
            return True
        case errors.Retryable():
            return is_repeatable
    return False
