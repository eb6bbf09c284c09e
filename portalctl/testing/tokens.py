"""API tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.contract.portal import Portal
from portalctl.models.appointments import ListAppointments
from portalctl.models.clients import MakeResetLink
from portalctl.models.sessions import ResetPassword
from portalctl.models.tokens import CreateToken, IssuedToken, TokenReference
from portalctl.testing.mfa import LONG_PASSWORD
from portalctl.testing.samples import MISSING
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio, code_in

READ = "appointments:read"
MOST = 50
"""Tokens that somebody may have at once."""


def made(portal: Portal, *scopes: str, days: int = 30, name: str = "script") -> IssuedToken:
    """A new token of somebody's."""
    return portal.tokens.create(CreateToken(name=name, scopes=list(scopes or (READ,)), expires_days=days))


class TestTokens:
    """What `portal.tokens` does, and what a token does."""

    @shows("tokens.create")
    @shows("tokens.list")
    def test_a_token_acts_as_its_maker_within_its_scopes(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        token = made(cara, READ, name="calendar")
        script = studio.portal(token.token)
        assert script.sessions.who_am_i().account_id == identity.account_id
        assert script.appointments.list(ListAppointments()).items == []
        for refused in (
            script.practice.show,
            script.tokens.list,
            script.mfa.status,
            lambda: made(script, "appointments:write"),
        ):
            with pytest.raises(errors.ScopeMissing):
                refused()
        (listed,) = cara.tokens.list()
        assert (listed.id, listed.name, listed.scopes) == (token.id, "calendar", [READ])
        assert listed.expires_at - listed.created_at == timedelta(days=30)
        assert listed.last_used_at == studio.clock()
        with pytest.raises(errors.InvalidInput):
            made(cara, "appointments:read", "tokens:write")

    @shows("tokens.revoke")
    @shows("tokens.revoke", errors.NotFound)
    def test_a_token_is_dead_once_it_is_revoked_has_expired_or_the_password_was_reset(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        revoked, expired, ended = made(cara), made(cara, days=1), made(cara)
        assert cara.tokens.revoke(TokenReference(id=revoked.id)).id == revoked.id
        for id_ in (revoked.id, MISSING["token"], made(studio.ben).id):
            with pytest.raises(errors.NotFound):
                cara.tokens.revoke(TokenReference(id=id_))
        studio.clock.move(timedelta(days=1))
        assert studio.portal(ended.token).sessions.who_am_i().account_id == identity.account_id
        code = code_in(studio.owner.clients.reset_link(MakeResetLink(client=identity.email)).link)
        for dead in (revoked, expired):
            with pytest.raises(errors.SignInNeeded):
                studio.portal(dead.token).sessions.who_am_i()
        studio.nobody.sessions.reset_password(ResetPassword(code=code, password=LONG_PASSWORD))
        with pytest.raises(errors.SignInNeeded):
            studio.portal(ended.token).sessions.who_am_i()

    @shows("tokens.create", errors.NotChangeable)
    @shows("tokens.revoke", errors.AmbiguousId)
    def test_nobody_has_tokens_without_end_and_one_of_many_is_named_by_enough_of_its_id(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        while len(cara.tokens.list()) < MOST:
            made(cara)
        with pytest.raises(errors.NotChangeable):
            made(cara)
        begins = [token.id[:5] for token in cara.tokens.list()]
        twice = next(begin for begin in begins if begins.count(begin) > 1)
        with pytest.raises(errors.AmbiguousId):
            cara.tokens.revoke(TokenReference(id=twice))
