"""Second factors."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest

from portalctl import errors
from portalctl.models.clients import MakeResetLink
from portalctl.models.mfa import DisableMfa, RenewRecoveryCodes, ResetMfa, SetUpMfa, VerifyMfa
from portalctl.models.sessions import ResetPassword, SignIn
from portalctl.testing.insisting import insist, rest
from portalctl.testing.samples import PASSWORD
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio, code_in

STEP = timedelta(seconds=30)
WRONG = "000000"
SHORT_PASSWORD = "tulip engine"
LONG_PASSWORD = "violet anchor thunder pencil"


class Guarded:
    """Somebody with a second factor, in the session that turned it on."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.portal, self.identity = studio.newcomer()
        made = self.portal.mfa.set_up(SetUpMfa(password=PASSWORD))
        assert made.secret is not None
        self._totp = pyotp.TOTP(made.secret)
        self.uri = made.uri or ""
        self.recovery_codes = self.portal.mfa.verify(VerifyMfa(code=self.code())).codes

    def code(self) -> str:
        """What the app shows, after a step in which it was not used."""
        self._studio.clock.move(STEP)
        return self._totp.at(self._studio.clock())

    def enter(self, code: str | None, password: str = PASSWORD) -> str:
        """Sign in; to which account."""
        request = SignIn(email=self.identity.email, password=password, code=code)
        return self._studio.nobody.sessions.sign_in(request).identity.account_id

    def wrong(self) -> str:
        """Six digits that are not right now, nor were a step before."""
        now = self._studio.clock()
        right = {self._totp.at(moment) for moment in (now - STEP, now)}
        return next(code for code in (WRONG, "111111", "222222") if code not in right)


def new_password(studio: Studio, person: str, password: str) -> None:
    """Have the practice make a reset link, and use it."""
    code = code_in(studio.owner.clients.reset_link(MakeResetLink(client=person)).link)
    studio.nobody.sessions.reset_password(ResetPassword(code=code, password=password))


class TestSecondFactors:
    """What `portal.mfa` does, and what sign-in asks for where a factor is on."""

    @shows("mfa.status")
    @shows("mfa.set_up")
    @shows("mfa.verify")
    @shows("sessions.sign_in", errors.MfaNeeded, errors.WrongCode)
    def test_once_its_first_code_has_come_sign_in_asks_for_one_and_each_works_once(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        password_alone = SignIn(email=identity.email, password=PASSWORD)
        other = studio.portal(studio.nobody.sessions.sign_in(password_alone).token)
        assert cara.mfa.status().state == "off"
        made = cara.mfa.set_up(SetUpMfa(password=PASSWORD))
        assert (made.state, cara.mfa.status().state) == ("pending", "pending")
        assert studio.nobody.sessions.sign_in(password_alone).identity == identity
        assert f"secret={made.secret}&" in (made.uri or "")
        code = pyotp.TOTP(made.secret or "").at(studio.clock())
        codes = cara.mfa.verify(VerifyMfa(code=code))
        assert (len(set(codes.codes)), codes.left) == (10, 10)
        assert (cara.mfa.status().state, cara.mfa.status().recovery_codes_left) == ("on", 10)
        with pytest.raises(errors.SignInNeeded):
            other.sessions.who_am_i()
        with pytest.raises(errors.MfaNeeded):
            studio.nobody.sessions.sign_in(password_alone)
        with pytest.raises(errors.WrongCode):
            studio.nobody.sessions.sign_in(password_alone.model_copy(update={"code": code}))
        recovered = password_alone.model_copy(update={"code": codes.codes[3]})
        assert studio.nobody.sessions.sign_in(recovered).identity == identity
        with pytest.raises(errors.WrongCode):
            studio.nobody.sessions.sign_in(recovered)
        assert cara.mfa.status().recovery_codes_left == 9

    @shows("mfa.set_up", errors.BadCredentials, errors.NotChangeable)
    @shows("mfa.verify", errors.NotChangeable)
    @shows("mfa.renew_recovery_codes", errors.NotChangeable)
    def test_a_session_alone_changes_no_factor(self, studio: Studio) -> None:
        guarded = Guarded(studio)
        with pytest.raises(errors.BadCredentials):
            guarded.portal.mfa.set_up(SetUpMfa(password=LONG_PASSWORD))
        with pytest.raises(errors.NotChangeable):
            guarded.portal.mfa.set_up(SetUpMfa(password=PASSWORD))
        with pytest.raises(errors.NotChangeable):
            guarded.portal.mfa.verify(VerifyMfa(code=guarded.code()))
        with pytest.raises(errors.NotChangeable):
            studio.ben.mfa.renew_recovery_codes(RenewRecoveryCodes(code=WRONG))

    @shows("mfa.renew_recovery_codes")
    @shows("mfa.renew_recovery_codes", errors.WrongCode)
    def test_new_recovery_codes_take_the_place_of_the_old_ones(self, studio: Studio) -> None:
        guarded = Guarded(studio)
        with pytest.raises(errors.WrongCode):
            guarded.portal.mfa.renew_recovery_codes(RenewRecoveryCodes(code=guarded.wrong()))
        renewed = guarded.portal.mfa.renew_recovery_codes(RenewRecoveryCodes(code=guarded.code()))
        with pytest.raises(errors.WrongCode):
            guarded.enter(guarded.recovery_codes[0])
        assert guarded.enter(renewed.codes[0]) == guarded.identity.account_id

    @shows("mfa.disable")
    @shows("mfa.disable", errors.BadCredentials, errors.MfaNeeded, errors.WrongCode)
    def test_turning_it_off_needs_password_and_code(self, studio: Studio) -> None:
        guarded = Guarded(studio)
        for password, code, failure in (
            (LONG_PASSWORD, guarded.recovery_codes[0], errors.BadCredentials),
            (PASSWORD, None, errors.MfaNeeded),
            (PASSWORD, guarded.wrong(), errors.WrongCode),
        ):
            with pytest.raises(failure):
                guarded.portal.mfa.disable(DisableMfa(password=password, code=code))
        request = DisableMfa(password=PASSWORD, code=guarded.recovery_codes[0])
        assert guarded.portal.mfa.disable(request).state == "off"
        assert guarded.portal.mfa.disable(request).state == "off"
        assert guarded.enter(None) == guarded.identity.account_id

    @shows("mfa.disable", errors.WeakPassword)
    @shows("sessions.sign_in", errors.WeakPassword)
    def test_a_short_password_is_enough_beside_a_code_alone(self, studio: Studio) -> None:
        guarded = Guarded(studio)
        new_password(studio, guarded.identity.email, SHORT_PASSWORD)
        signed_in = studio.nobody.sessions.sign_in(
            SignIn(email=guarded.identity.email, password=SHORT_PASSWORD, code=guarded.recovery_codes[0])
        )
        cara, code = studio.portal(signed_in.token), guarded.recovery_codes[1]
        with pytest.raises(errors.WeakPassword):
            cara.mfa.disable(DisableMfa(password=SHORT_PASSWORD, code=code))
        cara.mfa.disable(DisableMfa(password=SHORT_PASSWORD, code=code, new_password=LONG_PASSWORD))
        assert guarded.enter(None, LONG_PASSWORD) == guarded.identity.account_id

        lost = Guarded(studio)
        new_password(studio, lost.identity.email, SHORT_PASSWORD)
        studio.owner.mfa.reset(ResetMfa(client=lost.identity.email))
        with pytest.raises(errors.WeakPassword):
            lost.enter(None, SHORT_PASSWORD)

    @shows("mfa.reset")
    @shows("mfa.reset", errors.NotFound, errors.AmbiguousId, errors.NotChangeable)
    def test_the_practice_takes_a_lost_factor_away(self, studio: Studio) -> None:
        guarded = Guarded(studio)
        request = ResetMfa(client=guarded.identity.client_id or "")
        done = studio.owner.mfa.reset(request)
        assert (done.person_id, done.state) == (guarded.identity.client_id, "off")
        with pytest.raises(errors.SignInNeeded):
            guarded.portal.sessions.who_am_i()
        assert guarded.enter(None) == guarded.identity.account_id
        with pytest.raises(errors.NotChangeable):
            studio.owner.mfa.reset(request)
        with pytest.raises(errors.NotFound):
            studio.owner.mfa.reset(ResetMfa(client=studio.address("unknown")))
        name = studio.word("Twin")
        for _ in range(2):
            studio.invite(name)
        with pytest.raises(errors.AmbiguousId):
            studio.owner.mfa.reset(ResetMfa(client=name))

    @shows("mfa.verify", errors.WrongCode, errors.TooManyAttempts)
    @shows("mfa.renew_recovery_codes", errors.TooManyAttempts)
    @shows("mfa.disable", errors.TooManyAttempts)
    @shows("mfa.set_up", errors.TooManyAttempts)
    def test_five_wrong_codes_cost_five_minutes(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        made = cara.mfa.set_up(SetUpMfa(password=PASSWORD))
        totp = pyotp.TOTP(made.secret or "")
        begun = studio.clock()
        rest(studio.clock, insist(lambda: cara.mfa.verify(VerifyMfa(code="")), told=errors.WrongCode))
        assert studio.clock() - begun == timedelta(minutes=5)
        cara.mfa.verify(VerifyMfa(code=totp.at(studio.clock())))
        renew = RenewRecoveryCodes(code="")
        insist(lambda: cara.mfa.renew_recovery_codes(renew), told=errors.WrongCode)
        with pytest.raises(errors.TooManyAttempts):
            cara.mfa.disable(DisableMfa(password=PASSWORD, code=""))
        failure = insist(lambda: cara.mfa.set_up(SetUpMfa(password=LONG_PASSWORD)), told=errors.BadCredentials)
        assert failure.allowed_from is not None
