"""Notes: who sees a draft, what is never changed, and that the record of it says nothing of what is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain.note_files import file_name
from portalctl.models.documents import DocumentReference, ListDocuments, RenameDocument, ShareDocument
from portalctl.models.notes import AddNote, EditNote, ListNotes, NoteReference
from portalctl.models.uploads import OpenBody
from portalctl.storage.engine import Row
from tests.domain.conftest import ANNA_EMAIL, BEN_EMAIL
from tests.domain.people import hire, noted

People = dict[str, EmbeddedPortal]


@pytest.fixture
def people(owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal) -> People:
    """Somebody of each side."""
    return {"owner": owner, "colleague": hire(owner, "Verdi"), "anna": client, "ben": other_client}


PRACTICE, ANNA = {"owner", "colleague"}, {"anna"}
SEEN_BY = [
    ("anna", None, False, ANNA),
    ("anna", None, True, ANNA | PRACTICE),
    ("owner", None, False, PRACTICE),
    ("owner", None, True, PRACTICE),
    ("owner", ANNA_EMAIL, False, PRACTICE),
    ("owner", ANNA_EMAIL, True, ANNA | PRACTICE),
]
"""Who writes, for whom, whether it is completed, and who then sees it."""


@pytest.mark.parametrize(("writer", "about", "completed", "seen_by"), SEEN_BY)
def test_a_draft_is_its_own_sides_and_a_completed_note_is_the_other_sides_too(
    people: People, writer: str, about: str | None, completed: bool, seen_by: set[str]
) -> None:
    """By every way there is to it, and nobody else by any."""
    note = noted(people[writer], client=about, completed=completed)
    ways: list[Callable[[EmbeddedPortal], object]] = [
        lambda portal: portal.notes.show(NoteReference(id=note.id)),
        lambda portal: portal.documents.show(DocumentReference(id=note.id)),
        lambda portal: portal.open_body(OpenBody(id=note.id)).__enter__(),
    ]
    for who, portal in people.items():
        listed = [each.id for each in portal.notes.list(ListNotes()).items]
        assert listed == [each.id for each in portal.documents.list(ListDocuments(kind="note")).items]
        assert (note.id in listed) == (who in seen_by)
        for way in ways:
            if who in seen_by:
                way(portal)
            else:
                with pytest.raises(errors.NotFound):
                    way(portal)


def test_a_draft_is_deleted_and_renamed_like_any_document_and_a_completed_note_is_neither(
    client: EmbeddedPortal,
) -> None:
    draft, done = noted(client, completed=False), noted(client)
    client.documents.rename(RenameDocument(id=draft.id, title="Other"))
    assert client.notes.show(NoteReference(id=draft.id)).title == "Other"
    client.documents.delete(DocumentReference(id=draft.id))
    with pytest.raises(errors.NotFound):
        client.notes.complete(NoteReference(id=draft.id))
    for change in (
        lambda: client.documents.delete(DocumentReference(id=done.id)),
        lambda: client.documents.rename(RenameDocument(id=done.id, title="Other")),
        lambda: client.notes.edit(EditNote(id=done.id, title="Other")),
    ):
        with pytest.raises(errors.NotChangeable):
            change()
    assert client.notes.show(NoteReference(id=done.id)) == done


def test_a_note_that_is_shared_with_two_is_amended_for_both_and_each_sees_their_own(people: People) -> None:
    """Who is not given an amendment does not learn that there is one."""
    owner = people["owner"]
    note = noted(owner, client=ANNA_EMAIL)
    owner.documents.share(ShareDocument(id=note.id, client=BEN_EMAIL))
    amendment = owner.notes.add(AddNote(text="5 mg.", amends=note.id, client=ANNA_EMAIL))
    owner.notes.complete(NoteReference(id=amendment.id))
    amended = {who: people[who].notes.show(NoteReference(id=note.id)).amended_by for who in ("owner", "anna", "ben")}
    assert amended == {"owner": [amendment.id], "anna": [amendment.id], "ben": []}
    with people["anna"].open_body(OpenBody(id=amendment.id)) as body:
        content = b"".join(body.chunks).decode()
    assert content == f"# Week 12\n\n*Dr Rossi, 2026-03-02 08:00 UTC*\n\n*Amends {note.id}*\n\n5 mg.\n"


def test_an_amendment_stands_where_the_note_stands(owner: EmbeddedPortal) -> None:
    note = noted(owner, client=ANNA_EMAIL)
    with pytest.raises(errors.InvalidInput, match="amended in the documentation"):
        owner.notes.add(AddNote(text="5 mg.", amends=note.id, client=BEN_EMAIL))
    with pytest.raises(errors.InvalidInput, match="title"):
        owner.notes.add(AddNote(text="5 mg."))


def test_a_draft_says_that_it_is_one_when_it_is_downloaded(client: EmbeddedPortal) -> None:
    with client.open_body(OpenBody(id=noted(client, completed=False).id)) as body:
        content = b"".join(body.chunks).decode()
    assert content == "# Week 12\n\n*Anna Bianchi, 2026-03-02 08:00 UTC* *(draft)*\n\nSlept better.\n"


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("x" * 65_536, True),
        ("ä" * 32_768, True),
        ("x" * 65_537, False),
        ("ä" * 32_769, False),
        (" \n\t", False),
        ("a\0b", False),
        ("\ud800", False),
        ("\x1b[2J\r\n# Heading\u202e", True),
    ],
    ids=["64 KiB", "64 KiB of ä", "a byte more", "two bytes more", "blank", "NUL", "half a character", "controls"],
)
def test_a_note_has_up_to_64_kib_of_text(client: EmbeddedPortal, text: str, is_taken: bool) -> None:
    """Verbatim, whatever it holds; what cannot be kept so is refused."""
    if is_taken:
        note = client.notes.add(AddNote(title="Long", text=text))
        assert client.notes.show(NoteReference(id=note.id)).text == text
    else:
        with pytest.raises(ValidationError):
            AddNote(title="Long", text=text)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Week 12", "Week 12.md"),
        ("../../etc/passwd", "-..-etc-passwd.md"),
        ("a\\b:c*d?", "a-b-c-d-.md"),
        ("Müde …", "Müde ….md"),
        (". .", ".md"),
        ("x" * 200, "x" * 100 + ".md"),
    ],
)
def test_a_notes_file_name_comes_of_its_title_and_leads_nowhere(title: str, name: str) -> None:
    assert file_name(title) == name


def test_the_audit_says_who_wrote_and_nothing_of_what(client: EmbeddedPortal, audit: Callable[[], list[Row]]) -> None:
    """Clinical text is in one place."""
    before = len(audit())
    draft = noted(client, "Panic attacks", completed=False)
    client.notes.edit(EditNote(id=draft.id, text="Cried all night."))
    client.notes.complete(NoteReference(id=draft.id))
    client.notes.complete(NoteReference(id=draft.id))
    rows = [row for row in audit() if row["action"].startswith("notes.")]
    assert len(audit()) == before + 3
    assert [row["action"] for row in rows] == ["notes.add", "notes.edit", "notes.complete"]
    assert {(row["chain"], row["actor"], row["subject"]) for row in rows} == {
        (draft.client_id, draft.author_id, draft.id)
    }
    assert "Panic" not in str(audit())
    assert "Cried" not in str(audit())
