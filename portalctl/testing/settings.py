"""What people set for themselves, and the sessions they are signed in by."""

from __future__ import annotations

from datetime import date

import pytest

from portalctl import errors
from portalctl.models.clients import ClientReference
from portalctl.models.outbox import LetterKind, ListLetters
from portalctl.models.sessions import ChangePassword, RevokeSession, SignIn
from portalctl.models.settings import ChangeEmail, ConfirmEmail, SetNotifications, SetProfile
from portalctl.testing.samples import PASSWORD
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

OTHER_PASSWORD = "violet anchor thunder pencil"
NO_CODE = "emc_zzzzzzzzzzzz." + 43 * "A"


class TestSettings:
    """What `portal.settings` does."""

    @shows("settings.show")
    @shows("settings.set_profile")
    def test_a_client_tells_who_they_are_and_the_practice_knows_it(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        changed = cara.settings.set_profile(
            SetProfile(
                preferred_name="Caro",
                pronouns="she/her",
                birth_date=date(1985, 4, 12),
                phone="+39 06 698 12345",
                address=" Via Roma 1 \n\n00100 Roma",
                timezone="Asia/Kathmandu",
                language="DE-at",
            )
        )
        assert (changed.phone, changed.address, changed.language) == (
            "+390669812345",
            "Via Roma 1\n00100 Roma",
            "de-AT",
        )
        assert cara.settings.show().profile == changed
        me = cara.sessions.who_am_i()
        assert (me.timezone, me.language) == ("Asia/Kathmandu", "de-AT")
        seen = studio.owner.clients.show(ClientReference(client=identity.client_id or ""))
        assert (seen.preferred_name, seen.birth_date, seen.phone) == ("Caro", date(1985, 4, 12), "+390669812345")

    @shows("settings.set_profile")
    def test_what_is_cleared_is_there_no_more_and_the_time_zone_is_the_practices_again(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        cara.settings.set_profile(SetProfile(pronouns="they/them", timezone="Asia/Tokyo"))
        cleared = cara.settings.set_profile(SetProfile(clear=["pronouns", "timezone"]))
        assert (cleared.pronouns, cleared.timezone) == (None, "UTC")

    @shows("settings.set_profile", errors.InvalidInput)
    def test_a_number_that_cannot_be_called_is_refused(self, studio: Studio) -> None:
        with pytest.raises(errors.InvalidInput):
            studio.anna.settings.set_profile(SetProfile(phone="12"))

    @shows("settings.set_profile", errors.ChangedMeanwhile)
    @shows("settings.set_notifications", errors.ChangedMeanwhile)
    def test_what_was_changed_since_it_was_read_stays(self, studio: Studio) -> None:
        with pytest.raises(errors.ChangedMeanwhile):
            studio.anna.settings.set_profile(SetProfile(pronouns="it/its", if_version="0"))
        with pytest.raises(errors.ChangedMeanwhile):
            studio.anna.settings.set_notifications(SetNotifications(off=[LetterKind.MOVED], if_version="0"))

    @shows("settings.change_email")
    def test_nothing_changes_before_a_new_address_is_confirmed_whosever_it_is(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        taken, free = studio.identity("other client").email, studio.address("free")
        for email in (taken, free):
            asked = cara.settings.change_email(ChangeEmail(email=email, password=PASSWORD))
            assert (asked.new_email, asked.person_id) == (email, identity.client_id)
            profile = cara.settings.show().profile
            assert (profile.email, profile.new_email) == (identity.email, email)
        letters = studio.owner.outbox.list(ListLetters(limit=50)).items
        assert {each.recipient for each in letters if each.kind == LetterKind.EMAIL_CHANGE} >= {taken, free}

    @shows("settings.confirm_email")
    def test_a_new_address_is_the_one_to_sign_in_with_once_its_code_is_given(self, studio: Studio) -> None:
        if studio.backend.mailed_code is None:
            pytest.skip("needs UnderTest.mailed_code")
        cara, identity = studio.newcomer()
        email = studio.address("new")
        cara.settings.change_email(ChangeEmail(email=email, password=PASSWORD))
        request = ConfirmEmail(code=studio.backend.mailed_code(email))
        confirmed = cara.settings.confirm_email(request)
        assert (confirmed.email, confirmed.new_email) == (email, None)
        assert studio.nobody.sessions.sign_in(SignIn(email=email, password=PASSWORD)).identity.name == identity.name
        with pytest.raises(errors.LinkNotValid):
            cara.settings.confirm_email(request)

    @shows("settings.change_email", errors.BadCredentials)
    @shows("settings.change_email", errors.InvalidInput)
    def test_another_address_is_asked_for_with_the_password(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        with pytest.raises(errors.BadCredentials):
            cara.settings.change_email(ChangeEmail(email=studio.address(), password=OTHER_PASSWORD))
        with pytest.raises(errors.InvalidInput):
            cara.settings.change_email(ChangeEmail(email=identity.email, password=PASSWORD))

    @shows("settings.confirm_email", errors.LinkNotValid)
    @shows("settings.confirm_email", errors.TooManyAttempts)
    def test_codes_are_not_guessed(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        told = set()
        for code in (NO_CODE, "", "☂", NO_CODE, NO_CODE, NO_CODE):
            with pytest.raises(errors.LinkNotValid) as failure:
                cara.settings.confirm_email(ConfirmEmail(code=code))
            told.add((failure.value.message, failure.value.hint))
        assert len(told) == 1
        with pytest.raises(errors.TooManyAttempts):
            cara.settings.confirm_email(ConfirmEmail(code=NO_CODE))
        assert cara.settings.show().profile.email == identity.email

    @shows("settings.set_notifications")
    def test_who_turns_a_notice_off_gets_no_mail_of_it_and_is_reminded_when_they_like(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        chosen = cara.settings.set_notifications(
            SetNotifications(off=[LetterKind.BOOKED], reminder_minutes=[60, 120, 60])
        )
        assert chosen.turned_off == [LetterKind.BOOKED]
        assert chosen.reminder_minutes == [120, 60]
        assert cara.settings.show().notifications == chosen
        start = studio.day()
        booked = cara.appointments.book(studio.offer().at(start))
        letters = [each for each in studio.owner.outbox.list(ListLetters(limit=50)).items if each.kind != "new_sign_in"]
        mine = [each for each in letters if each.recipient == cara.sessions.who_am_i().email]
        assert sorted((start - each.due_at).total_seconds() / 60 for each in mine if each.kind == "reminder") == [
            60,
            120,
        ]
        assert "booked" not in {each.kind for each in mine}
        assert booked.client_id == chosen.person_id

    @shows("settings.set_notifications", errors.InvalidInput)
    def test_mail_that_guards_an_account_is_not_turned_off(self, studio: Studio) -> None:
        for request in (
            SetNotifications(off=[LetterKind.PASSWORD_CHANGED]),
            SetNotifications(on=[LetterKind.MOVED], off=[LetterKind.MOVED]),
        ):
            with pytest.raises(errors.InvalidInput):
                studio.anna.settings.set_notifications(request)


class TestOwnSessions:
    """What `portal.sessions` does for somebody who is signed in more than once."""

    @shows("sessions.list")
    @shows("sessions.revoke")
    def test_a_session_that_is_revoked_is_dead_at_once(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        other = studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=PASSWORD))
        there = studio.portal(other.token)
        mine = cara.sessions.list()
        assert [each.current for each in mine].count(True) == 1
        (foreign,) = [each for each in mine if not each.current]
        assert foreign == cara.sessions.revoke(RevokeSession(id=foreign.id[:10]))
        with pytest.raises(errors.SignInNeeded):
            there.sessions.who_am_i()
        assert [each.id for each in cara.sessions.list()] == [each.id for each in mine if each.current]

    @shows("sessions.revoke", errors.NotFound)
    @shows("sessions.revoke", errors.AmbiguousId)
    def test_nobody_revokes_the_session_of_somebody_else(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        for name in (studio.anna.sessions.list()[0].id, "ses_zzzzzzzzzzzz"):
            with pytest.raises(errors.NotFound):
                cara.sessions.revoke(RevokeSession(id=name))
        begins: list[str] = []
        while len(set(begins)) == len(begins):
            studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=PASSWORD))
            begins = [each.id[:5] for each in cara.sessions.list()]
        shared = next(begin for begin in begins if begins.count(begin) > 1)
        with pytest.raises(errors.AmbiguousId):
            cara.sessions.revoke(RevokeSession(id=shared))

    @shows("sessions.revoke_others")
    @shows("sessions.list", errors.SignInNeeded)
    def test_all_other_sessions_end_together(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        tokens = [
            studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=PASSWORD)).token for _ in range(2)
        ]
        assert cara.sessions.revoke_others().ended == 2
        for token in tokens:
            with pytest.raises(errors.SignInNeeded):
                studio.portal(token).sessions.list()
        assert cara.sessions.revoke_others().ended == 0

    @shows("sessions.change_password")
    @shows("sessions.change_password", errors.BadCredentials)
    @shows("sessions.change_password", errors.WeakPassword)
    def test_a_new_password_takes_the_old_one_and_ends_the_other_sessions(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        other = studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=PASSWORD))
        with pytest.raises(errors.BadCredentials):
            cara.sessions.change_password(ChangePassword(password=OTHER_PASSWORD, new_password=OTHER_PASSWORD))
        with pytest.raises(errors.WeakPassword):
            cara.sessions.change_password(ChangePassword(password=PASSWORD, new_password="password"))
        request = ChangePassword(password=PASSWORD, new_password=OTHER_PASSWORD)
        assert cara.sessions.change_password(request).ended == 1
        with pytest.raises(errors.SignInNeeded):
            studio.portal(other.token).sessions.who_am_i()
        assert cara.sessions.who_am_i() == identity
        with pytest.raises(errors.BadCredentials):
            studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=PASSWORD))

    @shows("sessions.change_password", errors.TooManyAttempts)
    @shows("settings.change_email", errors.TooManyAttempts)
    def test_passwords_are_not_guessed_from_a_session_that_was_left_open(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        request = ChangePassword(password=OTHER_PASSWORD, new_password=OTHER_PASSWORD)
        for _ in range(6):
            with pytest.raises(errors.BadCredentials):
                cara.sessions.change_password(request)
        with pytest.raises(errors.TooManyAttempts):
            cara.sessions.change_password(request)
        with pytest.raises(errors.TooManyAttempts):
            cara.settings.change_email(ChangeEmail(email=studio.address(), password=PASSWORD))
