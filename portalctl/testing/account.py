"""The caller's own account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.account import CONFIRMATION, DeleteAccount
from portalctl.models.appointments import AppointmentReference
from portalctl.models.clients import ClientReference
from portalctl.models.sessions import SignIn
from portalctl.testing.samples import PASSWORD
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

YES = DeleteAccount(password=PASSWORD, confirm=CONFIRMATION)


class TestAccount:
    """What `portal.account` does."""

    @shows("account.show")
    def test_an_account_tells_whose_it_is(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        shown = cara.account.show()
        assert (shown.id, shown.name, shown.email) == (identity.account_id, identity.name, identity.email)
        assert (shown.role, shown.client_id, shown.sessions) == ("client", identity.client_id, 1)
        assert (studio.owner.account.show().role, studio.owner.account.show().client_id) == ("owner", None)

    @shows("account.check_deletion")
    def test_what_goes_is_known_before(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        booked = cara.appointments.book(studio.offer().at(studio.day()))
        foreseen = cara.account.check_deletion()
        assert (foreseen.coming_appointments, foreseen.sessions, foreseen.deleted_at) == (1, 1, None)
        assert foreseen.erased
        assert foreseen.kept
        assert cara.appointments.show(AppointmentReference(id=booked.id)).status == "booked"

    @shows("account.delete")
    @shows("sessions.sign_in", errors.BadCredentials)
    def test_a_deleted_account_lets_nobody_in_and_the_record_stays(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        offer = studio.offer(cancellation_notice_minutes=1440)
        start = studio.clock().replace(second=0) + timedelta(hours=3)
        late = studio.owner.appointments.book(offer.at(start, client=identity.client_id))
        booked = cara.appointments.book(offer.at(studio.day()))
        deletion = cara.account.delete(YES)
        assert (deletion.account_id, deletion.coming_appointments) == (identity.account_id, 2)
        assert deletion.deleted_at == studio.clock()
        assert cara.account.delete(YES) == deletion
        with pytest.raises(errors.SignInNeeded):
            cara.sessions.who_am_i()
        with pytest.raises(errors.BadCredentials):
            studio.nobody.sessions.sign_in(SignIn(email=identity.email, password=PASSWORD))
        kept = studio.owner.clients.show(ClientReference(client=identity.client_id or ""))
        assert (kept.name, kept.email, kept.signed_up) == (identity.name, identity.email, False)
        after = [studio.owner.appointments.show(AppointmentReference(id=one.id)) for one in (late, booked)]
        assert [one.status for one in after] == ["late_cancelled", "cancelled"]

    @shows("account.delete", errors.BadCredentials)
    def test_the_session_alone_deletes_nothing(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        with pytest.raises(errors.BadCredentials):
            cara.account.delete(DeleteAccount(password="not my password at all", confirm=CONFIRMATION))
        assert cara.sessions.who_am_i() == identity
        with pytest.raises(errors.NotPermitted):
            studio.staff.account.delete(YES)

    @shows("account.delete", errors.TooManyAttempts)
    def test_guesses_slow_down_like_those_at_sign_in(self, studio: Studio) -> None:
        cara, _ = studio.newcomer()
        wrong = DeleteAccount(password="guess", confirm=CONFIRMATION)
        for _ in range(6):
            with pytest.raises(errors.BadCredentials):
                cara.account.delete(wrong)
        with pytest.raises(errors.TooManyAttempts):
            cara.account.delete(wrong)
