"""Authenticator apps, and people who use one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import pyotp

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.portal import Portal
from portalctl.models.mfa import SetUpMfa, VerifyMfa
from portalctl.models.sessions import SignedIn, SignIn
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, FakeClock

STEP = timedelta(seconds=30)


class App(NamedTuple):
    """An authenticator app with one secret; its clock is told."""

    secret: str

    def at(self, moment: datetime) -> str:
        """What it shows then."""
        return pyotp.TOTP(self.secret).at(moment)

    def wrong(self, moment: datetime) -> str:
        """Six digits that it shows neither then nor a step before or after."""
        shown = {self.at(moment + step * STEP) for step in (-1, 0, 1)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in shown)


class Guarded(NamedTuple):
    """What somebody has who has turned a second factor on."""

    app: App
    recovery_codes: list[str]


def guard(portal: Portal, clock: FakeClock, password: str = ANNA_PASSWORD) -> Guarded:
    """Turn a second factor on, and let time pass until the app shows its next code."""
    made = portal.mfa.set_up(SetUpMfa(password=password))
    app = App(made.secret or "")
    codes = portal.mfa.verify(VerifyMfa(code=app.at(clock()))).codes
    clock.advance(STEP)
    return Guarded(app, codes)


def enter(portal: EmbeddedPortal, code: str | None, password: str = ANNA_PASSWORD, email: str = ANNA_EMAIL) -> SignedIn:
    """Sign in with a code."""
    return portal.sessions.sign_in(SignIn(email=email, password=password, code=code))
