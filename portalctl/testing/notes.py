"""Notes: drafts of one's own, and what is completed."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.contract.portal import Portal
from portalctl.models.documents import DocumentReference, ListViews
from portalctl.models.notes import AddNote, EditNote, ListNotes, Note, NoteReference
from portalctl.models.uploads import OpenBody
from portalctl.testing.at_once import at_once
from portalctl.testing.samples import MISSING
from portalctl.testing.sending import sent
from portalctl.testing.showing import shows
from portalctl.testing.studio import Studio


def drafted(portal: Portal, title: str = "Week 12", **more: object) -> Note:
    """A draft of somebody."""
    return portal.notes.add(AddNote.model_validate({"title": title, "text": "Slept better.", **more}))


def completed(portal: Portal, title: str = "Week 12", **more: object) -> Note:
    """A note that somebody has completed."""
    return portal.notes.complete(named(drafted(portal, title, **more)))


def named(note: Note | str) -> NoteReference:
    """The reference to a note."""
    return NoteReference(id=note if isinstance(note, str) else note.id)


def listed(portal: Portal, **which: object) -> list[str]:
    """The ids of the notes that somebody sees."""
    return [note.id for note in portal.notes.list(ListNotes.model_validate(which)).items]


class TestNotes:
    """What `portal.notes` does."""

    @shows("notes.add")
    @shows("notes.edit")
    @shows("notes.list")
    @shows("notes.show", errors.NotFound)
    def test_a_draft_is_seen_by_the_side_that_wrote_it(self, studio: Studio) -> None:
        cara, identity = studio.newcomer()
        mine, theirs = drafted(cara), drafted(studio.owner, client=identity.email)
        assert (mine.state, mine.client_id, mine.from_client) == ("draft", identity.client_id, True)
        assert (theirs.client_id, theirs.from_client) == (identity.client_id, False)
        assert listed(cara) == [mine.id]
        assert listed(studio.staff, client=identity.email) == [theirs.id]
        for portal, note in ((cara, theirs), (studio.owner, mine), (studio.ben, mine)):
            with pytest.raises(errors.NotFound):
                portal.notes.show(named(note))
        changed = cara.notes.edit(EditNote(id=mine.id, text="Slept worse.\n", if_version=mine.version))
        assert (changed.title, changed.text, changed.state) == ("Week 12", "Slept worse.\n", "draft")
        assert cara.notes.show(named(mine)) == changed

    @shows("notes.complete")
    @shows("notes.show")
    def test_a_completed_note_is_the_other_sides_too_and_it_is_on_record_who_opened_it(self, studio: Studio) -> None:
        appointment = studio.booked()
        given = completed(studio.owner, appointment=appointment.id)
        assert (given.state, given.appointment_id, given.completed_at) == ("completed", appointment.id, studio.clock())
        assert given.id in listed(studio.anna, appointment=appointment.id)
        assert studio.anna.documents.show(DocumentReference(id=given.id)).new
        assert studio.anna.notes.show(named(given.id[:-1])).text == "Slept better."
        assert not studio.anna.documents.show(DocumentReference(id=given.id)).new
        (view,) = studio.owner.documents.views(ListViews(id=given.id)).items
        assert (view.viewer, view.role) == ("Anna Bianchi", "client")
        mine = completed(studio.anna)
        assert studio.staff.notes.show(named(mine)).client == "Anna Bianchi"
        assert studio.anna.notes.complete(named(mine)) == mine

    @shows("notes.edit", errors.NotChangeable)
    @shows("notes.add")
    def test_what_is_completed_is_not_changed_but_amended(self, studio: Studio) -> None:
        first = completed(studio.owner, client=studio.client_id())
        with pytest.raises(errors.NotChangeable):
            studio.owner.notes.edit(EditNote(id=first.id, text="Slept badly."))
        second = studio.owner.notes.add(AddNote(text="It was 5 mg.", amends=first.id))
        assert (second.title, second.amends, second.client_id) == (first.title, first.id, first.client_id)
        assert studio.anna.notes.show(named(first)).amended_by == []
        studio.owner.notes.complete(named(second))
        seen = studio.anna.notes.show(named(first))
        assert (seen.text, seen.amended_by) == (first.text, [second.id])

    @shows("notes.add", errors.NotChangeable, errors.NotYours, errors.NotFound)
    def test_a_completed_note_of_ones_own_side_is_amended_and_nothing_else(self, studio: Studio) -> None:
        for amended, failure in (
            (drafted(studio.anna).id, errors.NotChangeable),
            (completed(studio.owner, client=studio.client_id()).id, errors.NotYours),
            (sent(studio.anna).id, errors.NotFound),
            (completed(studio.ben).id, errors.NotFound),
            (MISSING["document"], errors.NotFound),
        ):
            with pytest.raises(failure):
                studio.anna.notes.add(AddNote(text="More.", amends=amended))

    @shows("notes.add", errors.NotFound)
    @shows("notes.list", errors.NotFound)
    def test_a_client_writes_in_their_own_documentation(self, studio: Studio) -> None:
        other, somebody = studio.client_id("other client"), MISSING["client"]
        for client in (other, somebody):
            with pytest.raises(errors.NotFound):
                drafted(studio.anna, client=client)
            with pytest.raises(errors.NotFound):
                listed(studio.anna, client=client)

    @shows("notes.edit", errors.NotYours, errors.NotFound)
    @shows("notes.complete", errors.NotYours, errors.NotFound)
    def test_only_who_wrote_a_note_changes_and_completes_it(self, studio: Studio) -> None:
        draft, given = drafted(studio.owner), completed(studio.anna)
        for portal, note, failure in (
            (studio.staff, draft.id, errors.NotYours),
            (studio.owner, given.id, errors.NotYours),
            (studio.ben, given.id, errors.NotFound),
            (studio.owner, sent(studio.owner).id, errors.NotFound),
            (studio.owner, MISSING["document"], errors.NotFound),
        ):
            with pytest.raises(failure):
                portal.notes.edit(EditNote(id=note, title="Mine"))
            with pytest.raises(failure):
                portal.notes.complete(named(note))

    @shows("notes.edit", errors.ChangedMeanwhile)
    def test_what_was_changed_meanwhile_is_not_overwritten(self, studio: Studio) -> None:
        note = drafted(studio.anna)
        changed = studio.anna.notes.edit(EditNote(id=note.id, text="From the other window."))
        with pytest.raises(errors.ChangedMeanwhile):
            studio.anna.notes.edit(EditNote(id=note.id, text="Over it.", if_version=note.version))
        assert studio.anna.notes.show(named(note)) == changed

    @shows("notes.add")
    @shows("notes.add", errors.IdempotencyConflict)
    @shows("notes.add", errors.IdempotencyRunning, certain=False)
    def test_one_note_is_made_of_one_intent(self, studio: Studio) -> None:
        anna, request = studio.anna, AddNote(title="Once", text="Said once.", idempotency_key=studio.key())
        at_once(lambda: anna.notes.add(request))
        with pytest.raises(errors.IdempotencyConflict):
            anna.notes.add(request.model_copy(update={"title": "Other"}))

    @shows("documents.open_body")
    def test_a_note_is_downloaded_as_markdown(self, studio: Studio) -> None:
        note = completed(studio.anna, "Sleep / week 12", text="Slept *better*.\n\n- less tea\n")
        with studio.owner.open_body(OpenBody(id=note.id)) as body:
            content = b"".join(body.chunks).decode()
            assert (body.name, body.media_type, body.size) == ("Sleep - week 12.md", "text/markdown", len(content))
        assert content.startswith("# Sleep / week 12\n\n*Anna Bianchi, ")
        assert content.endswith(" UTC*\n\nSlept *better*.\n\n- less tea\n")
