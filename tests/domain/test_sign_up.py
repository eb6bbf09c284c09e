"""Signing up: an invite makes exactly one account, and a link that does not work tells nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import passwords
from portalctl.errors import (
    LinkNotValid,
    PortalError,
    TooManyAttempts,
    WeakPassword,
)
from portalctl.models.clients import ClientReference
from portalctl.models.invites import InviteReference
from portalctl.models.role import Role
from portalctl.models.sessions import SignedIn, SignUp
from portalctl.models.staff import AddStaff, StaffReference
from portalctl.storage.engine import Row
from tests.domain.conftest import FakeClock, PortalFor, code_of, query
from tests.domain.ways_in import CARA_PASSWORD, HOUR, NOT_VALID, invite, reset, told


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
