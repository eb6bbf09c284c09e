"""How much is borne from a portal that is not reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portalctl import errors
from portalctl.transfer.patience import LONGEST_PAUSE, LONGEST_WAIT, TRIES, Patience

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BROKEN = errors.NetworkFailure("it broke off")


def busy(seconds: float) -> errors.TooManyRequests:
    """A portal that says when to come again."""
    return errors.TooManyRequests("too many requests", allowed_from=NOW + timedelta(seconds=seconds))


def test_pauses_grow_up_to_the_longest_and_then_it_is_raised() -> None:
    pauses: list[float] = []
    patience = Patience(pauses.append)
    for _ in range(TRIES - 1):
        patience.bear(BROKEN)
    with pytest.raises(errors.NetworkFailure):
        patience.bear(BROKEN)
    assert len(pauses) == TRIES - 1
    assert pauses == sorted(pauses)
    assert pauses[-1] <= LONGEST_PAUSE


def test_as_long_as_anything_comes_about_it_is_borne() -> None:
    pauses: list[float] = []
    patience = Patience(pauses.append)
    for _ in range(TRIES * 3):
        patience.bear(BROKEN, moved=True)
    assert set(pauses) == {0.1}


def test_who_is_told_when_to_come_comes_then_and_not_after_an_hour() -> None:
    """`Retry-After: 999999` is no reason to hang; one in the past none to hurry."""
    pauses: list[float] = []
    patience = Patience(pauses.append, lambda: NOW)
    patience.bear(busy(LONGEST_WAIT))
    patience.bear(busy(-5))
    assert (pauses[0], 0 < pauses[1] < 1) == (LONGEST_WAIT, True)
    with pytest.raises(errors.TooManyRequests):
        patience.bear(busy(999_999))


def test_what_would_be_no_other_the_next_time_is_raised_at_once() -> None:
    for trouble in (errors.NotAPortalServer("a hotel"), errors.TooManyAttempts("slowly")):
        with pytest.raises(type(trouble)):
            Patience(lambda _: pytest.fail("it pauses")).bear(trouble)
