"""Signing in: the same answer for whoever does not get in, and slower after failures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import passwords
from portalctl.errors import (
    BadCredentials,
    PortalError,
    TooManyAttempts,
)
from portalctl.models.sessions import ResetPassword, SignUp
from portalctl.models.staff import AddStaff, StaffReference
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, FakeClock, code_of, query
from tests.domain.ways_in import CARA_PASSWORD, WRONG, invite, reset, sign_in, told


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
                work.append(password_hash.partition("$m=")[2].partition("$")[0])
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
