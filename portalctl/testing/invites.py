"""Invites."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.models.invites import InviteClient, InviteReference, ListInvites, PreviewInvite
from portalctl.models.sessions import SignUp
from portalctl.testing.samples import MISSING, PASSWORD
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio, code_in


class TestInvites:
    """What `portal.invites` does."""

    @shows("invites.create")
    @shows("invites.preview")
    def test_who_holds_the_link_sees_who_invites_whom(self, studio: Studio) -> None:
        address = studio.address()
        made = studio.staff.invites.create(InviteClient(email=address, name="Hanna", expires_minutes=90))
        assert (made.email, made.name, made.kind, made.state) == (address, "Hanna", "client", "pending")
        assert made.expires_at == studio.clock() + timedelta(minutes=90)
        for _ in range(2):
            seen = studio.nobody.invites.preview(PreviewInvite(code=code_in(made.link)))
            assert (seen.practice, seen.name, seen.email, seen.kind) == ("Studio Rossi", "Hanna", address, "client")
            assert seen.expires_at == made.expires_at

    @shows("invites.create")
    @shows("invites.preview", errors.LinkNotValid)
    def test_a_new_invite_for_an_address_makes_the_one_before_worthless(self, studio: Studio) -> None:
        request = InviteClient(email=studio.address(), name="Ivo")
        first, second = studio.owner.invites.create(request), studio.owner.invites.create(request)
        assert first.person_id == second.person_id
        with pytest.raises(errors.LinkNotValid):
            studio.nobody.invites.preview(PreviewInvite(code=code_in(first.link)))
        assert studio.nobody.invites.preview(PreviewInvite(code=code_in(second.link))).name == "Ivo"

    @shows("invites.create", errors.AlreadyMember)
    def test_who_has_an_account_is_not_invited(self, studio: Studio) -> None:
        for who in ("client", "owner"):
            with pytest.raises(errors.AlreadyMember):
                studio.owner.invites.create(InviteClient(email=studio.identity(who).email, name="Somebody"))

    @shows("invites.create", errors.IdempotencyConflict)
    def test_the_same_key_invites_once_and_answers_the_same_link(self, studio: Studio) -> None:
        request = InviteClient(email=studio.address(), name="Jana", idempotency_key=studio.key())
        assert studio.owner.invites.create(request) == studio.owner.invites.create(request)
        with pytest.raises(errors.IdempotencyConflict):
            studio.owner.invites.create(request.model_copy(update={"name": "Jan"}))

    @shows("invites.list")
    def test_invites_are_listed_newest_first_page_by_page_without_their_links(self, studio: Studio) -> None:
        made = [studio.invite(name).id for name in ("Kai", "Lea", "Max")]
        studio.clock.move(timedelta(seconds=1))
        made.append(studio.invite("Nora").id)
        first = studio.owner.invites.list(ListInvites(limit=3))
        assert first.items[0].id == made[-1]
        assert "link" not in first.items[0].model_dump()
        rest = studio.owner.invites.list(ListInvites(limit=1000, cursor=first.next))
        everything = [*first.items, *rest.items]
        assert everything == studio.owner.invites.list(ListInvites(limit=1000)).items
        assert {invite.id for invite in everything} >= set(made)
        moments = [invite.created_at for invite in everything]
        assert moments == sorted(moments, reverse=True)

    @shows("invites.list", errors.InvalidInput)
    def test_a_cursor_that_no_list_gave_is_refused(self, studio: Studio) -> None:
        with pytest.raises(errors.InvalidInput):
            studio.owner.invites.list(ListInvites(cursor="somewhere"))

    @shows("invites.revoke")
    @shows("invites.revoke", errors.NotChangeable)
    def test_a_revoked_invite_is_worthless_and_cannot_be_revoked_again(self, studio: Studio) -> None:
        made = studio.invite("Otto")
        assert studio.owner.invites.revoke(InviteReference(id=made.id)).state == "revoked"
        with pytest.raises(errors.NotChangeable):
            studio.owner.invites.revoke(InviteReference(id=made.id))
        with pytest.raises(errors.LinkNotValid):
            studio.nobody.invites.preview(PreviewInvite(code=code_in(made.link)))

    @shows("invites.revoke", errors.NotChangeable, errors.NotFound)
    def test_only_an_invite_that_is_open_is_revoked(self, studio: Studio) -> None:
        redeemed = studio.invite("Pia")
        studio.nobody.sessions.sign_up(SignUp(code=code_in(redeemed.link), password=PASSWORD))
        with pytest.raises(errors.NotChangeable):
            studio.owner.invites.revoke(InviteReference(id=redeemed.id))
        with pytest.raises(errors.NotFound):
            studio.owner.invites.revoke(InviteReference(id=MISSING["invite"]))
