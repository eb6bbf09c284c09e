"""Accounts and their sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.clients import MakeResetLink
from portalctl.models.invites import InviteClient, InviteReference, PreviewInvite
from portalctl.models.sessions import RequestReset, ResetPassword, SignIn, SignUp
from portalctl.testing.insisting import insist, rest
from portalctl.testing.samples import MISSING, PASSWORD
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio, code_in

OTHER_PASSWORD = "violet anchor thunder pencil"
WEAK = "password"
MINUTE = timedelta(minutes=1)


class TestSessions:
    """What `portal.sessions` does."""

    @shows("sessions.sign_up")
    def test_an_invite_makes_one_account_and_signs_it_in(self, studio: Studio) -> None:
        invite = studio.invite("Cara Neri")
        request = SignUp(code=code_in(invite.link), name="Cara Bruni", password=PASSWORD, timezone="Asia/Kathmandu")
        cara = studio.nobody.sessions.sign_up(request).identity
        assert (cara.name, cara.email, cara.role) == ("Cara Bruni", invite.email, "client")
        assert (cara.client_id, cara.timezone) == (invite.person_id, "Asia/Kathmandu")
        with pytest.raises(errors.LinkNotValid):
            studio.nobody.sessions.sign_up(request)

    @shows("sessions.sign_up", errors.LinkNotValid)
    def test_a_revoked_an_expired_and_a_wrong_invite_are_answered_alike(self, studio: Studio) -> None:
        revoked, expired = studio.invite("Dora"), studio.invite("Emil", expires_minutes=1)
        studio.owner.invites.revoke(InviteReference(id=revoked.id))
        studio.clock.move(MINUTE)
        told = set()
        for code in (code_in(revoked.link), code_in(expired.link), MISSING["code"], "", "☂"):
            with pytest.raises(errors.LinkNotValid) as failure:
                studio.nobody.sessions.sign_up(SignUp(code=code, password=PASSWORD))
            told.add((failure.value.message, failure.value.hint))
        assert len(told) == 1

    @shows("sessions.sign_up", errors.WeakPassword)
    def test_a_weak_password_leaves_the_invite_as_it_was(self, studio: Studio) -> None:
        code = code_in(studio.invite("Franz").link)
        with pytest.raises(errors.WeakPassword):
            studio.nobody.sessions.sign_up(SignUp(code=code, password=WEAK))
        assert studio.nobody.invites.preview(PreviewInvite(code=code)).name == "Franz"

    @shows("sessions.sign_in")
    @shows("sessions.who_am_i")
    def test_each_sign_in_is_a_session_of_the_same_person(self, studio: Studio) -> None:
        _, cara = studio.newcomer()
        first, second = (studio.nobody.sessions.sign_in(SignIn(email=cara.email, password=PASSWORD)) for _ in range(2))
        assert first.token != second.token
        assert studio.portal(first.token).sessions.who_am_i() == first.identity == second.identity == cara

    @shows("sessions.sign_in", errors.BadCredentials)
    def test_a_wrong_password_and_an_unknown_address_are_answered_alike(self, studio: Studio) -> None:
        told = set()
        for email in (studio.identity("client").email, studio.address("unknown")):
            with pytest.raises(errors.BadCredentials) as failure:
                studio.nobody.sessions.sign_in(SignIn(email=email, password=OTHER_PASSWORD))
            told.add((failure.value.message, failure.value.hint))
        assert len(told) == 1

    @shows("sessions.sign_out")
    @shows("sessions.who_am_i", errors.SignInNeeded)
    def test_signing_out_ends_that_session_alone_and_is_harmless_to_repeat(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        other = studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=PASSWORD))
        cara.sessions.sign_out()
        cara.sessions.sign_out()
        studio.nobody.sessions.sign_out()
        with pytest.raises(errors.SignInNeeded):
            cara.sessions.who_am_i()
        assert studio.portal(other.token).sessions.who_am_i() == identity

    @shows("sessions.who_am_i", errors.SignInNeeded)
    def test_a_session_ends_after_half_an_hour_without_use(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        studio.clock.move(29 * MINUTE)
        cara.sessions.who_am_i()
        studio.clock.move(29 * MINUTE)
        cara.sessions.who_am_i()
        studio.clock.move(30 * MINUTE)
        with pytest.raises(errors.SignInNeeded):
            cara.sessions.who_am_i()

    @pytest.mark.parametrize("token", ["", "pct_unknown", "☂", "two words"])
    @shows("sessions.who_am_i", errors.SignInNeeded)
    def test_a_token_that_is_none_is_no_session(self, studio: Studio, token: str) -> None:
        studio.person("owner")  # without a practice there would be nothing to sign in to
        with pytest.raises(errors.SignInNeeded):
            studio.portal(token).sessions.who_am_i()

    @shows("sessions.reset_password")
    @shows("sessions.reset_password", errors.LinkNotValid, errors.WeakPassword)
    def test_a_reset_link_sets_a_new_password_once_and_ends_every_session(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        code = code_in(studio.owner.clients.reset_link(MakeResetLink(client=identity.email)).link)
        with pytest.raises(errors.WeakPassword):
            studio.nobody.sessions.reset_password(ResetPassword(code=code, password=WEAK))
        studio.nobody.sessions.reset_password(ResetPassword(code=code, password=OTHER_PASSWORD))
        with pytest.raises(errors.LinkNotValid):
            studio.nobody.sessions.reset_password(ResetPassword(code=code, password=OTHER_PASSWORD))
        with pytest.raises(errors.SignInNeeded):
            cara.sessions.who_am_i()
        renewed = studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=OTHER_PASSWORD))
        assert renewed.identity.account_id == identity.account_id

    @shows("sessions.request_reset")
    def test_a_reset_link_is_mailed_to_whom_it_concerns_and_nobody_learns_who_that_is(self, studio: Studio) -> None:
        with studio.elsewhere() as place:
            rossi = place.identity("owner").email
            for address in (rossi, place.address("unknown")):
                place.nobody.sessions.request_reset(RequestReset(email=address))
            if place.backend.mailed_code is not None:
                code = place.backend.mailed_code(rossi)
                place.nobody.sessions.reset_password(ResetPassword(code=code, password=OTHER_PASSWORD))
                signed_in = place.nobody.sessions.sign_in(SignIn(email=rossi, password=OTHER_PASSWORD))
                assert signed_in.identity.account_id == place.identity("owner").account_id


class TestTooManyAttempts:
    """Failures slow down, for the account and for the address they come from; nobody is shut out for long."""

    @shows("sessions.sign_in", errors.TooManyAttempts)
    def test_an_account_that_is_guessed_at_rests_for_a_moment(self, studio: Studio) -> None:
        _, cara = studio.newcomer()
        wrong = SignIn(email=cara.email, password=OTHER_PASSWORD)
        failure = insist(lambda: studio.nobody.sessions.sign_in(wrong), told=errors.BadCredentials)
        right = SignIn(email=cara.email, password=PASSWORD)
        with pytest.raises(errors.TooManyAttempts):
            studio.nobody.sessions.sign_in(right)
        rest(studio.clock, failure)
        assert studio.nobody.sessions.sign_in(right).identity.account_id == cara.account_id

    @shows("invites.preview", errors.TooManyAttempts)
    @shows("sessions.sign_up", errors.TooManyAttempts)
    @shows("sessions.reset_password", errors.TooManyAttempts)
    def test_an_address_that_guesses_at_links_rests_too(self, studio: Studio) -> None:
        with studio.elsewhere() as place:
            invite = place.invite("Greta")
            wrong = PreviewInvite(code=MISSING["code"])
            failure = insist(lambda: place.nobody.invites.preview(wrong), told=errors.LinkNotValid)
            with pytest.raises(errors.TooManyAttempts):
                place.nobody.sessions.sign_up(SignUp(code=code_in(invite.link), password=PASSWORD))
            with pytest.raises(errors.TooManyAttempts):
                place.nobody.sessions.reset_password(ResetPassword(code=MISSING["code"], password=PASSWORD))
            rest(place.clock, failure)
            greta = SignUp(code=code_in(invite.link), password=PASSWORD)
            assert place.nobody.sessions.sign_up(greta).identity.name == "Greta"

    @shows("sessions.request_reset", errors.TooManyAttempts)
    def test_mail_cannot_be_sent_to_somebody_without_end(self, studio: Studio) -> None:
        request = RequestReset(email=studio.address("flooded"))
        rest(studio.clock, insist(lambda: studio.nobody.sessions.request_reset(request)))
        studio.nobody.sessions.request_reset(request)

    @shows("invites.create", errors.TooManyAttempts, certain=False)
    def test_invites_cannot_be_made_without_end(self, studio: Studio) -> None:
        if studio.backend.use_up is None:
            assert studio.invite("Ida").state == "pending"
            return
        with studio.elsewhere() as place:
            owner, asked = place.owner, InviteClient(email=place.address(), name="Jan")
            assert place.backend.use_up is not None
            place.backend.use_up("invites.create", place.identity("owner").account_id)
            with pytest.raises(errors.TooManyAttempts) as failure:
                owner.invites.create(asked)
            rest(place.clock, failure.value)
            assert owner.invites.create(asked).state == "pending"
