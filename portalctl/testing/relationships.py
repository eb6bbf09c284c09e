"""Relationships: who is close to a client, what they may see, and that it ends when it is taken away."""

from __future__ import annotations

from typing import Any

import pytest

from portalctl import errors
from portalctl.contract.portal import Portal
from portalctl.models.appointments import ListAppointments
from portalctl.models.audit import ListAudit
from portalctl.models.documents import DocumentReference, UnshareDocument
from portalctl.models.invites import PreviewInvite
from portalctl.models.relationships import (
    AddRelationship,
    EditRelationship,
    GrantedRelationship,
    ListRelationships,
    ListShared,
    RelationshipReference,
    RemoveRelationship,
)
from portalctl.models.sessions import SignUp
from portalctl.models.uploads import OpenBody
from portalctl.testing.at_once import at_once
from portalctl.testing.notes import completed, drafted
from portalctl.testing.samples import MISSING, PASSWORD
from portalctl.testing.sending import sent
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio, code_in

BOTH: dict[str, Any] = {"portal_access": True, "information_access": True}


def added(studio: Studio, client: str, name: str = "Rosa", **more: Any) -> GrantedRelationship:
    """Somebody who is close to a client."""
    fields = {"email": studio.address(name), "kind": "mother", **more}
    return studio.owner.relationships.add(AddRelationship(client=client, name=name, **fields))


def entered(studio: Studio, granted: GrantedRelationship) -> Portal:
    """The portal for somebody who was invited as a relative."""
    assert granted.link is not None
    signed_in = studio.nobody.sessions.sign_up(SignUp(code=code_in(granted.link), password=PASSWORD, timezone="UTC"))
    return studio.portal(signed_in.token)


def shared(portal: Portal, name: str) -> list[str]:
    """The ids of what somebody sees of a client."""
    return [document.id for document in portal.relationships.docs(ListShared(relationship=name)).items]


class TestRelationships:
    """What `portal.relationships` does."""

    @shows("relationships.add")
    @shows("relationships.list")
    @shows("relationships.show")
    def test_who_gets_portal_access_signs_in_as_themselves(self, studio: Studio) -> None:
        cara, client = studio.newcomer()
        made = added(studio, client.email, portal_access=True, emergency_contact=True)
        assert (made.name, made.kind, made.client, made.signed_up) == ("Rosa", "mother", client.name, False)
        seen = studio.nobody.invites.preview(PreviewInvite(code=code_in(made.link or "")))
        assert (seen.kind, seen.name, seen.email) == ("related", "Rosa", made.email)
        rosa = entered(studio, made)
        identity = rosa.sessions.who_am_i()
        assert (identity.role, identity.client_id, identity.staff_id) == ("related", None, None)
        assert (identity.name, identity.related_id) == ("Rosa", made.related_id)
        (theirs,) = rosa.relationships.list(ListRelationships()).items
        assert (theirs.id, theirs.client, theirs.readable) == (made.id, client.name, False)
        by_staff = ((studio.staff, name) for name in (made.id[:-1], made.email, client.email, client.client_id or ""))
        for portal, name in ((rosa, client.name), (cara, "rosa"), *by_staff):
            found = portal.relationships.show(RelationshipReference(relationship=name))
            assert (found.id, found.signed_up, found.emergency_contact) == (made.id, True, True)
        assert [each.id for each in cara.relationships.list(ListRelationships()).items] == [made.id]
        assert made.id in [each.id for each in studio.staff.relationships.list(ListRelationships(limit=1)).items]

    @shows("relationships.docs")
    @shows("relationships.dashboard")
    @shows("documents.show", errors.NotFound)
    def test_with_information_access_they_read_what_is_shared_and_nothing_else(self, studio: Studio) -> None:
        cara, client = studio.newcomer()
        file, note = sent(studio.owner, client=client.email), completed(studio.owner, client=client.email)
        hidden, taken = (sent(studio.owner, client=client.email) for _ in range(2))
        own = completed(cara)
        draft = drafted(studio.owner, client=client.email)
        cara.documents.hide(DocumentReference(id=hidden.id))
        studio.owner.documents.unshare(UnshareDocument(id=taken.id, client=client.email))
        made = added(studio, client.email, **BOTH)
        rosa = entered(studio, made)
        assert sorted(shared(rosa, client.name)) == sorted([file.id, note.id])
        assert sorted(shared(cara, "Rosa")) == sorted([file.id, note.id])
        for other in (hidden.id, taken.id, own.id, draft.id, sent(studio.ben).id, MISSING["document"]):
            with pytest.raises(errors.NotFound):
                rosa.documents.show(DocumentReference(id=other))
            with pytest.raises(errors.NotFound), rosa.open_body(OpenBody(id=other)):
                pass
        with rosa.open_body(OpenBody(id=file.id)) as body:
            assert b"".join(body.chunks) == b"Dear Anna,\n"
        overview = rosa.relationships.dashboard(RelationshipReference(relationship=client.name))
        assert [each.id for each in overview.new] == [note.id]
        assert sorted(each.id for each in overview.others) == sorted([file.id, note.id])
        assert cara.documents.show(DocumentReference(id=file.id)).new, "the client has not opened it"

    @shows("relationships.dashboard")
    def test_the_overview_tells_of_an_appointment_only_when_it_was(self, studio: Studio) -> None:
        appointment = studio.booked()
        made = sent(studio.owner, client=studio.client_id(), appointment=appointment.id)
        rosa = entered(studio, added(studio, studio.client_id(), "Rosalind", **BOTH))
        overview = rosa.relationships.dashboard(RelationshipReference(relationship="Anna Bianchi"))
        (found,) = (each for each in overview.appointments if each.appointment_id == appointment.id)
        assert (found.starts_at, [each.id for each in found.documents]) == (appointment.starts_at, [made.id])
        with pytest.raises(errors.NotPermitted):
            rosa.appointments.list(ListAppointments())

    @shows("relationships.edit")
    @shows("relationships.remove")
    @shows("relationships.docs", errors.NotFound)
    def test_what_is_taken_away_is_gone_on_the_next_request(self, studio: Studio) -> None:
        client, elder = studio.patient(), studio.patient()
        made = added(studio, client, **BOTH)
        rosa = entered(studio, made)
        assert shared(rosa, client) == []
        studio.owner.relationships.edit(EditRelationship(id=made.id, information_access=False))
        with pytest.raises(errors.NotFound):
            shared(rosa, client)
        again = studio.owner.relationships.edit(EditRelationship(id=made.id, information_access=True))
        assert (again.link, shared(rosa, client)) == (None, [])
        second = added(studio, elder, email=made.email, portal_access=True)
        assert (second.related_id, second.link) == (made.related_id, None), "one account for all of them"
        studio.owner.relationships.remove(RemoveRelationship(id=made.id))
        studio.owner.relationships.remove(RemoveRelationship(id=made.id))
        with pytest.raises(errors.NotFound):
            shared(rosa, client)
        studio.owner.relationships.edit(EditRelationship(id=second.id, portal_access=False))
        with pytest.raises(errors.SignInNeeded):
            rosa.sessions.who_am_i()

    @shows("relationships.docs")
    @shows("relationships.list")
    def test_a_client_who_is_a_relative_too_uses_the_account_they_have(self, studio: Studio) -> None:
        dan, parent = studio.newcomer()
        child = studio.patient()
        given = sent(studio.owner, client=child)
        made = added(studio, child, parent.name, email=parent.email, **BOTH)
        assert (made.link, made.signed_up) == (None, True)
        assert dan.sessions.who_am_i().role == "client"
        assert shared(dan, child) == [given.id]
        assert dan.documents.show(DocumentReference(id=given.id)).client_id == child
        (found,) = dan.relationships.list(ListRelationships()).items
        assert (found.id, found.readable) == (made.id, True)
        rows = studio.owner.audit.list(ListAudit(client=child)).items
        read = {(row.actor_id, row.role) for row in rows if row.action == "relationships.docs"}
        assert read == {(parent.client_id, "client")}

    @shows("relationships.add", errors.AlreadyRelated, errors.NotFound)
    @shows("relationships.edit", errors.AlreadyRelated, errors.NotFound, errors.ChangedMeanwhile)
    @shows("relationships.remove", errors.NotFound)
    def test_a_client_stands_in_one_relationship_with_each_person(self, studio: Studio) -> None:
        client = studio.patient()
        first, second = added(studio, client), added(studio, client, "Max")
        with pytest.raises(errors.AlreadyRelated):
            added(studio, client, "Rosa B.", email=first.email)
        with pytest.raises(errors.AlreadyRelated):
            studio.owner.relationships.edit(EditRelationship(id=second.id, email=first.email))
        with pytest.raises(errors.NotFound):
            added(studio, MISSING["client"])
        with pytest.raises(errors.NotFound):
            studio.owner.relationships.edit(EditRelationship(id=MISSING["relationship"], kind="aunt"))
        with pytest.raises(errors.NotFound):
            studio.owner.relationships.remove(RemoveRelationship(id=MISSING["relationship"]))
        changed = studio.owner.relationships.edit(EditRelationship(id=first.id, kind="aunt", if_version=first.version))
        assert (changed.kind, changed.version == first.version) == ("aunt", False)
        with pytest.raises(errors.ChangedMeanwhile):
            studio.owner.relationships.edit(EditRelationship(id=first.id, kind="niece", if_version=first.version))

    @shows("relationships.list", errors.NotFound)
    @shows("relationships.show", errors.NotFound)
    @shows("relationships.docs", errors.NotFound)
    @shows("relationships.dashboard", errors.NotFound)
    def test_the_relationships_of_others_are_not_there(self, studio: Studio) -> None:
        made = added(studio, studio.client_id("other client"), **BOTH)
        with pytest.raises(errors.NotFound):
            studio.anna.relationships.list(ListRelationships(client=made.client_id))
        for name in (made.id, made.client, made.client_id, made.email, MISSING["relationship"]):
            with pytest.raises(errors.NotFound):
                studio.anna.relationships.show(RelationshipReference(relationship=name))
            with pytest.raises(errors.NotFound):
                studio.anna.relationships.dashboard(RelationshipReference(relationship=name))
            for portal in (studio.anna, studio.owner):
                with pytest.raises(errors.NotFound):
                    shared(portal, name)

    @shows("relationships.add")
    @shows("relationships.add", errors.IdempotencyConflict)
    @shows("relationships.add", errors.IdempotencyRunning, certain=False)
    def test_one_relationship_is_made_of_one_intent(self, studio: Studio) -> None:
        owner, client = studio.owner, studio.patient()
        request = AddRelationship(
            client=client, name="Rosa", kind="mother", email=studio.address(), idempotency_key=studio.key(), **BOTH
        )
        at_once(lambda: owner.relationships.add(request))
        with pytest.raises(errors.IdempotencyConflict):
            owner.relationships.add(request.model_copy(update={"kind": "aunt"}))
