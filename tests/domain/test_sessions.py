"""Signing up, signing in and out, how long sessions last, and what is kept of their secrets."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import passwords
from portalctl.errors import (
    BadCredentials,
    LinkNotValid,
    PortalError,
    SignInNeeded,
    TooManyAttempts,
    WeakPassword,
)
from portalctl.models.clients import ClientReference
from portalctl.models.invites import InviteClient, InviteReference
from portalctl.models.policy import SetPolicy
from portalctl.models.sessions import ResetPassword, Role, SignedIn, SignIn, SignUp
from portalctl.models.staff import AddStaff, StaffReference
from portalctl.storage.engine import Row
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, MORNING, FakeClock, PortalFor, code_of, query

CARA_PASSWORD = "violet anchor thunder pencil"
WRONG = "not the password at all"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def invite(owner: EmbeddedPortal, email: str = "cara@example.com", name: str = "Cara Neri") -> str:
    """The code of a new invite."""
    return code_of(owner.invites.create(InviteClient(email=email, name=name)).link)


def reset(owner: EmbeddedPortal, person: str = ANNA_EMAIL) -> str:
    """The code of a new reset link."""
    return code_of(owner.clients.reset_link(ClientReference(client=person)).link)


def sign_in(portal: EmbeddedPortal, email: str = ANNA_EMAIL, password: str = ANNA_PASSWORD) -> SignedIn:
    return portal.sessions.sign_in(SignIn(email=email, password=password))


class Told(NamedTuple):
    """Everything that a caller learns from a failure."""

    kind: type[PortalError]
    message: str
    hint: str | None
    allowed_from: datetime | None = None
    allowed_until: datetime | None = None


NOT_VALID = Told(LinkNotValid, "this link is not valid", "ask the practice for a new one")


def told(attempt: Callable[..., object], *arguments: object) -> Told:
    """What a failing attempt tells."""
    with pytest.raises(PortalError) as failure:
        attempt(*arguments)
    found = failure.value
    return Told(type(found), found.message, found.hint, found.allowed_from, found.allowed_until)


class TestSignUp:
    def test_an_invite_makes_an_account_and_signs_in(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock
    ) -> None:
        request = SignUp(code=invite(owner), password=CARA_PASSWORD, timezone="America/New_York")
        signed_in = portal.sessions.sign_up(request)
        assert signed_in.identity.name == "Cara Neri"
        assert signed_in.identity.role is Role.CLIENT
        assert signed_in.identity.timezone == "America/New_York"
        assert signed_in.identity.practice == "Studio Rossi"
        assert signed_in.identity.session_expires_at == clock() + 12 * HOUR
        assert portal.with_token(signed_in.token).sessions.who_am_i() == signed_in.identity

    def test_a_client_may_correct_the_name_they_were_invited_by(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal
    ) -> None:
        portal.sessions.sign_up(SignUp(code=invite(owner), name="Cara Bruno", password=CARA_PASSWORD))
        assert owner.clients.show(ClientReference(client="cara@example.com")).name == "Cara Bruno"

    def test_a_client_without_a_zone_of_their_own_gets_the_practices(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal
    ) -> None:
        signed_in = portal.sessions.sign_up(SignUp(code=invite(owner), password=CARA_PASSWORD))
        assert signed_in.identity.timezone == "Europe/Rome"

    def test_staff_sign_up_with_their_role(self, owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
        issued = owner.staff.add(AddStaff(email="eva@example.com", name="Eva Klein", timezone="America/New_York"))
        signed_in = portal.sessions.sign_up(SignUp(code=code_of(issued.link), password=CARA_PASSWORD))
        assert signed_in.identity.role is Role.PRACTITIONER
        assert signed_in.identity.staff_id == issued.person_id
        assert signed_in.identity.timezone == "America/New_York"

    def test_of_many_redeeming_one_invite_at_once_exactly_one_gets_an_account(
        self, owner: EmbeddedPortal, portal_for: PortalFor, portal_file: Path
    ) -> None:
        code = invite(owner)

        def redeem(_: int) -> object:
            try:
                return portal_for(None).sessions.sign_up(SignUp(code=code, password=CARA_PASSWORD))
            except PortalError as failure:
                return type(failure), failure.message, failure.hint

        with ThreadPoolExecutor(12) as pool:
            outcomes = list(pool.map(redeem, range(12)))
        assert sum(isinstance(outcome, SignedIn) for outcome in outcomes) == 1
        assert len({outcome for outcome in outcomes if isinstance(outcome, tuple)}) == 1
        assert query(portal_file, "SELECT count(*) AS n FROM accounts WHERE email = 'cara@example.com'") == [{"n": 1}]

    def test_an_invite_is_valid_until_the_second_before_it_expires(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock
    ) -> None:
        code = invite(owner)
        clock.advance(timedelta(days=7, seconds=-1))
        assert portal.sessions.sign_up(SignUp(code=code, password=CARA_PASSWORD))

    @pytest.mark.parametrize("late", [0, 1])
    def test_an_invite_that_expired_a_second_ago_is_not_valid(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock, late: int
    ) -> None:
        code = invite(owner)
        clock.advance(timedelta(days=7, seconds=late))
        with pytest.raises(LinkNotValid):
            portal.sessions.sign_up(SignUp(code=code, password=CARA_PASSWORD))

    def test_an_invite_may_expire_while_the_password_is_being_hashed(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = invite(owner)

        def slow(_: str) -> str:
            clock.advance(timedelta(days=7))
            return "hash"

        monkeypatch.setattr(passwords, "make_hash", slow)
        with pytest.raises(LinkNotValid):
            portal.sessions.sign_up(SignUp(code=code, password=CARA_PASSWORD))

    def test_every_link_that_does_not_work_gets_the_same_answer_and_the_audit_knows_why(
        self,
        owner: EmbeddedPortal,
        portal: EmbeddedPortal,
        clock: FakeClock,
        audit: Callable[[], list[Row]],
    ) -> None:
        used, revoked, replaced = (invite(owner, f"{word}@example.com") for word in ("used", "revoked", "replaced"))
        portal.sessions.sign_up(SignUp(code=used, password=CARA_PASSWORD))
        owner.invites.revoke(InviteReference(id=revoked.partition(".")[0]))
        invite(owner, "replaced@example.com")
        disabled = owner.staff.add(AddStaff(email="eva@example.com", name="Eva Klein"))
        owner.staff.disable(StaffReference(staff="eva@example.com"))
        expired = invite(owner, "expired@example.com")
        clock.advance(timedelta(days=7))
        codes = [used, revoked, replaced, code_of(disabled.link), expired, reset(owner)]
        codes += [expired[:-1] + ("A" if expired[-1] != "A" else "E"), expired.upper(), expired * 1000]
        codes += ["inv_000000000000." + expired.partition(".")[2], expired.partition(".")[0], ""]
        codes += [expired[:-1] + "é", expired[:-1] + "\ud800"]
        answers = {
            told(portal.sessions.sign_up, SignUp.model_construct(code=code, password=CARA_PASSWORD)) for code in codes
        }
        assert answers == {NOT_VALID}
        reasons = [row["subject"].partition(":")[2] for row in audit() if row["action"] == "sessions.sign_up_refused"]
        assert sorted(reasons) == ["expired", "redeemed", "revoked", "revoked", "revoked"]

    def test_a_weak_password_leaves_the_invite_as_it_was(self, owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
        code = invite(owner)
        for weak in ("short", "cara neri 1974!!", "Studio Rossi 2026"):
            with pytest.raises(WeakPassword):
                portal.sessions.sign_up(SignUp(code=code, password=weak))
        assert owner.invites.revoke(InviteReference(id=code.partition(".")[0])).state == "revoked"

    def test_guessing_links_slows_down(self, portal: EmbeddedPortal, clock: FakeClock) -> None:
        def guess() -> object:
            return portal.sessions.sign_up(SignUp(code="inv_000000000000.guess", password=CARA_PASSWORD))

        assert {told(guess).kind for _ in range(51)} == {LinkNotValid}
        answer = told(guess)
        assert answer.kind is TooManyAttempts
        assert answer.allowed_from == clock() + timedelta(seconds=1)

    def test_a_good_link_is_no_failure(self, owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
        code = invite(owner)
        for _ in range(60):
            with pytest.raises(WeakPassword):
                portal.sessions.sign_up(SignUp(code=code, password="short"))
        portal.sessions.sign_up(SignUp(code=code, password=CARA_PASSWORD))


class TestSignIn:
    def test_the_right_password_starts_a_session(self, portal: EmbeddedPortal) -> None:
        signed_in = sign_in(portal)
        assert signed_in.token.startswith("pct_")
        assert portal.with_token(signed_in.token).sessions.who_am_i().email == ANNA_EMAIL

    def test_an_address_is_matched_whatever_its_case(self, portal: EmbeddedPortal) -> None:
        assert sign_in(portal, "Anna@Example.COM").identity.email == ANNA_EMAIL

    def test_unknown_wrong_and_disabled_get_the_same_answer(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal
    ) -> None:
        issued = owner.staff.add(AddStaff(email="eva@example.com", name="Eva Klein"))
        portal.sessions.sign_up(SignUp(code=code_of(issued.link), password=CARA_PASSWORD))
        owner.staff.disable(StaffReference(staff="eva@example.com"))
        invite(owner)
        answers = {
            told(sign_in, portal, "nobody@example.com"),
            told(sign_in, portal, "cara@example.com"),
            told(sign_in, portal, ANNA_EMAIL, WRONG),
            told(sign_in, portal, ANNA_EMAIL, ""),
            told(sign_in, portal, "eva@example.com", CARA_PASSWORD),
            told(sign_in, portal, "eva@example.com", WRONG),
        }
        assert [answer.kind for answer in answers] == [BadCredentials]

    def test_an_unknown_account_costs_the_same_work(
        self, portal: EmbeddedPortal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work: list[str] = []
        hasher = passwords._hasher()

        class Watched:
            def verify(self, password_hash: str, password: bytes) -> bool:
                work.append(password_hash.rpartition("$m=")[2][:13])
                return hasher.verify(password_hash, password)

        monkeypatch.setattr(passwords, "_hasher", Watched)
        told(sign_in, portal, ANNA_EMAIL, WRONG)
        told(sign_in, portal, "nobody@example.com", WRONG)
        assert len(work) == 2
        assert work[0] == work[1]

    def test_an_unknown_account_is_slowed_down_like_a_known_one(self, portal: EmbeddedPortal, clock: FakeClock) -> None:
        def series(email: str) -> list[tuple[type[PortalError], timedelta | None]]:
            answers = []
            for wait in (0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0):
                clock.advance(timedelta(seconds=wait))
                answer = told(sign_in, portal, email, WRONG)
                answers.append((answer.kind, answer.allowed_from - clock() if answer.allowed_from else None))
            return answers

        known = series(ANNA_EMAIL)
        assert known == series("nobody@example.com")
        assert [delay.seconds for _, delay in known if delay] == [1, 2, 4]

    def test_during_a_delay_nothing_is_computed_and_the_right_password_waits_too(
        self, portal: EmbeddedPortal, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(6):
            told(sign_in, portal, ANNA_EMAIL, WRONG)
        with monkeypatch.context() as patched:
            patched.setattr(passwords, "is_right", lambda *_: pytest.fail("a password was checked"))
            assert told(sign_in, portal).kind is TooManyAttempts
        clock.advance(timedelta(seconds=1))
        assert sign_in(portal)

    def test_a_success_ends_the_slow_down_of_the_account(self, portal: EmbeddedPortal, clock: FakeClock) -> None:
        for _ in range(5):
            told(sign_in, portal, ANNA_EMAIL, WRONG)
        sign_in(portal)
        for _ in range(6):
            assert told(sign_in, portal, ANNA_EMAIL, WRONG).kind is BadCredentials
        clock.advance(timedelta(seconds=1))
        assert sign_in(portal)

    def test_the_owner_of_an_attacked_account_never_waits_longer_than_a_minute(
        self, portal: EmbeddedPortal, clock: FakeClock
    ) -> None:
        for _ in range(20):
            told(sign_in, portal, ANNA_EMAIL, WRONG)
            clock.advance(timedelta(seconds=60))
        assert sign_in(portal)

    def test_one_account_slows_down_without_the_others(self, portal: EmbeddedPortal) -> None:
        for _ in range(8):
            told(sign_in, portal, "ben@example.com", WRONG)
        assert sign_in(portal)

    def test_many_accounts_from_one_address_slow_down_together(
        self, portal: EmbeddedPortal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "is_right", lambda *_: False)
        for number in range(51):
            told(sign_in, portal, f"guess{number}@example.com", WRONG)
        assert told(sign_in, portal, "another@example.com", WRONG).kind is TooManyAttempts

    def test_a_hash_by_older_parameters_is_renewed(self, portal: EmbeddedPortal, portal_file: Path) -> None:
        from argon2 import PasswordHasher

        old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(ANNA_PASSWORD)
        with portal._store.writing() as tx:
            tx.run("UPDATE accounts SET password_hash = :old WHERE email = :email", old=old, email=ANNA_EMAIL)
        sign_in(portal)
        [account] = query(portal_file, "SELECT password_hash FROM accounts WHERE email = :email", email=ANNA_EMAIL)
        assert not passwords.is_outdated(account["password_hash"])
        assert sign_in(portal)

    def test_a_password_that_was_reset_while_it_was_checked_does_not_sign_in(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = reset(owner)
        real = passwords.is_right

        def meanwhile(password: str, password_hash: str | None) -> bool:
            portal.sessions.reset_password(ResetPassword(code=code, password=CARA_PASSWORD))
            return real(password, password_hash)

        monkeypatch.setattr(passwords, "is_right", meanwhile)
        assert told(sign_in, portal).kind is BadCredentials

    def test_the_portal_is_not_locked_while_a_password_is_checked(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = passwords.is_right

        def meanwhile(password: str, password_hash: str | None) -> bool:
            invite(owner)
            return real(password, password_hash)

        monkeypatch.setattr(passwords, "is_right", meanwhile)
        assert sign_in(portal)


class TestSessionsEnd:
    def test_after_half_an_hour_without_use(self, portal: EmbeddedPortal, clock: FakeClock) -> None:
        me = portal.with_token(sign_in(portal).token)
        clock.advance(30 * MINUTE - timedelta(seconds=1))
        me.sessions.who_am_i()
        clock.advance(30 * MINUTE - timedelta(seconds=1))
        me.sessions.who_am_i()
        clock.advance(30 * MINUTE)
        with pytest.raises(SignInNeeded):
            me.sessions.who_am_i()

    def test_twelve_hours_after_they_began_however_much_they_are_used(
        self, portal: EmbeddedPortal, clock: FakeClock
    ) -> None:
        me = portal.with_token(sign_in(portal).token)
        while clock() < MORNING + 12 * HOUR - 20 * MINUTE:
            clock.advance(20 * MINUTE)
            me.sessions.who_am_i()
        clock.advance(20 * MINUTE)
        with pytest.raises(SignInNeeded):
            me.sessions.who_am_i()

    def test_as_early_as_the_practice_wants(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock
    ) -> None:
        owner.policy.set(SetPolicy(session_idle_minutes=5, session_lifetime_minutes=8))
        idle, busy = (portal.with_token(sign_in(portal).token) for _ in range(2))
        clock.advance(4 * MINUTE)
        assert busy.sessions.who_am_i().session_expires_at == MORNING + 8 * MINUTE
        clock.advance(MINUTE)
        with pytest.raises(SignInNeeded):
            idle.sessions.who_am_i()
        clock.advance(3 * MINUTE - timedelta(seconds=1))
        busy.sessions.who_am_i()
        clock.advance(timedelta(seconds=1))
        with pytest.raises(SignInNeeded):
            busy.sessions.who_am_i()

    def test_with_the_next_request_after_signing_out(self, portal: EmbeddedPortal) -> None:
        me, elsewhere = (portal.with_token(sign_in(portal).token) for _ in range(2))
        me.sessions.sign_out()
        with pytest.raises(SignInNeeded):
            me.sessions.who_am_i()
        elsewhere.sessions.who_am_i()

    def test_and_signing_out_again_is_harmless(self, portal: EmbeddedPortal) -> None:
        me = portal.with_token(sign_in(portal).token)
        for _ in range(2):
            me.sessions.sign_out()
        portal.sessions.sign_out()
        portal.with_token("pct_unknown").sessions.sign_out()

    def test_when_staff_are_disabled(self, owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
        issued = owner.staff.add(AddStaff(email="eva@example.com", name="Eva Klein"))
        signed_in = portal.sessions.sign_up(SignUp(code=code_of(issued.link), password=CARA_PASSWORD))
        owner.staff.disable(StaffReference(staff="eva@example.com"))
        with pytest.raises(SignInNeeded):
            portal.with_token(signed_in.token).sessions.who_am_i()

    def test_and_leave_no_rows_behind_once_the_account_signs_in_again(
        self, portal: EmbeddedPortal, portal_file: Path, clock: FakeClock
    ) -> None:
        for _ in range(3):
            sign_in(portal)
        clock.advance(HOUR)
        sign_in(portal)
        [row] = query(
            portal_file,
            "SELECT count(*) AS n FROM sessions WHERE idle_minutes = 30",
        )
        assert row["n"] == 1


class TestResetPassword:
    def test_the_new_password_signs_in_and_the_old_one_does_not(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal
    ) -> None:
        portal.sessions.reset_password(ResetPassword(code=reset(owner), password=CARA_PASSWORD))
        assert sign_in(portal, password=CARA_PASSWORD)
        assert told(sign_in, portal).kind is BadCredentials

    def test_every_session_of_the_account_ends(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
    ) -> None:
        me = portal.with_token(sign_in(portal).token)
        portal.sessions.reset_password(ResetPassword(code=reset(owner), password=CARA_PASSWORD))
        for ended in (me, client):
            with pytest.raises(SignInNeeded):
                ended.sessions.who_am_i()
        other_client.sessions.who_am_i()

    def test_the_slow_down_of_the_account_ends(self, owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
        for _ in range(6):
            told(sign_in, portal, ANNA_EMAIL, WRONG)
        portal.sessions.reset_password(ResetPassword(code=reset(owner), password=CARA_PASSWORD))
        assert sign_in(portal, password=CARA_PASSWORD)

    def test_a_link_works_once_and_a_weak_password_does_not_use_it_up(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal
    ) -> None:
        code = reset(owner)
        with pytest.raises(WeakPassword):
            portal.sessions.reset_password(ResetPassword(code=code, password="Anna Bianchi 1974"))
        portal.sessions.reset_password(ResetPassword(code=code, password=CARA_PASSWORD))
        with pytest.raises(LinkNotValid):
            portal.sessions.reset_password(ResetPassword(code=code, password=ANNA_PASSWORD))

    def test_of_many_using_one_link_at_once_exactly_one_sets_the_password(
        self, owner: EmbeddedPortal, portal_for: PortalFor
    ) -> None:
        code = reset(owner)

        def use(number: int) -> bool:
            try:
                portal_for(None).sessions.reset_password(ResetPassword(code=code, password=f"{CARA_PASSWORD} {number}"))
            except LinkNotValid:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(use, range(8))).count(True) == 1

    def test_every_reset_link_that_does_not_work_gets_the_same_answer(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, clock: FakeClock, audit: Callable[[], list[Row]]
    ) -> None:
        replaced = reset(owner)
        expired = reset(owner)
        issued = owner.staff.add(AddStaff(email="eva@example.com", name="Eva Klein"))
        portal.sessions.sign_up(SignUp(code=code_of(issued.link), password=CARA_PASSWORD))
        disabled = reset(owner, "eva@example.com")
        owner.staff.disable(StaffReference(staff="eva@example.com"))
        clock.advance(timedelta(days=1))
        codes = [replaced, expired, disabled, expired[:-1], invite(owner), ""]
        answers = {
            told(portal.sessions.reset_password, ResetPassword(code=code, password=CARA_PASSWORD)) for code in codes
        }
        assert answers == {NOT_VALID}
        refused = [row["subject"] for row in audit() if row["action"] == "sessions.reset_password_refused"]
        assert sorted(subject.partition(":")[2] for subject in refused) == ["expired", "revoked", "revoked"]

    def test_an_owner_may_be_helped_by_their_own_link(self, owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
        portal.sessions.reset_password(ResetPassword(code=reset(owner, "rossi@example.com"), password=CARA_PASSWORD))
        assert sign_in(portal, "rossi@example.com", CARA_PASSWORD).identity.role is Role.OWNER


class TestSecrets:
    def test_no_token_password_or_link_is_in_the_portals_files(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, portal_file: Path
    ) -> None:
        code, other = invite(owner), invite(owner, "dora@example.com")
        signed_up = portal.sessions.sign_up(SignUp(code=code, password=CARA_PASSWORD))
        reset_code = reset(owner, "cara@example.com")
        told(sign_in, portal, "cara@example.com", WRONG)
        signed_in = sign_in(portal, "cara@example.com", CARA_PASSWORD)
        secrets = [signed_up.token, signed_in.token, CARA_PASSWORD, WRONG]
        secrets += [each.partition(".")[2] for each in (code, other, reset_code)]
        files = [file for file in portal_file.parent.iterdir() if file.name.startswith(portal_file.name)]
        assert any(file.name.endswith("-wal") and file.stat().st_size for file in files)
        for file in files:
            content = file.read_bytes()
            for secret in secrets:
                assert secret.encode() not in content, file
                assert secret.removeprefix("pct_").encode() not in content, file

    def test_a_token_has_256_random_bits(self, portal: EmbeddedPortal) -> None:
        tokens = {sign_in(portal).token for _ in range(3)}
        assert len(tokens) == 3
        assert {len(token) for token in tokens} == {len("pct_") + 43}

    def test_the_audit_tells_what_happened_without_addresses_or_secrets(
        self, owner: EmbeddedPortal, portal: EmbeddedPortal, audit: Callable[[], list[Row]]
    ) -> None:
        signed_up = portal.sessions.sign_up(SignUp(code=invite(owner), password=CARA_PASSWORD))
        portal.with_token(signed_up.token).sessions.sign_out()
        told(sign_in, portal, "cara@example.com", WRONG)
        told(sign_in, portal, "nobody@example.com", WRONG)
        sign_in(portal, "cara@example.com", CARA_PASSWORD)
        portal.sessions.reset_password(ResetPassword(code=reset(owner, "cara@example.com"), password=ANNA_PASSWORD))
        cara = signed_up.identity.client_id
        rows = [row for row in audit() if row["chain"] == cara]
        assert [(row["action"], row["role"]) for row in rows] == [
            ("invites.create", "owner"),
            ("sessions.sign_up", "client"),
            ("sessions.sign_out", "client"),
            ("sessions.sign_in_failed", "unknown"),
            ("sessions.sign_in", "client"),
            ("clients.reset_link", "owner"),
            ("sessions.reset_password", "client"),
        ]
        text = str(audit())
        assert "@" not in text
        assert "pct_" not in text
