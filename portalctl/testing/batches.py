"""Many files at once: whose they are to be, what becomes of each, and how much of it the practice keeps."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from portalctl import errors
from portalctl.models.batch_words import FileKind, FileToAdd
from portalctl.models.clients import ClientQuestion, IdentifiedClient, IdentifyClients
from portalctl.models.documents import AddDocument, FindKnown, ListDocuments, ShareDocument
from portalctl.models.invites import InviteClient
from portalctl.models.policy import SetPolicy
from portalctl.models.settings import SetProfile
from portalctl.models.uploads import StartUpload, Upload
from portalctl.testing.samples import MISSING
from portalctl.testing.sending import sent, together, uploaded
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


def digest(content: bytes) -> str:
    """The SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


class TestBatches:
    """What `add_files`, `documents.known` and `clients.identify` do, and what quotas refuse."""

    @shows("documents.add_files")
    def test_files_that_travel_together_stand_with_the_client_whom_each_is_for(self, studio: Studio) -> None:
        (_, cara), (_, dora) = studio.newcomer(), studio.newcomer()
        letters = [studio.word("Dear").encode() for _ in range(3)]
        first = together(studio.staff, cara.client_id, *letters[:2], folder="Lab", title="Result")
        assert [(each.row, each.status, each.sha256) for each in first] == [
            (1, "added", digest(letters[0])),
            (2, "added", digest(letters[1])),
        ]
        (other,) = together(studio.staff, dora.client_id, letters[2])
        for client, ids in ((cara, {each.document_id for each in first}), (dora, {other.document_id})):
            listed = studio.staff.documents.list(ListDocuments(client=client.email)).items
            assert {each.id for each in listed} == ids
            assert all(each.new and each.shared_at == studio.clock() for each in listed)

    @shows("documents.add_files")
    def test_what_stands_there_is_not_added_twice_and_one_refusal_costs_one_file(self, studio: Studio) -> None:
        content, cara = studio.word("Dear").encode(), studio.patient()
        added, twice, program = together(studio.owner, cara, content, content, b"MZ\x90\x00\x03")
        assert [added.status, twice.status] == ["added", "added"]
        assert (program.status, program.code, program.document_id) == ("refused", "kind_not_taken", None)
        assert None not in (program.message, program.hint)
        again, *_ = together(studio.owner, cara, content)
        assert (again.status, again.document_id) == ("there", added.document_id)
        (mine,) = together(studio.anna, None, content)
        (nobody,) = together(studio.owner, MISSING["client"], content)
        (other,) = together(studio.anna, cara, content)
        assert (mine.status, nobody.code, other.code) == ("added", "not_found", "not_found")

    @shows("documents.add_files")
    def test_a_note_of_a_batch_is_complete_and_what_was_shared_before_is_dated_then(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        before = studio.clock() - timedelta(days=400)
        told = together(
            studio.owner, identity.client_id, b"Better.", kind=FileKind.NOTE, shared_at=before, title="Week 12"
        )
        (note,) = cara.documents.list(ListDocuments()).items
        assert (note.id, note.kind, note.state, note.title) == (told[0].document_id, "note", "completed", "Week 12")
        assert note.shared_at == before

    @shows("documents.add_files", errors.DamagedOnTheWay)
    def test_of_files_that_arrive_otherwise_than_they_were_sent_none_is_added(self, studio: Studio) -> None:
        content = studio.word("Dear").encode()
        whole = FileToAdd(row=1, name="a.txt", bytes=len(content), sha256=digest(content))
        with pytest.raises(errors.DamagedOnTheWay):
            list(studio.anna.add_files([(whole, content), (whole, content[:-1] + b"!")]))
        assert studio.anna.documents.known(FindKnown(sha256=[digest(content)])) == []

    @shows("documents.known")
    def test_what_is_known_is_told_of_ones_own_side_alone(self, studio: Studio) -> None:
        content, cara = studio.word("Dear").encode(), studio.patient()
        given = together(studio.owner, cara, content)[0].document_id
        mine = together(studio.anna, None, content)[0].document_id
        asked = [digest(content), 64 * "0"]
        for portal, client, found in (
            (studio.staff, cara, [given]),
            (studio.staff, None, [given]),
            (studio.staff, studio.client_id(), []),
            (studio.anna, None, [mine]),
            (studio.anna, studio.client_id(), [mine]),
            (studio.ben, None, []),
        ):
            known = portal.documents.known(FindKnown(client=client, sha256=asked))
            assert [each.document_id for each in known] == found
            assert all((each.sha256, each.name) == (asked[0], "letter 1.txt") for each in known)

    @shows("documents.known", errors.NotFound, errors.AmbiguousId)
    def test_who_is_asked_about_has_to_be_clear(self, studio: Studio) -> None:
        name = studio.word("Twin")
        for _ in range(2):
            studio.owner.invites.create(InviteClient(email=studio.address(), name=name))
        for portal, client, failure in (
            (studio.owner, name, errors.AmbiguousId),
            (studio.owner, MISSING["client"], errors.NotFound),
            (studio.ben, studio.client_id(), errors.NotFound),
        ):
            with pytest.raises(failure):
                portal.documents.known(FindKnown(client=client, sha256=[64 * "0"]))

    @shows("clients.identify")
    def test_who_is_meant_is_told_where_all_that_is_said_of_them_is_true(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        cara.settings.set_profile(SetProfile(birth_date=date(1985, 4, 12)))
        appointment = studio.booked()

        def asked(client: str = identity.email, **more: object) -> IdentifiedClient:
            question = ClientQuestion.model_validate({"client": client, **more})
            (told,) = studio.staff.clients.identify(IdentifyClients(questions=[question]))
            return told

        named = IdentifiedClient(client_id=identity.client_id, client=identity.name)
        for told in (
            asked(),
            asked(f" {identity.email.upper()} "),
            asked(identity.client_id or ""),
            asked((identity.client_id or "")[:15]),
            asked(name=f" {identity.name.upper().replace(' ', '   ')}", birth_date=date(1985, 4, 12)),
        ):
            assert told == named
        own = asked(studio.client_id(), appointment=appointment.id[:15])
        assert own.appointment_id == appointment.id
        for told, column, code in (
            (asked("nobody@example.com"), "client", "not_found"),
            (asked(identity.name), "client", "not_found"),
            (asked("cli_"), "client", "not_found"),
            (asked(name="Somebody Else"), "name", "identity_mismatch"),
            (asked(birth_date=date(1985, 4, 13)), "birth_date", "identity_mismatch"),
            (asked(appointment=appointment.id), "appointment", "not_found"),
        ):
            assert (told.client_id, told.client) == (None, None)
            assert [(problem.column, problem.code) for problem in told.problems] == [(column, code)]
            assert identity.name not in told.problems[0].message or column == "client"

    @shows("uploads.start", errors.QuotaExceeded)
    @shows("documents.add", errors.QuotaExceeded)
    @shows("documents.share", errors.QuotaExceeded)
    @shows("documents.add_files")
    def test_no_more_is_kept_for_a_client_than_the_practice_has_set(self, studio: Studio) -> None:
        cara, own = studio.patient(), sent(studio.owner)
        waiting = uploaded(studio.owner)
        sent(studio.owner, client=cara)
        studio.owner.policy.set(SetPolicy(client_documents=1))
        try:
            for refused in (
                lambda: studio.owner.uploads.start(StartUpload(name="a.txt", bytes=1, client=cara)),
                lambda: studio.owner.documents.add(AddDocument(upload=waiting.id, client=cara)),
                lambda: studio.owner.documents.share(ShareDocument(id=own.id, client=cara)),
            ):
                with pytest.raises(errors.QuotaExceeded):
                    refused()
            told = together(studio.owner, cara, b"one", b"two")
            assert [each.code for each in told] == 2 * ["quota_exceeded"]
            assert together(studio.owner, studio.patient(), b"one")[0].status == "added"
        finally:
            studio.owner.policy.set(SetPolicy(client_documents=0))
        studio.owner.documents.share(ShareDocument(id=own.id, client=cara))

    @shows("documents.add", errors.QuotaExceeded)
    def test_those_who_add_at_the_same_moment_share_the_room_that_is_left(self, studio: Studio) -> None:
        owner, cara = studio.owner, studio.patient()
        waiting = [uploaded(owner) for _ in range(3)]

        def add(upload: Upload) -> str:
            try:
                return owner.documents.add(AddDocument(upload=upload.id, client=cara)).id
            except errors.QuotaExceeded as refusal:
                return refusal.code

        owner.policy.set(SetPolicy(client_documents=2))
        try:
            with ThreadPoolExecutor(3) as pool:
                told = list(pool.map(add, waiting))
        finally:
            owner.policy.set(SetPolicy(client_documents=0))
        assert told.count("quota_exceeded") == 1
        assert len(owner.documents.list(ListDocuments(client=cara)).items) == 2

    @shows("documents.add", errors.DamagedOnTheWay, errors.InvalidInput)
    def test_a_document_is_made_of_the_body_that_was_meant_and_dated_as_it_was(self, studio: Studio) -> None:
        content, cara = studio.word("Dear").encode(), studio.patient()
        before = studio.clock() - timedelta(days=30)
        meant = {"client": cara, "sha256": digest(content), "shared_at": before}
        made = studio.owner.documents.add(
            AddDocument.model_validate({"upload": uploaded(studio.owner, content=content).id, **meant})
        )
        assert (made.sha256, made.shared_at) == (digest(content), before)
        for portal, wrong, failure in (
            (studio.owner, {"sha256": 64 * "0"}, errors.DamagedOnTheWay),
            (studio.owner, {"shared_at": studio.clock() + timedelta(days=1)}, errors.InvalidInput),
            (studio.anna, {"shared_at": before}, errors.InvalidInput),
            (studio.anna, {"notify": True}, errors.InvalidInput),
        ):
            with pytest.raises(failure):
                portal.documents.add(AddDocument.model_validate({"upload": uploaded(portal).id, **wrong}))
