"""Asking until the portal wants a rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portalctl import errors
from portalctl.errors import PortalError
from portalctl.testing.under_test import MovableClock

AT_MOST = 200
"""Calls."""


def insist(call: Callable[[], object], told: type[PortalError] | None = None) -> errors.TooManyAttempts:
    """Call until TooManyAttempts; what comes before it succeeds, or fails as `told`."""
    for _ in range(AT_MOST):
        try:
            call()
        except errors.TooManyAttempts as failure:
            return failure
        except PortalError as failure:
            if told is None or not isinstance(failure, told):
                raise
    pytest.fail(f"may be asked {AT_MOST} times in the same second")


def rest(clock: MovableClock, failure: errors.TooManyAttempts) -> None:
    """Let time pass until it may be tried again."""
    assert failure.allowed_from is not None
    clock.move(failure.allowed_from - clock())
