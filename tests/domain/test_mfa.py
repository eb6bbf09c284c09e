"""A second factor: set up, asked for at every way in, and taken away only by whoever has it or by the practice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import passwords
from portalctl.domain.office import Office
from portalctl.models.devices import DeviceReference, PollDevice, StartDevice
from portalctl.models.mfa import DisableMfa, RenewRecoveryCodes, ResetMfa, SetUpMfa, VerifyMfa
from portalctl.models.outbox import LetterReference, ListLetters
from portalctl.models.sessions import ResetPassword, SignIn
from portalctl.models.tokens import CreateToken
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteStore
from tests.domain.apps import STEP, App, Guarded, enter, guard
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, OWNER_EMAIL, OWNER_PASSWORD, FakeClock, query
from tests.domain.people import PASSWORD, hire
from tests.domain.served import Served
from tests.domain.ways_in import CARA_PASSWORD, WRONG, reset, sign_in, told

SHORT = "tulip engine"
Audit = Callable[[], list[Row]]


@pytest.fixture
def anna(client: EmbeddedPortal, clock: FakeClock) -> Guarded:
    """What Anna has for her second factor, which is on."""
    return guard(client, clock)


def ends(portal: EmbeddedPortal) -> bool:
    """Whether the session has ended."""
    try:
        portal.sessions.who_am_i()
    except errors.SignInNeeded:
        return True
    return False


class TestSignIn:
    def test_wants_password_and_code_together(
        self, portal: EmbeddedPortal, clock: FakeClock, anna: Guarded, portal_file: Path
    ) -> None:
        """What comes of the password alone is a failure, in which there is nothing to come back with (case 72)."""
        before = query(portal_file, "SELECT id FROM sessions")
        failure = told(enter, portal, None)
        assert (failure.kind, failure.kind.exit_code, failure.kind.code) == (errors.MfaNeeded, 4, "mfa_needed")
        assert failure == told(enter, portal, None)
        assert query(portal_file, "SELECT id FROM sessions") == before
        assert enter(portal, anna.app.at(clock())).identity.email == ANNA_EMAIL

    def test_a_code_that_failed_leaves_nothing_to_go_on_with(
        self, portal: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        """Each try is whole: after a wrong code the password is asked again."""
        assert told(enter, portal, anna.app.wrong(clock())).kind is errors.WrongCode
        assert told(enter, portal, anna.app.at(clock()), WRONG).kind is errors.BadCredentials
        assert enter(portal, anna.app.at(clock())).identity.email == ANNA_EMAIL

    def test_a_wrong_password_is_told_like_an_unknown_account_whatever_the_code(
        self, portal: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        """Nobody learns who has a second factor, nor whether a code is right (case 63)."""
        codes = (None, anna.app.at(clock()), "000000", anna.recovery_codes[0])
        answers = {told(enter, portal, code, WRONG) for code in codes}
        answers |= {told(enter, portal, "000000", WRONG, email) for email in ("ben@example.com", "nobody@example.com")}
        assert [answer.kind for answer in answers] == [errors.BadCredentials]
        assert enter(portal, anna.recovery_codes[0]).identity.email == ANNA_EMAIL, "nor is it used up"

    def test_a_wrong_password_costs_the_same_work_with_a_factor_and_without(
        self, portal: EmbeddedPortal, anna: Guarded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One hash; no code is looked at."""
        hashed: list[str | None] = []
        is_right = passwords.is_right

        def counted(given: str, kept: str | None) -> bool:
            hashed.append(kept)
            return is_right(given, kept)

        monkeypatch.setattr(passwords, "is_right", counted)
        monkeypatch.setattr("portalctl.domain.second_factors.accept", lambda *_: pytest.fail("a code was looked at"))
        for email in (ANNA_EMAIL, "ben@example.com", "nobody@example.com"):
            told(enter, portal, anna.recovery_codes[0], WRONG, email)
        assert len(hashed) == 3

    def test_where_no_factor_is_on_a_code_is_not_asked_for_and_does_no_harm(
        self, portal: EmbeddedPortal, client: EmbeddedPortal
    ) -> None:
        assert enter(portal, "123456").identity.email == ANNA_EMAIL
        client.mfa.set_up(SetUpMfa(password=ANNA_PASSWORD))
        assert enter(portal, None).identity.email == ANNA_EMAIL, "one that is pending guards nothing yet"

    def test_asking_for_the_code_is_no_failure_and_a_wrong_one_is(
        self, portal: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        """Who always gives the password first is not slowed down for it."""
        for _ in range(6):
            assert told(enter, portal, None).kind is errors.MfaNeeded
        kinds = [told(enter, portal, anna.app.wrong(clock())).kind for _ in range(6)]
        assert kinds == [errors.WrongCode] * 5 + [errors.TooManyAttempts]
        clock.advance(timedelta(minutes=5))
        assert enter(portal, anna.app.at(clock())).identity.email == ANNA_EMAIL

    def test_the_audit_knows_of_every_try(self, portal: EmbeddedPortal, clock: FakeClock, audit: Audit) -> None:
        """Who has found the password out and lacks the code leaves a trace, and no code does."""
        client = portal.with_token(sign_in(portal).token)
        anna = guard(client, clock)
        told(enter, portal, None)
        told(enter, portal, anna.app.wrong(clock()))
        client.mfa.renew_recovery_codes(RenewRecoveryCodes(code=anna.app.at(clock())))
        rows = [row for row in audit() if row["chain"] == client.sessions.who_am_i().client_id]
        assert [(row["action"], row["role"]) for row in rows][2:] == [
            ("sessions.sign_in", "client"),
            ("mfa.set_up", "client"),
            ("mfa.verify", "client"),
            ("sessions.sign_in_code_needed", "unknown"),
            ("sessions.sign_in_failed", "unknown"),
            ("mfa.renew_recovery_codes", "client"),
        ]
        assert anna.app.secret not in str(audit())


class TestTurningOn:
    def test_ends_the_other_sessions_and_tells_the_owner(
        self, portal: EmbeddedPortal, client: EmbeddedPortal, owner: EmbeddedPortal, clock: FakeClock
    ) -> None:
        others = [portal.with_token(sign_in(portal).token) for _ in range(2)]
        guard(client, clock)
        assert [ends(each) for each in (*others, client)] == [True, True, False]
        assert letters(owner)[0] == ("mfa_on", ANNA_EMAIL)

    def test_a_session_that_was_left_open_cannot_replace_a_factor(
        self, client: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        assert anna
        for password, failure in ((WRONG, errors.BadCredentials), (ANNA_PASSWORD, errors.NotChangeable)):
            assert told(client.mfa.set_up, SetUpMfa(password=password)).kind is failure
        assert told(client.mfa.verify, VerifyMfa(code=anna.app.at(clock()))).kind is errors.NotChangeable

    def test_setting_up_again_replaces_what_was_pending(self, client: EmbeddedPortal, clock: FakeClock) -> None:
        first, second = (App(client.mfa.set_up(SetUpMfa(password=ANNA_PASSWORD)).secret or "") for _ in range(2))
        assert first != second
        assert told(client.mfa.verify, VerifyMfa(code=first.at(clock()))).kind is errors.WrongCode
        assert client.mfa.verify(VerifyMfa(code=second.at(clock()))).left == 10

    def test_the_first_code_is_used_up_by_it(
        self, portal: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
    ) -> None:
        anna = guard(client, clock)
        clock.advance(-STEP)
        assert told(enter, portal, anna.app.at(clock())).kind is errors.WrongCode

    def test_a_program_that_was_allowed_before_is_turned_away(
        self, portal_file: Path, client: EmbeddedPortal, clock: FakeClock
    ) -> None:
        """Else who was in before could come for another session afterwards."""
        store = SqliteStore(portal_file)
        served = Served(Office(store, clock, None, lambda: b"k" * 32, "https://portal.example.com"))
        started = served.devices.start(StartDevice(name="thief"))
        client.devices.allow(DeviceReference(user_code=started.user_code))
        guard(client, clock)
        with pytest.raises(errors.AccessDenied):
            served.devices.poll(PollDevice(device_code=started.device_code))
        store.close()


class TestDowngrade:
    """Case 69: there is no way around the factor."""

    def test_the_password_alone_turns_nothing_off(
        self, client: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        for code in (None, anna.app.wrong(clock()), "", "843p-z7yc-swxj-q22w"):
            expected = errors.MfaNeeded if code is None else errors.WrongCode
            assert told(client.mfa.disable, DisableMfa(password=ANNA_PASSWORD, code=code)).kind is expected
        assert told(enter, portal, None).kind is errors.MfaNeeded

    def test_the_code_alone_turns_nothing_off_and_is_not_used_up(
        self, client: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        code = anna.app.at(clock())
        assert told(client.mfa.disable, DisableMfa(password=WRONG, code=code)).kind is errors.BadCredentials
        assert enter(portal, code).identity.email == ANNA_EMAIL

    def test_a_reset_link_sets_a_password_and_leaves_the_factor_on(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        assert portal.sessions.reset_password(ResetPassword(code=reset(owner), password=CARA_PASSWORD)) is None
        assert told(enter, portal, None, CARA_PASSWORD).kind is errors.MfaNeeded
        assert enter(portal, anna.app.at(clock()), CARA_PASSWORD).identity.email == ANNA_EMAIL

    def test_an_old_session_or_api_token_turns_nothing_off(
        self, portal: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
    ) -> None:
        old = portal.with_token(sign_in(portal).token)
        token = client.tokens.create(CreateToken(name="script", scopes=["appointments:write"]))
        anna = guard(client, clock)
        request = DisableMfa(password=ANNA_PASSWORD, code=anna.app.at(clock()))
        assert told(old.mfa.disable, request).kind is errors.SignInNeeded
        assert told(portal.with_token(token.token).mfa.disable, request).kind is errors.ScopeMissing
        assert client.mfa.disable(request).state == "off"

    def test_turning_it_off_ends_other_sessions_and_tells_the_owner(
        self, portal: EmbeddedPortal, client: EmbeddedPortal, owner: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        other = portal.with_token(enter(portal, anna.recovery_codes[0]).token)
        client.mfa.disable(DisableMfa(password=ANNA_PASSWORD, code=anna.app.at(clock())))
        assert [ends(each) for each in (other, client)] == [True, False]
        assert letters(owner)[0] == ("mfa_off", ANNA_EMAIL)
        assert client.mfa.status().recovery_codes_left == 0
        assert sign_in(portal).identity.email == ANNA_EMAIL

    def test_what_is_pending_goes_without_a_code(self, client: EmbeddedPortal, owner: EmbeddedPortal) -> None:
        client.mfa.set_up(SetUpMfa(password=ANNA_PASSWORD))
        assert client.mfa.disable(DisableMfa(password=ANNA_PASSWORD)).state == "off"
        assert "mfa_off" not in [kind for kind, _ in letters(owner)]


class TestShortPasswords:
    @pytest.fixture
    def short(self, owner: EmbeddedPortal, portal: EmbeddedPortal, anna: Guarded) -> EmbeddedPortal:
        """The portal for Anna, whose password has twelve characters."""
        portal.sessions.reset_password(ResetPassword(code=reset(owner), password=SHORT))
        return portal.with_token(enter(portal, anna.recovery_codes[0], SHORT).token)

    def test_eight_characters_are_enough_beside_a_factor(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, anna: Guarded
    ) -> None:
        """All else that makes a password weak still does."""
        assert anna
        code = reset(owner)
        for weak in ("tulip e", "password1", "abababab", "12345678", "annabian"):
            request = ResetPassword(code=code, password=weak)
            assert told(portal.sessions.reset_password, request).kind is errors.WeakPassword, weak
        portal.sessions.reset_password(ResetPassword(code=code, password="tulip en"))

    def test_without_a_factor_they_are_not(self, owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
        assert told(portal.sessions.reset_password, ResetPassword(code=reset(owner), password=SHORT)).kind is (
            errors.WeakPassword
        )

    def test_turning_the_factor_off_wants_a_longer_one_first(
        self, portal: EmbeddedPortal, short: EmbeddedPortal, clock: FakeClock, anna: Guarded
    ) -> None:
        """What is refused for that uses no code up."""
        code = anna.app.at(clock())
        for new in (None, "also short", ANNA_EMAIL * 2):
            request = DisableMfa(password=SHORT, code=code, new_password=new)
            assert told(short.mfa.disable, request).kind is errors.WeakPassword
        done = short.mfa.disable(DisableMfa(password=SHORT, code=code, new_password=CARA_PASSWORD))
        assert done.state == "off"
        assert sign_in(portal, password=CARA_PASSWORD).identity.email == ANNA_EMAIL

    def test_one_that_stands_alone_signs_nobody_in(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, short: EmbeddedPortal
    ) -> None:
        """Where the practice took the factor away a longer one is set by link."""
        owner.mfa.reset(ResetMfa(client=ANNA_EMAIL))
        assert ends(short)
        failure = told(enter, portal, None, SHORT)
        assert (failure.kind, "password reset" in (failure.hint or "")) == (errors.WeakPassword, True)
        portal.sessions.reset_password(ResetPassword(code=reset(owner), password=CARA_PASSWORD))
        assert sign_in(portal, password=CARA_PASSWORD).identity.email == ANNA_EMAIL


class TestLost:
    def test_the_practice_takes_it_away_and_everybody_knows(
        self,
        owner: EmbeddedPortal,
        portal: EmbeddedPortal,
        client: EmbeddedPortal,
        clock: FakeClock,
        audit: Audit,
    ) -> None:
        guard(client, clock)
        token = client.tokens.create(CreateToken(name="script", scopes=["appointments:read"])).token
        done = hire(owner, "Desk", "staff").mfa.reset(ResetMfa(client=ANNA_EMAIL))
        assert all(ends(each) for each in (client, portal.with_token(token)))
        assert letters(owner)[0] == ("mfa_off", ANNA_EMAIL)
        (row,) = [row for row in audit() if row["action"] == "mfa.reset"]
        assert (row["chain"], row["subject"], row["role"]) == (done.person_id, done.person_id, "staff")
        assert sign_in(portal).identity.client_id == done.person_id

    def test_owners_do_so_for_staff_and_nobody_else_does(self, owner: EmbeddedPortal, clock: FakeClock) -> None:
        verdi, desk = hire(owner, "Verdi"), hire(owner, "Desk", "staff")
        guard(verdi, clock, PASSWORD)
        request = ResetMfa(client="verdi@example.com")
        assert told(desk.mfa.reset, request).kind is errors.NotPermitted
        assert owner.mfa.reset(request).state == "off"

    def test_nobody_takes_their_own_away_like_this(self, owner: EmbeddedPortal, clock: FakeClock) -> None:
        """It would be a way around the factor."""
        guard(owner, clock, OWNER_PASSWORD)
        assert told(owner.mfa.reset, ResetMfa(client=OWNER_EMAIL)).kind is errors.NotPermitted
        assert owner.mfa.status().state == "on"


def test_what_is_mailed_says_what_was_done_and_by_whom(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """And how to undo it, without a code or a secret."""
    anna = guard(client, clock)
    token = client.tokens.create(CreateToken(name="script", scopes=["slots:read", "appointments:write"]))
    owner.mfa.reset(ResetMfa(client=ANNA_EMAIL))
    told: dict[str, str] = {}
    for letter in owner.outbox.list(ListLetters(limit=1000)).items:
        written = owner.outbox.show(LetterReference(id=letter.id))
        told.setdefault(letter.kind.value, f"{written.subject}\n{written.text}")
    assert "was turned on" in told["mfa_on"]
    assert "every other session was ended" in " ".join(told["mfa_on"].split())
    assert "was turned off by the practice, every session and API token was ended" in " ".join(told["mfa_off"].split())
    for word in ("appointments:write, slots:read", f"tokens revoke {token.id}", "password reset --email", "1 Apr 2026"):
        assert word in told["token_made"]
    for secret in (token.token, anna.app.secret, *anna.recovery_codes):
        assert secret not in str(told)


def letters(owner: EmbeddedPortal) -> list[tuple[str, str]]:
    """What was mailed to whom, the latest first; sign-ins left out."""
    found = owner.outbox.list(ListLetters(limit=1000)).items
    return [(each.kind.value, each.recipient) for each in found if each.kind.value.startswith("mfa_")]


def test_what_is_longer_than_any_code_is_none() -> None:
    """It is refused unread."""
    with pytest.raises(ValueError, match="at most 64"):
        SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD, code="1" * 10_000)
