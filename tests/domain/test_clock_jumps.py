"""A clock that jumps, as machines do, ends no session early by going back, and lets none live past its moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.sessions import SignIn
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def fresh(portal: EmbeddedPortal) -> EmbeddedPortal:
    """The portal for Anna in a session of the ordinary kind, begun now."""
    signed_in = portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD))
    return portal.with_token(signed_in.token)


def test_a_clock_set_back_a_day_ends_no_session_and_prolongs_none(fresh: EmbeddedPortal, clock: FakeClock) -> None:
    """Its end is a moment that was written down when it began."""
    ends = fresh.sessions.who_am_i().session_expires_at
    clock.advance(-DAY)
    assert fresh.sessions.who_am_i().session_expires_at == ends
    clock.now = ends
    with pytest.raises(errors.SignInNeeded):
        fresh.sessions.who_am_i()
    fresh.close()


def test_a_clock_set_back_does_not_forget_that_a_session_was_used(fresh: EmbeddedPortal, clock: FakeClock) -> None:
    """Use in the past of the clock counts for nothing: idle time runs from the latest moment that was seen."""
    clock.advance(timedelta(minutes=20))
    fresh.sessions.who_am_i()
    clock.advance(timedelta(minutes=-15))
    fresh.sessions.who_am_i()
    clock.advance(timedelta(minutes=15 + 29))
    assert fresh.sessions.who_am_i().email == ANNA_EMAIL
    fresh.close()


def test_a_clock_that_was_a_day_ahead_for_a_moment_ended_nothing(fresh: EmbeddedPortal, clock: FakeClock) -> None:
    """What it refused meanwhile is allowed again; nothing was thrown away."""
    clock.advance(DAY)
    with pytest.raises(errors.SignInNeeded):
        fresh.sessions.who_am_i()
    clock.advance(-DAY)
    assert fresh.sessions.who_am_i().email == ANNA_EMAIL
    fresh.close()


def test_a_sign_in_works_whatever_the_clock_did_before(portal: EmbeddedPortal, clock: FakeClock) -> None:
    """Failures of a future that has not come do not keep the owner out."""
    clock.advance(DAY)
    for _ in range(7):
        with pytest.raises((errors.BadCredentials, errors.TooManyAttempts)):
            portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password="not the password at all"))
    clock.advance(-DAY)
    assert portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD)).identity.email == ANNA_EMAIL
