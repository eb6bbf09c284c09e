"""Who sees which documents, and what may happen to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.documents import Documents
from portalctl.contract.portal import Portal
from portalctl.domain import documentation as rules
from portalctl.domain.clients import find_client
from portalctl.models.documents import (
    AddDocument,
    Document,
    DocumentKind,
    DocumentReference,
    DocumentState,
    ListDocuments,
    ListViews,
    RenameDocument,
    ShareDocument,
    UnshareDocument,
)
from portalctl.models.uploads import OpenBody, StartUpload
from portalctl.storage.engine import Row
from portalctl.testing.sending import sent, uploaded
from tests.domain.booking_setup import ANNA, BEN, book, moment, offer
from tests.domain.conftest import FakeClock, query

MINUTE = timedelta(minutes=1)
MISSING = "doc_zzzzzzzzzzzz"

Audit = Callable[[], list[Row]]


def listed(portal: Portal, **which: Any) -> list[str]:
    """The titles of a list."""
    return [document.title for document in portal.documents.list(ListDocuments(**which)).items]


def show(portal: Portal, document: Document | str) -> Document:
    """One document."""
    return portal.documents.show(DocumentReference(id=document if isinstance(document, str) else document.id))


def share(owner: Portal, document: Document, client: str = ANNA, **more: Any) -> Document:
    """Put a document into a client's documentation."""
    return owner.documents.share(ShareDocument(id=document.id, client=client, **more))


def delete(portal: Portal, document: Document) -> None:
    """Delete a document."""
    portal.documents.delete(DocumentReference(id=document.id))


def read(portal: Portal, document: Document) -> bytes:
    """Open a document and read all of it."""
    with portal.open_body(OpenBody(id=document.id)) as body:
        return b"".join(body.chunks)


def written(portal: EmbeddedPortal, state: str, *, kind: str = "note", client: str | None = None) -> Document:
    """A note or a form in a state, as the nouns of notes and forms make them."""
    with portal._office.visit(Documents.add) as visit:
        named = find_client(visit, client).id if client is not None else visit.caller.client_id
        return rules.make(
            visit,
            kind=DocumentKind(kind),
            title=f"{state} {kind}",
            name=f"{kind}.md",
            media_type="text/markdown",
            state=DocumentState(state),
            client_id=named,
        )


def complete(portal: EmbeddedPortal, document: Document) -> None:
    """Complete a draft."""
    with portal._office.visit(Documents.add) as visit:
        rules.set_state(visit, document.id, DocumentState.COMPLETED)


def test_a_client_sees_what_they_sent_and_what_they_were_given(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock
) -> None:
    mine = sent(client, "blood.txt", title="Blood test")
    clock.advance(MINUTE)
    given = share(owner, sent(owner, "plan.txt"))
    assert listed(client) == ["plan.txt", "Blood test"]
    assert listed(client, from_me=True) == ["Blood test"]
    assert listed(client, shared=True) == ["plan.txt"]
    assert listed(other_client) == []
    assert (mine.from_client, mine.new, mine.shared_at, mine.author) == (True, False, None, ANNA)
    seen = show(client, given)
    assert (seen.from_client, seen.new, seen.shared_at, seen.client) == (False, True, clock(), ANNA)


def test_staff_see_all_but_drafts_of_clients_and_clients_all_but_drafts_of_the_practice(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    for state in ("draft", "completed"):
        written(client, state)
        written(owner, state, kind="form", client=ANNA)
    written(owner, "begun", kind="form", client=ANNA)
    assert sorted(listed(client)) == ["begun form", "completed form", "completed note", "draft note"]
    by_staff = ["begun form", "completed form", "completed note", "draft form"]
    assert sorted(listed(owner)) == sorted(listed(owner, client=ANNA)) == by_staff


@pytest.mark.parametrize("side", ["owner", "client"])
def test_a_draft_is_not_there_for_the_other_side_until_it_is_completed_and_then_it_is_new(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock, side: str
) -> None:
    author, reader = (owner, client) if side == "owner" else (client, owner)
    draft = written(author, "draft", client=ANNA if side == "owner" else None)
    assert show(author, draft).shared_at is None
    with pytest.raises(errors.NotFound):
        show(reader, draft)
    assert listed(client, new=True) == []
    clock.advance(MINUTE)
    later = sent(owner, client=ANNA)
    clock.advance(MINUTE)
    complete(author, draft)
    assert show(reader, draft).state == "completed"
    assert listed(client, new=True) == ([draft.title, later.title] if side == "owner" else [later.title])


@pytest.mark.parametrize("who", ["other client", "staff"])
@pytest.mark.parametrize("state", ["file", "draft"])
def test_what_one_may_not_see_is_answered_as_what_is_not_there(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, who: str, state: str
) -> None:
    if (who, state) == ("staff", "file"):
        document = sent(client)
        assert show(owner, document).client == ANNA
        return
    document = sent(client) if state == "file" else written(client, "draft")
    portal = other_client if who == "other client" else owner
    told = set()
    for reference in (document.id, MISSING):
        for ask in (
            lambda each: show(portal, each),
            lambda each: portal.documents.rename(RenameDocument(id=each, title="x")),
            lambda each: portal.documents.delete(DocumentReference(id=each)),
            lambda each: portal.documents.views(ListViews(id=each)),
            lambda each: portal.open_body(OpenBody(id=each)).__enter__(),
        ):
            with pytest.raises(errors.NotFound) as failure:
                ask(reference)
            told.add((failure.value.message.replace(reference, "…"), failure.value.hint))
    assert len(told) == 1


def test_a_list_is_narrowed_and_goes_on_where_a_page_ends(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Also where several are of one second."""
    offer(owner)
    appointment = book(client, moment("2026-03-10 09:00"))
    for number in range(3):
        sent(client, f"{number}.txt", appointment=appointment.id if number else None)
    written(client, "completed")
    written(owner, "completed", client=BEN)
    assert len(listed(client, kind="file")) == 3
    assert listed(client, kind="note") == ["completed note"]
    assert sorted(listed(client, appointment=appointment.id)) == ["1.txt", "2.txt"]
    assert sorted(listed(owner, appointment=appointment.id[:-1])) == ["1.txt", "2.txt"]
    assert len(listed(owner, kind="note")) == 2
    assert listed(owner, kind="note", from_me=True) == ["completed note"]
    assert len(listed(owner, shared=True)) == 4
    for portal in (owner, client):
        pages: list[str] = []
        page = portal.documents.list(ListDocuments(limit=2))
        while page.next is not None:
            pages += [document.id for document in page.items]
            page = portal.documents.list(ListDocuments(limit=2, cursor=page.next))
        pages += [document.id for document in page.items]
        assert pages == [document.id for document in portal.documents.list(ListDocuments()).items]


def test_another_clients_appointment_is_not_there(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    offer(owner)
    appointment = book(client, moment("2026-03-10 09:00"))
    for ask in (
        lambda: listed(other_client, appointment=appointment.id),
        lambda: sent(other_client, appointment=appointment.id),
        lambda: sent(owner, client=BEN, appointment=appointment.id),
        lambda: share(owner, sent(owner), BEN, appointment=appointment.id),
    ):
        with pytest.raises(errors.NotFound, match="no appointment"):
            ask()
    assert sent(owner, appointment=appointment.id).client == ANNA


def test_hiding_is_the_clients_own_and_takes_nothing_away(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    document = sent(owner, client=ANNA)
    reference = DocumentReference(id=document.id)
    assert client.documents.hide(reference).hidden
    assert client.documents.hide(reference).hidden
    assert listed(client) == listed(client, new=True) == []
    assert listed(client, hidden=True) == [document.title]
    assert listed(owner, client=ANNA) == [document.title]
    assert show(client, document).hidden
    assert not client.documents.unhide(reference).hidden
    assert listed(client) == [document.title]
    with pytest.raises(errors.NotPermitted):
        owner.documents.hide(reference)


def test_a_document_may_stand_with_several_clients_and_sharing_again_changes_nothing(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock, audit: Audit
) -> None:
    document = sent(owner)
    first = share(owner, document)
    assert show(owner, document).client == ANNA
    read(client, document)
    clock.advance(MINUTE)
    rows = len(audit())
    assert share(owner, document).shared_at == first.shared_at
    assert len(audit()) == rows
    share(owner, document, BEN)
    assert (show(owner, document).client, show(client, document).client) == (None, ANNA)
    assert (show(client, document).new, show(other_client, document).new) == (False, True)
    gone = owner.documents.unshare(UnshareDocument(id=document.id, client=ANNA))
    assert gone.client == BEN
    rows = len(audit())
    owner.documents.unshare(UnshareDocument(id=document.id, client=ANNA))
    assert len(audit()) == rows
    with pytest.raises(errors.NotFound):
        show(client, document)
    again = share(owner, document)
    assert (again.shared_at, again.new) == (clock(), False)


@pytest.mark.parametrize(
    ("what", "failure"),
    [
        ("file of a client", errors.NotYours),
        ("draft", errors.NotChangeable),
        ("form", errors.NotChangeable),
    ],
)
def test_only_what_the_practice_has_completed_is_shared(
    owner: EmbeddedPortal, client: EmbeddedPortal, what: str, failure: type[errors.PortalError]
) -> None:
    document = {
        "file of a client": lambda: sent(client),
        "draft": lambda: written(owner, "draft"),
        "form": lambda: written(owner, "waiting", kind="form", client=ANNA),
    }[what]()
    with pytest.raises(failure):
        share(owner, document, BEN)
    if what == "file of a client":
        with pytest.raises(errors.NotYours):
            owner.documents.unshare(UnshareDocument(id=document.id, client=ANNA))


def test_only_ones_own_is_renamed_or_deleted(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    mine, given = sent(client), sent(owner, client=ANNA)
    for portal, document in ((client, given), (owner, mine)):
        with pytest.raises(errors.NotYours):
            portal.documents.rename(RenameDocument(id=document.id, title="Other"))
        with pytest.raises(errors.NotYours):
            delete(portal, document)
    renamed = client.documents.rename(RenameDocument(id=mine.id, title="Blood test", folder="Lab"))
    assert (renamed.title, renamed.name, renamed.folder) == ("Blood test", mine.name, "Lab")
    assert client.documents.rename(RenameDocument(id=mine.id, folder=" ")).folder is None


@pytest.mark.parametrize("kind", ["note", "form"])
def test_what_is_completed_keeps_its_title_and_stays(owner: EmbeddedPortal, kind: str) -> None:
    document = written(owner, "completed", kind=kind, client=ANNA)
    with pytest.raises(errors.NotChangeable, match="keeps its title"):
        owner.documents.rename(RenameDocument(id=document.id, title="Other"))
    with pytest.raises(errors.NotChangeable, match="cannot be deleted"):
        delete(owner, document)
    assert owner.documents.rename(RenameDocument(id=document.id, title=document.title, folder="Old")).folder == "Old"


def test_what_is_deleted_is_gone_for_everybody_and_stays_on_record(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, audit: Audit
) -> None:
    document = sent(owner, client=ANNA)
    share(owner, document, BEN)
    owner.documents.rename(RenameDocument(id=document.id, title="Plan"))
    assert len([row for row in audit() if row["action"] == "documents.rename"]) == 2
    delete(owner, document)
    for portal in (owner, client, other_client):
        assert listed(portal) == []
        with pytest.raises(errors.NotFound):
            show(portal, document)
        with pytest.raises(errors.NotFound):
            read(portal, document)
    rows = [row for row in audit() if row["action"] == "documents.delete"]
    assert {(row["subject"], row["chain"][:4]) for row in rows} == {(document.id, "cli_")}
    assert len(rows) == 2
    delete(owner, document)
    with pytest.raises(errors.NotFound):
        delete(client, document)


def test_who_opened_what_and_when_is_on_record(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock, audit: Audit
) -> None:
    document = sent(owner, "plan.txt", b"Walk every day.\n", client=ANNA)
    share(owner, document, BEN)
    assert show(client, document).new
    for portal in (client, owner, other_client):
        clock.advance(MINUTE)
        assert read(portal, document) == b"Walk every day.\n"
    assert not show(client, document).new
    views = owner.documents.views(ListViews(id=document.id)).items
    assert [(view.viewer, view.role) for view in views] == [(BEN, "client"), ("Dr Rossi", "owner"), (ANNA, "client")]
    assert [view.at for view in views] == [clock() - number * MINUTE for number in range(3)]
    assert [view.viewer for view in client.documents.views(ListViews(id=document.id)).items] == [ANNA]
    first = owner.documents.views(ListViews(id=document.id, limit=1))
    assert owner.documents.views(ListViews(id=document.id, cursor=first.next)).items == views[1:]
    mine = sent(client)
    read(owner, mine)
    assert [row["action"] for row in audit() if row["subject"] == mine.id] == ["documents.add", "documents.open_body"]


def test_a_document_is_made_once_of_a_whole_upload_of_ones_own(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal
) -> None:
    upload = uploaded(client)
    for portal in (owner, other_client):
        with pytest.raises(errors.NotFound):
            portal.documents.add(AddDocument(upload=upload.id))
    request = AddDocument(upload=upload.id, idempotency_key="k1")
    made = client.documents.add(request)
    assert client.documents.add(request) == made
    with pytest.raises(errors.IdempotencyConflict):
        client.documents.add(request.model_copy(update={"title": "Other"}))
    with pytest.raises(errors.NotFound):
        client.documents.add(AddDocument(upload=upload.id))
    begun = client.uploads.start(StartUpload(name="letter.txt", bytes=10))
    with pytest.raises(errors.UploadIncomplete, match="0 of 10 bytes"):
        client.documents.add(AddDocument(upload=begun.id))
    assert listed(client) == ["letter.txt"]


def test_what_two_edit_is_changed_only_as_it_was_read(owner: EmbeddedPortal) -> None:
    document = sent(owner)
    changed = owner.documents.rename(RenameDocument(id=document.id, title="One", if_version=document.version))
    with pytest.raises(errors.ChangedMeanwhile):
        owner.documents.rename(RenameDocument(id=document.id, title="Two", if_version=document.version))
    assert show(owner, document) == changed
    owner.documents.rename(RenameDocument(id=document.id, title="Two", if_version=changed.version))


def test_hostile_titles_are_kept_as_they_are_and_control_characters_are_refused(client: EmbeddedPortal) -> None:
    for title in ("=1+1", "../../etc/passwd", "[bold]x[/]", "'; DROP TABLE documents; --", "%_", "Ä\u202egpj.exe"):
        assert sent(client, title=title).title == title
    for title in ("a\x1b[2Jb", "a\nb", "a\x00b", "\x9b31m", " "):
        with pytest.raises(ValueError, match=r"control|blank"):
            RenameDocument(id=MISSING, title=title)


def test_the_rows_of_a_deleted_document_stay(owner: EmbeddedPortal, portal_file: Any) -> None:
    """What refers to it, such as a message or an amendment, still finds it."""
    document = sent(owner, client=ANNA)
    delete(owner, document)
    (row,) = query(portal_file, "SELECT deleted_at, title FROM documents")
    assert row["title"] == document.title
    assert row["deleted_at"] is not None
