"""How long sessions last, what resets end, and what is kept of secrets."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.errors import (
    BadCredentials,
    LinkNotValid,
    SignInNeeded,
    WeakPassword,
)
from portalctl.models.policy import SetPolicy
from portalctl.models.role import Role
from portalctl.models.sessions import ResetPassword, SignUp
from portalctl.models.staff import AddStaff, StaffReference
from portalctl.storage.engine import Row
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, MORNING, FakeClock, PortalFor, code_of, query
from tests.domain.ways_in import CARA_PASSWORD, HOUR, MINUTE, NOT_VALID, WRONG, invite, reset, sign_in, told


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
