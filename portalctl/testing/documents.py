"""Documents: who has them, and what may happen to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portalctl import errors
from portalctl.models.documents import (
    AddDocument,
    Document,
    DocumentReference,
    ListDocuments,
    ListViews,
    RenameDocument,
    ShareDocument,
    UnshareDocument,
)
from portalctl.models.forms import SubmitForm
from portalctl.models.notes import AddNote, NoteReference
from portalctl.models.policy import SetPolicy
from portalctl.models.uploads import OpenBody, StartUpload
from portalctl.testing.at_once import at_once
from portalctl.testing.forms import answered, given
from portalctl.testing.samples import MISSING
from portalctl.testing.sending import sent, uploaded
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio

PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00"


def named(document: Document | str) -> DocumentReference:
    """The reference to a document."""
    return DocumentReference(id=document if isinstance(document, str) else document.id)


class TestDocuments:
    """What `portal.documents` shows and makes."""

    @shows("documents.add")
    @shows("documents.list")
    @shows("documents.show")
    def test_what_a_client_sends_the_practice_has_and_nobody_else(self, studio: Studio) -> None:
        made = sent(studio.anna, "blood.txt", title="Blood test", folder="Lab")
        assert (made.kind, made.title, made.name, made.folder) == ("file", "Blood test", "blood.txt", "Lab")
        assert (made.from_client, made.client_id, made.media_type) == (True, studio.client_id(), "text/plain")
        for portal in (studio.anna, studio.staff):
            assert portal.documents.show(named(made.id[:-1].upper())) == made
            assert made in portal.documents.list(ListDocuments(kind="file", limit=1000)).items
        assert made not in studio.ben.documents.list(ListDocuments()).items

    @shows("documents.list")
    def test_a_list_is_narrowed_and_goes_on_where_a_page_ends(self, studio: Studio) -> None:
        appointment = studio.booked()
        cara, identity = studio.newcomer()
        given = [sent(studio.owner, client=identity.email) for _ in range(2)]
        mine = sent(cara)
        sent(studio.anna, appointment=appointment.id)

        def listed(**which: object) -> list[str]:
            page = cara.documents.list(ListDocuments.model_validate({**which, "limit": 2}))
            found = [each.id for each in page.items]
            while page.next is not None:
                page = cara.documents.list(ListDocuments.model_validate({**which, "limit": 2, "cursor": page.next}))
                found += [each.id for each in page.items]
            return found

        ids = {each.id for each in given}
        assert set(listed()) == {*ids, mine.id}
        assert set(listed(shared=True)) == set(listed(new=True)) == ids
        assert listed(from_me=True) == [mine.id]
        assert listed(kind="note") == []
        of_appointment = studio.owner.documents.list(ListDocuments(appointment=appointment.id)).items
        assert [each.appointment_id for each in of_appointment] == [appointment.id]
        of_cara = studio.owner.documents.list(ListDocuments(client=identity.email)).items
        assert {each.id for each in of_cara} == {*ids, mine.id}

    @shows("documents.list", errors.InvalidInput, errors.NotFound)
    @shows("documents.views", errors.InvalidInput, errors.NotFound)
    def test_a_list_of_nobody_and_from_nowhere_is_refused(self, studio: Studio) -> None:
        mine = sent(studio.anna)
        for ask in (
            lambda: studio.anna.documents.list(ListDocuments(cursor="somewhere")),
            lambda: studio.anna.documents.views(ListViews(id=mine.id, cursor="somewhere")),
        ):
            with pytest.raises(errors.InvalidInput):
                ask()
        for ask in (
            lambda: studio.anna.documents.list(ListDocuments(client=studio.client_id("other client"))),
            lambda: studio.ben.documents.views(ListViews(id=mine.id)),
        ):
            with pytest.raises(errors.NotFound):
                ask()

    @shows("documents.show", errors.NotFound)
    def test_what_belongs_to_somebody_else_is_answered_as_what_is_not_there(self, studio: Studio) -> None:
        told = set()
        for reference in (sent(studio.ben).id, MISSING["document"]):
            with pytest.raises(errors.NotFound) as failure:
                studio.anna.documents.show(named(reference))
            told.add((failure.value.message.replace(reference, "…"), failure.value.hint))
        assert len(told) == 1

    @shows("documents.show", errors.AmbiguousId)
    @shows("documents.views", errors.AmbiguousId)
    def test_which_document_is_meant_has_to_be_clear(self, studio: Studio) -> None:
        begins: list[str] = []
        while len(begins) == len(set(begins)):
            begins.append(sent(studio.owner).id[:5])
        for ask in (
            lambda: studio.owner.documents.show(named(begins[-1])),
            lambda: studio.owner.documents.views(ListViews(id=begins[-1])),
        ):
            with pytest.raises(errors.AmbiguousId):
                ask()

    @shows("documents.add", errors.NotFound, errors.UploadIncomplete, errors.KindNotTaken, errors.DocumentTooLarge)
    def test_a_document_is_made_of_a_whole_upload_that_the_practice_takes(self, studio: Studio) -> None:
        begun = studio.anna.uploads.start(StartUpload(name="letter.txt", bytes=10))
        disguised = uploaded(studio.anna, "letter.pdf", PROGRAM)
        for upload, failure in (
            (MISSING["upload"], errors.NotFound),
            (uploaded(studio.ben).id, errors.NotFound),
            (begun.id, errors.UploadIncomplete),
            (disguised.id, errors.KindNotTaken),
        ):
            with pytest.raises(failure):
                studio.anna.documents.add(AddDocument(upload=upload))
        long = uploaded(studio.anna, content=11 * b"x")
        before = studio.owner.policy.set(SetPolicy(document_max_bytes=10)).document_max_bytes
        assert before == 10
        with pytest.raises(errors.DocumentTooLarge):
            studio.anna.documents.add(AddDocument(upload=long.id))
        studio.owner.policy.set(SetPolicy(document_max_bytes=11))
        assert studio.anna.documents.add(AddDocument(upload=long.id)).bytes == 11
        studio.owner.policy.set(SetPolicy(document_max_bytes=50_000_000))

    @shows("documents.add")
    @shows("documents.add", errors.IdempotencyConflict)
    @shows("documents.add", errors.IdempotencyRunning, certain=False)
    def test_one_document_is_made_of_one_intent(self, studio: Studio) -> None:
        anna, request = studio.anna, AddDocument(upload=uploaded(studio.anna).id, idempotency_key=studio.key())
        at_once(lambda: anna.documents.add(request))
        with pytest.raises(errors.IdempotencyConflict):
            anna.documents.add(request.model_copy(update={"title": "Other"}))

    @shows("documents.views")
    def test_who_opened_a_document_and_when_is_on_record(self, studio: Studio) -> None:
        given = sent(studio.owner, client=studio.client_id())
        assert studio.anna.documents.show(named(given)).new
        with studio.anna.open_body(OpenBody(id=given.id)) as body:
            assert b"".join(body.chunks) == b"Dear Anna,\n"
        assert not studio.anna.documents.show(named(given)).new
        for portal in (studio.anna, studio.staff):
            (view,) = portal.documents.views(ListViews(id=given.id)).items
            assert (view.viewer_id, view.role, view.at) == (studio.client_id(), "client", studio.clock())


class TestFiling:
    """What `portal.documents` does to a document that is there."""

    @shows("documents.rename")
    @shows("documents.rename", errors.NotFound, errors.NotYours, errors.ChangedMeanwhile)
    def test_ones_own_is_renamed_as_it_was_read(self, studio: Studio) -> None:
        mine, given = sent(studio.anna), sent(studio.owner, client=studio.client_id())
        request = RenameDocument(id=mine.id, title="Blood test", if_version=mine.version)
        renamed = studio.anna.documents.rename(request)
        assert (renamed.title, renamed.name) == ("Blood test", mine.name)
        for document, failure in (
            (mine.id, errors.ChangedMeanwhile),
            (given.id, errors.NotYours),
            (MISSING["document"], errors.NotFound),
        ):
            with pytest.raises(failure):
                studio.anna.documents.rename(request.model_copy(update={"id": document, "title": "Other"}))

    @shows("documents.hide")
    @shows("documents.unhide")
    @shows("documents.hide", errors.NotFound)
    @shows("documents.unhide", errors.NotFound)
    def test_a_client_puts_documents_out_of_sight_and_back(self, studio: Studio) -> None:
        given = sent(studio.owner, client=studio.client_id())
        hide, unhide = studio.anna.documents.hide, studio.anna.documents.unhide
        assert hide(named(given)).hidden
        assert given.id not in [each.id for each in studio.anna.documents.list(ListDocuments()).items]
        assert given.id in [each.id for each in studio.anna.documents.list(ListDocuments(hidden=True)).items]
        assert not unhide(named(given)).hidden
        for step in (hide, unhide):
            with pytest.raises(errors.NotFound):
                step(named(MISSING["document"]))

    @shows("documents.delete")
    @shows("documents.delete", errors.NotFound, errors.NotYours)
    def test_ones_own_is_deleted_for_everybody_and_deleting_it_again_is_harmless(self, studio: Studio) -> None:
        mine, given = sent(studio.anna), sent(studio.owner, client=studio.client_id())
        studio.anna.documents.delete(named(mine))
        studio.anna.documents.delete(named(mine))
        for document, failure in ((given.id, errors.NotYours), (MISSING["document"], errors.NotFound)):
            with pytest.raises(failure):
                studio.anna.documents.delete(named(document))
        for portal in (studio.anna, studio.staff):
            with pytest.raises(errors.NotFound):
                portal.documents.show(named(mine))

    @shows("documents.delete", errors.NotChangeable)
    @shows("documents.rename", errors.NotChangeable)
    @shows("documents.share", errors.NotChangeable)
    def test_a_draft_is_shared_with_nobody_and_a_completed_note_stays_as_it_is(self, studio: Studio) -> None:
        draft = studio.owner.notes.add(AddNote(title="Plan", text="Walk every day."))
        with pytest.raises(errors.NotChangeable):
            studio.owner.documents.share(ShareDocument(id=draft.id, client=studio.client_id()))
        studio.owner.notes.complete(NoteReference(id=draft.id))
        steps: tuple[Callable[[], object], ...] = (
            lambda: studio.owner.documents.rename(RenameDocument(id=draft.id, title="Other")),
            lambda: studio.owner.documents.delete(named(draft.id)),
        )
        for step in steps:
            with pytest.raises(errors.NotChangeable):
                step()

    @shows("documents.share")
    @shows("documents.unshare")
    def test_a_document_is_shared_with_several_clients_and_with_each_of_them_no_longer(self, studio: Studio) -> None:
        document = sent(studio.owner)
        for who in ("client", "other client", "client"):
            shared = studio.staff.documents.share(ShareDocument(id=document.id, client=studio.client_id(who)))
            assert (shared.client_id, shared.shared_at) == (studio.client_id(who), studio.clock())
        assert studio.anna.documents.show(named(document)).client_id == studio.client_id()
        unshare = UnshareDocument(id=document.id, client=studio.client_id())
        assert studio.owner.documents.unshare(unshare) == studio.owner.documents.unshare(unshare)
        with pytest.raises(errors.NotFound):
            studio.anna.documents.show(named(document))
        assert studio.ben.documents.show(named(document)).new

    @shows("documents.release")
    @shows("documents.release", errors.NotFound)
    def test_what_is_in_no_quarantine_stays_as_it_is_when_it_is_released(self, studio: Studio) -> None:
        document = sent(studio.owner, client=studio.client_id())
        assert studio.owner.documents.release(named(document)) == document
        with pytest.raises(errors.NotFound):
            studio.owner.documents.release(named(MISSING["document"]))

    @shows("documents.unshare", errors.NotChangeable)
    def test_what_a_client_has_submitted_stays_with_them(self, studio: Studio) -> None:
        form = given(studio)
        answered(studio, form, smoker=False, mood="Well")
        studio.anna.forms.submit(SubmitForm(id=form.id))
        with pytest.raises(errors.NotChangeable):
            studio.owner.documents.unshare(UnshareDocument(id=form.id, client=studio.client_id()))
        assert studio.anna.documents.show(named(form.id)).state == "completed"

    @shows("documents.share", errors.NotFound, errors.NotYours)
    @shows("documents.unshare", errors.NotFound, errors.NotYours)
    def test_only_what_the_practice_made_is_shared(self, studio: Studio) -> None:
        client, theirs = studio.client_id("other client"), sent(studio.anna)
        for document, failure in ((theirs.id, errors.NotYours), (MISSING["document"], errors.NotFound)):
            with pytest.raises(failure):
                studio.owner.documents.share(ShareDocument(id=document, client=client))
            with pytest.raises(failure):
                studio.owner.documents.unshare(UnshareDocument(id=document, client=client))
