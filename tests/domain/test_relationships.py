"""Relationships: one account for whoever stands in them, what each access opens, and that its end counts at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.audit import ListAudit
from portalctl.models.clients import MakeResetLink
from portalctl.models.documents import DocumentReference, ListDocuments
from portalctl.models.forms import GivenFormReference, ImportForm, SaveAnswers, ShareForm, SubmitForm
from portalctl.models.invites import InviteClient, PreviewInvite
from portalctl.models.notes import AddNote
from portalctl.models.relationships import (
    AddRelationship,
    EditRelationship,
    GrantedRelationship,
    ListRelationships,
    ListShared,
    RelationshipReference,
    RemoveRelationship,
)
from portalctl.models.sessions import ResetPassword, SignIn, SignUp
from portalctl.models.staff import StaffReference
from portalctl.models.uploads import OpenBody
from portalctl.storage.engine import Row
from tests.domain.conftest import ANNA_EMAIL, BEN_EMAIL, OWNER_EMAIL, code_of
from tests.domain.people import PASSWORD, email_of, hire, noted, relative

ANNA = "Anna Bianchi"
ROSA = email_of("Rosa")
MOOD = (
    '{"resourceType": "Questionnaire", "status": "active", "title": "Mood",'
    ' "item": [{"linkId": "low", "type": "boolean", "text": "Do you feel low?"}]}'
)


def add(owner: EmbeddedPortal, email: str = ROSA, client: str = ANNA_EMAIL, **more: Any) -> GrantedRelationship:
    """A relationship of Anna's, with every access unless it is said."""
    fields = {"kind": "mother", "portal_access": True, "information_access": True, **more}
    return owner.relationships.add(AddRelationship(client=client, name="Rosa", email=email, **fields))


def sign_up(portal: EmbeddedPortal, link: str | None) -> EmbeddedPortal:
    """Redeem an invite: the portal as whoever it was for sees it."""
    signed_in = portal.with_token(None).sessions.sign_up(SignUp(code=code_of(link or ""), password=PASSWORD))
    return portal.with_token(signed_in.token)


def shown(portal: EmbeddedPortal, name: str = ANNA) -> list[str]:
    """What somebody sees of a client."""
    return [each.id for each in portal.relationships.docs(ListShared(relationship=name)).items]


@pytest.mark.parametrize("information_access", [True, False])
@pytest.mark.parametrize("portal_access", [True, False])
def test_portal_access_opens_the_door_and_information_access_the_documentation(
    owner: EmbeddedPortal, portal_access: bool, information_access: bool
) -> None:
    """Without the first the second opens nothing."""
    note = noted(owner, client=ANNA_EMAIL)
    rosa, made = relative(owner, ANNA_EMAIL, "Rosa")
    asked = EditRelationship(id=made, portal_access=portal_access, information_access=information_access)
    owner.relationships.edit(asked)
    sign_in = SignIn(email=ROSA, password=PASSWORD)
    if not portal_access:
        with pytest.raises(errors.SignInNeeded):
            rosa.relationships.list(ListRelationships())
        with pytest.raises(errors.BadCredentials):
            owner.with_token(None).sessions.sign_in(sign_in)
        return
    owner.with_token(None).sessions.sign_in(sign_in)
    (found,) = rosa.relationships.list(ListRelationships()).items
    assert found.readable == information_access
    if information_access:
        assert shown(rosa) == [note.id]
    else:
        reads: list[Callable[[], object]] = [
            lambda: shown(rosa),
            lambda: rosa.relationships.dashboard(RelationshipReference(relationship=ANNA)),
            lambda: rosa.documents.show(DocumentReference(id=note.id)),
        ]
        for read in reads:
            with pytest.raises(errors.NotFound):
                read()


def test_what_a_client_answers_in_a_form_is_not_shared(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """The questions are the practice's, the answers are not."""
    form = owner.forms.add(ImportForm(questionnaire=MOOD)).id
    given = owner.forms.share(ShareForm(form=form, client=ANNA_EMAIL)).id
    client.forms.save(SaveAnswers(id=given, answers='{"low": true}'))
    client.forms.submit(SubmitForm(id=given))
    rosa = sign_up(owner, add(owner).link)
    assert shown(rosa) == []
    for read in (
        lambda: rosa.documents.show(DocumentReference(id=given)),
        lambda: rosa.open_body(OpenBody(id=given)).__enter__(),
        lambda: rosa.forms.show(GivenFormReference(id=given)),
    ):
        with pytest.raises((errors.NotFound, errors.NotPermitted)):
            read()


def test_who_lost_access_has_no_session_left_when_it_is_given_again(owner: EmbeddedPortal) -> None:
    rosa, made = relative(owner, ANNA_EMAIL, "Rosa")
    for portal_access in (False, True):
        owner.relationships.edit(EditRelationship(id=made, portal_access=portal_access))
    with pytest.raises(errors.SignInNeeded):
        rosa.sessions.who_am_i()
    owner.with_token(None).sessions.sign_in(SignIn(email=ROSA, password=PASSWORD))


def test_an_invite_is_worthless_once_the_relationship_ends(owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
    made = add(owner)
    assert portal.invites.preview(PreviewInvite(code=code_of(made.link or ""))).kind == "related"
    owner.relationships.remove(RemoveRelationship(id=made.id))
    with pytest.raises(errors.LinkNotValid):
        sign_up(portal, made.link)


@pytest.mark.parametrize("email", [BEN_EMAIL, OWNER_EMAIL])
def test_whose_address_has_an_account_uses_that_one(
    owner: EmbeddedPortal, other_client: EmbeddedPortal, email: str
) -> None:
    """A client or a member of staff, as what they are."""
    theirs = other_client if email == BEN_EMAIL else owner
    role = theirs.sessions.who_am_i().role
    made = add(owner, email)
    assert (made.link, made.signed_up) == (None, True)
    assert theirs.sessions.who_am_i().role == role
    note = noted(owner, client=ANNA_EMAIL)
    assert shown(theirs) == [note.id]
    owner.relationships.remove(RemoveRelationship(id=made.id))
    with pytest.raises(errors.NotFound):
        shown(theirs)


def test_who_has_an_invite_as_a_client_comes_by_that_one(owner: EmbeddedPortal) -> None:
    """And is a relative as soon as they are here; another invite would have ended the first."""
    link = owner.invites.create(InviteClient(email=ROSA, name="Rosa")).link
    assert add(owner).link is None
    note = noted(owner, client=ANNA_EMAIL)
    rosa = sign_up(owner, link)
    assert rosa.sessions.who_am_i().role == "client"
    assert shown(rosa) == [note.id]


def test_a_relative_becomes_a_client_by_the_account_they_have(owner: EmbeddedPortal) -> None:
    note = noted(owner, client=ANNA_EMAIL)
    rosa, _ = relative(owner, ANNA_EMAIL, "Rosa")
    invite = owner.invites.create(InviteClient(email=ROSA, name="Rosa"))
    assert invite.state == "redeemed"
    identity = rosa.sessions.who_am_i()
    assert (identity.role, identity.client_id) == ("client", invite.person_id)
    assert shown(rosa) == [note.id]
    mine = rosa.notes.add(AddNote(title="Mine", text="My own."))
    assert [each.id for each in rosa.documents.list(ListDocuments()).items] == [mine.id]
    with pytest.raises(errors.AlreadyMember):
        owner.invites.create(InviteClient(email=ROSA, name="Rosa"))


def test_one_person_is_invited_once_for_all_their_relationships(owner: EmbeddedPortal) -> None:
    """A parent of two; a second invite before they have come replaces the first."""
    first = add(owner)
    second = add(owner, client=BEN_EMAIL)
    assert first.related_id == second.related_id
    with pytest.raises(errors.LinkNotValid):
        sign_up(owner, first.link)
    rosa = sign_up(owner, second.link)
    assert sorted(each.client for each in rosa.relationships.list(ListRelationships()).items) == [ANNA, "Ben Carter"]
    owner.relationships.remove(RemoveRelationship(id=second.id))
    assert [each.client for each in rosa.relationships.list(ListRelationships()).items] == [ANNA]


def test_a_relationship_without_portal_access_is_not_told_to_the_relative(owner: EmbeddedPortal) -> None:
    """That they are named by somebody else is that client's to tell."""
    rosa, _ = relative(owner, ANNA_EMAIL, "Rosa")
    quiet = add(owner, client=BEN_EMAIL, portal_access=False, emergency_contact=True)
    assert [each.client for each in rosa.relationships.list(ListRelationships()).items] == [ANNA]
    with pytest.raises(errors.NotFound):
        rosa.relationships.show(RelationshipReference(relationship=quiet.id))


def test_another_address_is_another_person(owner: EmbeddedPortal) -> None:
    """Who had the old one is out at once; who has the new one is invited."""
    rosa, made = relative(owner, ANNA_EMAIL, "Rosa")
    changed = owner.relationships.edit(EditRelationship(id=made, email="max@example.com", name="Max"))
    assert (changed.email, changed.name, changed.signed_up) == ("max@example.com", "Max", False)
    with pytest.raises(errors.SignInNeeded):
        rosa.sessions.who_am_i()
    assert sign_up(owner, changed.link).relationships.list(ListRelationships()).items[0].client == ANNA


def test_a_disabled_member_of_staff_is_out_whoever_they_are_close_to(owner: EmbeddedPortal) -> None:
    verdi = hire(owner, "Verdi")
    add(owner, email_of("Verdi"))
    assert shown(verdi) == []
    owner.staff.disable(StaffReference(staff=email_of("Verdi")))
    with pytest.raises(errors.SignInNeeded):
        shown(verdi)
    with pytest.raises(errors.BadCredentials):
        owner.with_token(None).sessions.sign_in(SignIn(email=email_of("Verdi"), password=PASSWORD))


def test_a_relative_who_forgot_their_password_gets_a_link(owner: EmbeddedPortal, portal: EmbeddedPortal) -> None:
    """From any member of staff; whoever is a client too is found once."""
    _, made = relative(owner, ANNA_EMAIL, "Rosa")
    link = owner.clients.reset_link(MakeResetLink(client=ROSA)).link
    portal.sessions.reset_password(ResetPassword(code=code_of(link), password="amber harvest quiet lantern"))
    portal.sessions.sign_in(SignIn(email=ROSA, password="amber harvest quiet lantern"))
    owner.relationships.edit(EditRelationship(id=made, portal_access=False))
    with pytest.raises(errors.NotChangeable, match="may not sign in"):
        owner.clients.reset_link(MakeResetLink(client=ROSA))
    add(owner, BEN_EMAIL)
    assert owner.clients.reset_link(MakeResetLink(client=BEN_EMAIL)).person_id.startswith("cli_")


def test_a_client_has_one_relationship_with_each_person(owner: EmbeddedPortal) -> None:
    """Until it ends; then they may be entered again."""
    made = add(owner)
    with pytest.raises(errors.AlreadyRelated, match="already on record as Anna Bianchi's mother"):
        add(owner, kind="aunt")
    owner.relationships.remove(RemoveRelationship(id=made.id))
    again = add(owner, kind="aunt")
    assert (again.id == made.id, again.related_id) == (False, made.related_id)


def test_nobody_is_close_to_themselves(owner: EmbeddedPortal) -> None:
    with pytest.raises(errors.InvalidInput, match="own address"):
        add(owner, ANNA_EMAIL)
    made = add(owner)
    with pytest.raises(errors.InvalidInput, match="own address"):
        owner.relationships.edit(EditRelationship(id=made.id, email=ANNA_EMAIL))


def test_every_read_by_a_relative_is_in_the_clients_chain_under_their_own_name(
    owner: EmbeddedPortal, client: EmbeddedPortal, audit: Callable[[], list[Row]]
) -> None:
    note = noted(owner, client=ANNA_EMAIL)
    rosa, made = relative(owner, ANNA_EMAIL, "Rosa")
    identity = rosa.sessions.who_am_i()
    before = len(audit())
    shown(rosa)
    rosa.relationships.dashboard(RelationshipReference(relationship=ANNA))
    rosa.relationships.show(RelationshipReference(relationship=made))
    rosa.documents.show(DocumentReference(id=note.id))
    with rosa.open_body(OpenBody(id=note.id)) as body:
        assert b"".join(body.chunks).endswith(b"Slept better.\n")
    rows = [row for row in audit() if row["actor"] == identity.related_id and row["chain"] == note.client_id]
    assert [(row["action"], row["role"], row["subject"]) for row in rows] == [
        ("relationships.docs", "related", made),
        ("relationships.dashboard", "related", made),
        ("relationships.show", "related", made),
        ("documents.show", "related", note.id),
        ("documents.open_body", "related", note.id),
    ]
    assert len(audit()) == before + len(rows)
    read = [row for row in client.audit.list(ListAudit()).items if row.role == "related"]
    assert {row.actor for row in read} == {"Rosa"}, "the client sees who it was"


def test_what_is_new_is_what_the_relative_has_not_opened(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Not what the client has not."""
    note = noted(owner, client=ANNA_EMAIL)
    rosa, _ = relative(owner, ANNA_EMAIL, "Rosa")
    anna = RelationshipReference(relationship=ANNA)
    assert [each.id for each in rosa.relationships.dashboard(anna).new] == [note.id]
    with rosa.open_body(OpenBody(id=note.id)) as body:
        list(body.chunks)
    assert rosa.relationships.dashboard(anna).new == []
    assert client.documents.show(DocumentReference(id=note.id)).new
