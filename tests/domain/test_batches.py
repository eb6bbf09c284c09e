"""Files that travel together: one transaction, whose each is, what is there already, and what a refusal costs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal, documents_folder
from portalctl.contract.portal import Portal
from portalctl.domain import letter_texts
from portalctl.models.batch_words import BATCH_FILES, SMALL_FILE, FileAdded, FileKind, FileToAdd
from portalctl.models.batches import AddFile
from portalctl.models.documents import Document, DocumentReference, FindKnown, ListDocuments, UnshareDocument
from portalctl.models.notes import NoteReference
from portalctl.models.outbox import LetterKind, LetterReference
from portalctl.models.settings import SetNotifications
from portalctl.models.uploads import OpenBody
from portalctl.storage import batches
from portalctl.storage.blobs import FolderBodies
from portalctl.storage.sqlite import SqliteStore
from portalctl.testing.sending import sent
from tests.domain.booking_setup import ANNA, BEN, book, moment, offer
from tests.domain.conftest import ANNA_EMAIL, BEN_EMAIL, FakeClock, query
from tests.domain.people import hire, relative

PDF = b"%PDF-1.7\n"


def file(content: bytes, row: int = 1, **fields: Any) -> tuple[FileToAdd, bytes]:
    """One file of a batch."""
    sha256 = hashlib.sha256(content).hexdigest()
    defaults = {"row": row, "name": f"letter {row}.txt", "bytes": len(content), "sha256": sha256}
    return FileToAdd(**dict(AddFile.model_validate({**defaults, **fields}))), content


def add(portal: Portal, *files: tuple[FileToAdd, bytes]) -> list[FileAdded]:
    """What becomes of files that travel together."""
    return list(portal.add_files(files))


def listed(portal: Portal, **asked: Any) -> list[Document]:
    """The documents that somebody sees."""
    return portal.documents.list(ListDocuments(**asked)).items


def body(portal: Portal, document_id: str) -> bytes:
    """What a document says."""
    with portal.open_body(OpenBody(id=document_id)) as opened:
        return b"".join(opened.chunks)


@pytest.fixture
def anna(client: EmbeddedPortal) -> str:
    """Anna's id."""
    return client.sessions.who_am_i().client_id or ""


@pytest.fixture
def ben(other_client: EmbeddedPortal) -> str:
    """Ben's id."""
    return other_client.sessions.who_am_i().client_id or ""


def test_a_batch_is_one_transaction_and_one_pack_and_each_client_reads_their_own(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    other_client: EmbeddedPortal,
    anna: str,
    ben: str,
    portal_file: Path,
) -> None:
    """Each body comes out as it went in, and stands with one client alone."""
    contents = [PDF + bytes([number]) * 9000 for number in range(12)]
    files = [
        file(content, number, name=f"{number}.pdf", client_id=(anna, ben)[number % 2], folder="Lab")
        for number, content in enumerate(contents)
    ]
    told = add(owner, *files)
    assert [each.row for each in told] == list(range(12))
    assert [path.name[:4] for path in documents_folder(portal_file).glob("practice/*")] == ["pak_"]
    for portal, first in ((client, 0), (other_client, 1)):
        mine = {each.document_id: contents[each.row] for each in told if each.row % 2 == first}
        assert {each.id for each in listed(portal)} == set(mine)
        for document_id, content in mine.items():
            assert body(portal, document_id or "") == content
        with pytest.raises(errors.NotFound):
            body(portal, told[1 - first].document_id or "")
    assert {each.folder for each in listed(client)} == {"Lab"}


def test_what_is_little_altogether_stays_in_rows(owner: EmbeddedPortal, anna: str, portal_file: Path) -> None:
    """No file for a few letters."""
    (told,) = add(owner, file(b"Dear Anna,\n", client_id=anna))
    assert not documents_folder(portal_file).exists()
    assert body(owner, told.document_id or "") == b"Dear Anna,\n"


def test_a_repeated_batch_adds_nothing_and_tells_the_same_documents(owner: EmbeddedPortal, anna: str, ben: str) -> None:
    """The same content for another client, or under another name, is another document with the same body."""
    first = add(owner, file(b"one", 1, client_id=anna), file(b"two", 2, client_id=anna), file(b"own", 3))
    again = add(owner, file(b"one", 1, client_id=anna), file(b"two", 2, client_id=anna), file(b"own", 3))
    assert [each.status for each in again] == 3 * ["there"]
    assert [each.document_id for each in again] == [each.document_id for each in first]
    others = add(
        owner,
        file(b"one", 1, client_id=ben),
        file(b"one", 1, client_id=anna, title="Another"),
        file(b"one", 2, client_id=anna),
        file(b"one", 2, client_id=anna),
    )
    assert [each.status for each in others] == ["added", "added", "added", "there"]
    assert others[3].document_id == others[2].document_id
    assert len(listed(owner)) == 6


def test_what_was_taken_out_or_deleted_does_not_stand_there_any_more(owner: EmbeddedPortal, anna: str) -> None:
    """It is added again, as another document."""
    (first,) = add(owner, file(b"one", client_id=anna))
    owner.documents.unshare(UnshareDocument(id=first.document_id or "", client=anna))
    (second,) = add(owner, file(b"one", client_id=anna))
    owner.documents.delete(DocumentReference(id=second.document_id or ""))
    (third,) = add(owner, file(b"one", client_id=anna))
    assert [each.status for each in (first, second, third)] == 3 * ["added"]
    assert body(owner, third.document_id or "") == b"one"


def test_nobody_is_told_what_others_have(owner: EmbeddedPortal, client: EmbeddedPortal, anna: str) -> None:
    """The same content is another owner's own; nor is it known to them."""
    (given,) = add(owner, file(b"one", client_id=anna))
    assert client.documents.known(FindKnown(sha256=[given.sha256])) == []
    (mine,) = add(client, file(b"one"))
    assert (mine.status, mine.document_id == given.document_id) == ("added", False)
    assert [each.document_id for each in owner.documents.known(FindKnown(sha256=[given.sha256]))] == [given.document_id]


def test_of_the_same_file_for_many_clients_one_is_told_as_known(
    owner: EmbeddedPortal, anna: str, ben: str, portal_file: Path
) -> None:
    """The first of each name and title; whose it is has it on record that it was asked for."""
    told = add(owner, *(file(b"x", client_id=whose, title=title) for whose in (anna, ben) for title in ("A", "B")))
    known = owner.documents.known(FindKnown(sha256=[told[0].sha256]))
    assert sorted(each.title for each in known) == ["A", "B"]
    assert {each.document_id for each in known} <= {each.document_id for each in told}
    rows = query(portal_file, "SELECT chain, subject FROM audit WHERE action = 'documents.known'")
    assert rows
    assert all(row["chain"] == row["subject"] for row in rows)


def test_a_refusal_costs_one_file_and_says_why(owner: EmbeddedPortal, anna: str) -> None:
    """The others are added in the same transaction."""
    told = add(
        owner,
        file(b"MZ\x90\x00", 1, name="a.pdf", client_id=anna),
        file(b"kept", 2, client_id=anna),
        file(b"x", 3, client_id="cli_zzzzzzzzzzzz"),
        file(b"x", 4, client_id=anna, appointment_id="apt_zzzzzzzzzzzz"),
        file(b"x", 5, client_id=anna, shared_at="2031-01-01T00:00:00Z"),
        file(b"x", 6, client_id=anna, shared_at="0001-01-01T00:00:00Z"),
        file(b"\xff\xfe", 7, client_id=anna, kind="note"),
        file(b"  ", 8, client_id=anna, kind="note"),
        file(70_000 * b"x", 9, client_id=anna, kind="note"),
        file((SMALL_FILE + 1) * b"x", 10, client_id=anna),
    )
    codes = [each.code for each in told]
    assert codes[:2] == ["kind_not_taken", None]
    assert codes[2:] == [*2 * ["not_found"], *5 * ["invalid_input"], "document_too_large"]
    assert all(each.status == "refused" and each.message and each.hint for each in told if each.row != 2)
    assert [each.id for each in listed(owner, client=anna)] == [told[1].document_id]


def test_what_no_portal_could_keep_costs_its_file_alone(owner: EmbeddedPortal, anna: str) -> None:
    """Whoever hands files over in this process may hand over anything: nothing of it has been looked at."""
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  that is what is wrong with it
    wrong: list[dict[str, Any]] = [
        *({"name": name} for name in ("", " ", "a\nb.txt", "a\0b.txt", "\ud800.txt", 201 * "x")),
        *({"title": title} for title in ("", "a\x7fb", 201 * "x")),
        *({"folder": folder} for folder in (" ", "\udc80")),
        *({"kind": "form"}, {"shared_at": naive}),
    ]
    usual = FileToAdd(0, " a.txt ", 1, client_id=anna, title=" A ", folder=" Lab ")
    files = [usual, *(usual._replace(row=row, **fields) for row, fields in enumerate(wrong, 1))]
    first, *others = add(owner, *((each, b"x") for each in files))
    assert (first.status, first.sha256) == ("added", hashlib.sha256(b"x").hexdigest())
    assert [(each.row, each.status, each.code) for each in others] == [
        (row, "refused", "invalid_input") for row in range(1, len(wrong) + 1)
    ]
    assert all(each.message and each.hint for each in others)
    (made,) = listed(owner, client=anna)
    assert (made.name, made.title, made.folder) == ("a.txt", "A", "Lab")


@pytest.mark.parametrize("nobody", ["Anna", "cli_", "\ud800", "cli_zzzzzzzzzzzz\0", 300 * "x"])
def test_ids_that_are_none_name_nothing(owner: EmbeddedPortal, nobody: str) -> None:
    given = FileToAdd(1, "a.txt", 1, client_id=nobody)
    (told,) = add(owner, (given, b"x"))
    (other,) = add(owner, (given._replace(client_id=None, appointment_id=nobody), b"x"))
    assert [each.code for each in (told, other)] == ["not_found", "not_found"]


def test_a_hash_may_be_left_out_but_not_be_another(owner: EmbeddedPortal, anna: str) -> None:
    given = FileToAdd(1, "a.txt", 3, client_id=anna)
    other = given._replace(row=2, sha256=hashlib.sha256(b"two").hexdigest())
    for wrong in (other, given._replace(bytes=4)):
        with pytest.raises(errors.DamagedOnTheWay):
            add(owner, (given, b"one"), (wrong, b"one"))
    assert listed(owner) == []
    told = add(owner, (given, b"one"), (other, b"two"))
    assert [each.sha256 for each in told] == [hashlib.sha256(each).hexdigest() for each in (b"one", b"two")]


def test_a_client_sends_into_their_own_documentation_and_no_further(
    owner: EmbeddedPortal, client: EmbeddedPortal, anna: str, ben: str
) -> None:
    """Somebody else's client or appointment is answered exactly as none."""
    offer(owner)
    theirs = book(owner, moment("2026-03-10 09:00"), client=BEN).id
    mine = book(owner, moment("2026-03-10 10:00"), client=ANNA).id
    told = add(
        client,
        file(b"1", 1),
        file(b"2", 2, client_id=anna, appointment_id=mine),
        file(b"3", 3, client_id=ben),
        file(b"4", 4, client_id="cli_zzzzzzzzzzzz"),
        file(b"5", 5, appointment_id=theirs),
        file(b"6", 6, appointment_id="apt_zzzzzzzzzzzz"),
        file(b"7", 7, notify=True),
        file(b"8", 8, shared_at="2020-01-01T00:00:00Z"),
    )
    assert [each.code for each in told] == [None, None, *4 * ["not_found"], *2 * ["invalid_input"]]
    for foreign, missing in ((told[2], told[3]), (told[4], told[5])):
        words = [
            (each.message or "").replace(reference, "…")
            for each in (foreign, missing)
            for reference in (ben, theirs, "cli_zzzzzzzzzzzz", "apt_zzzzzzzzzzzz")
            if reference in (each.message or "")
        ]
        assert len(words) == 2
        assert words[0] == words[1]
    assert [each.appointment_id for each in listed(client, from_me=True)].count(mine) == 1
    assert all(each.from_client for each in listed(owner, client=anna))


def test_an_appointment_says_whose_a_file_is(owner: EmbeddedPortal, anna: str, ben: str) -> None:
    """And has to be that client's where one is named too."""
    offer(owner)
    visit = book(owner, moment("2026-03-10 09:00"), client=BEN).id
    told = add(owner, file(b"1", 1, appointment_id=visit), file(b"2", 2, client_id=anna, appointment_id=visit))
    assert [each.code for each in told] == [None, "not_found"]
    assert [(each.client_id, each.appointment_id) for each in listed(owner, client=ben)] == [(ben, visit)]


def test_a_note_of_a_batch_is_complete_at_once_and_added_once(
    owner: EmbeddedPortal, client: EmbeddedPortal, anna: str
) -> None:
    """Its title is the file's name without what says its kind, unless one is given."""
    note = file("\ufeffSlept better.\r\n".encode(), name="Week 12.md", client_id=anna, kind=FileKind.NOTE)
    (first,), (again,) = add(owner, note), add(owner, note)
    assert (first.status, again.status, again.document_id) == ("added", "there", first.document_id)
    shown = client.notes.show(NoteReference(id=first.document_id or ""))
    assert (shown.title, shown.text, shown.state) == ("Week 12", "Slept better.\r\n", "completed")
    (other,) = add(owner, file(b"Slept well.", name="Week 12.md", client_id=anna, kind=FileKind.NOTE))
    assert other.status == "added"


def test_nothing_of_a_batch_is_added_when_one_of_it_arrives_damaged(
    owner: EmbeddedPortal, anna: str, portal_file: Path
) -> None:
    """Neither a shorter body nor another one."""
    whole = file(b"one", client_id=anna)
    for damaged in ((whole[0], b"on"), (whole[0], b"two")):
        with pytest.raises(errors.DamagedOnTheWay):
            add(owner, file(b"x", 2, client_id=anna), damaged)
    assert query(portal_file, "SELECT count(*) AS rows FROM documents") == [{"rows": 0}]


def test_more_than_travels_together_is_refused(owner: EmbeddedPortal) -> None:
    """Whoever has more sends it in parts."""
    with pytest.raises(errors.InvalidInput):
        add(owner, *(file(b"x", row) for row in range(BATCH_FILES + 1)))
    with pytest.raises(errors.InvalidInput):
        add(owner, *9 * [file(SMALL_FILE * b"x")])


def test_somebody_who_is_close_to_a_client_sends_nothing(owner: EmbeddedPortal, anna: str) -> None:
    """What is shared with them they read."""
    rosa, _ = relative(owner, anna, "Rosa")
    with pytest.raises(errors.NotPermitted):
        add(rosa, file(b"x"))
    rosa.close()


def test_a_batch_that_fails_half_way_leaves_no_row_and_no_pack(
    owner: EmbeddedPortal, anna: str, portal_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pack that was begun beside is taken away."""
    files = [file(PDF + bytes([number]) * 9000, number, name="a.pdf", client_id=anna) for number in range(9)]

    def fail(*_: object, **_given: object) -> None:
        raise errors.DiskFull("there is no room", "make some")

    with monkeypatch.context() as patch:
        patch.setattr(batches, "insert", fail)
        with pytest.raises(errors.DiskFull):
            add(owner, *files)
    with monkeypatch.context() as patch:
        patch.setattr(FolderBodies, "pack", fail)
        with pytest.raises(errors.DiskFull):
            add(owner, *files)
    assert list(documents_folder(portal_file).glob("practice/*")) == []
    for table in ("documents", "bodies", "usage WHERE bytes > 0"):
        assert query(portal_file, f"SELECT count(*) AS rows FROM {table}") == [{"rows": 0}]  # noqa: S608  our own names
    assert {each.status for each in add(owner, *files)} == {"added"}


def test_clients_hear_of_many_documents_by_one_letter(
    owner: EmbeddedPortal, other_client: EmbeddedPortal, anna: str, ben: str, portal_file: Path
) -> None:
    """Only of those that they are to hear of, however many batches there are until it is sent; not what they are."""

    def letters() -> list[str]:
        rows = query(portal_file, "SELECT recipient, details FROM outbox WHERE kind = 'documents'")
        assert all("CANARY" not in row["details"] for row in rows)
        return sorted(row["recipient"] for row in rows)

    add(owner, file(b"0", 0, client_id=anna))
    assert letters() == []
    add(owner, file(b"1", 1, client_id=anna, notify=True, title="CANARY"), file(b"2", 2, client_id=anna, notify=True))
    add(owner, file(b"3", 3, client_id=anna, notify=True), file(b"4", 4, client_id=ben, notify=True))
    assert letters() == [ANNA_EMAIL, BEN_EMAIL]
    add(owner, file(b"4", 4, client_id=ben, notify=True), file(b"5", 5, notify=True))
    assert letters() == [ANNA_EMAIL, BEN_EMAIL]
    other_client.settings.set_notifications(SetNotifications(off=[LetterKind.DOCUMENTS]))
    query_before = letters()
    add(owner, file(b"6", 6, client_id=ben, notify=True))
    assert letters() == query_before


def test_a_letter_about_documents_says_not_what_they_are_and_is_dropped_once_they_were_opened(
    owner: EmbeddedPortal, client: EmbeddedPortal, anna: str, portal_file: Path, clock: FakeClock
) -> None:
    """Mail is read by others too."""
    (told,) = add(owner, file(b"x", client_id=anna, notify=True, title="CANARY"))
    (row,) = query(portal_file, "SELECT * FROM outbox WHERE kind = 'documents'")
    letter = owner.outbox.show(LetterReference(id=row["id"]))
    assert letter.subject == "Documents for you at Studio Rossi"
    assert "portalctl docs list --new" in letter.text
    assert "CANARY" not in letter.text

    def objection() -> str | None:
        store = SqliteStore(portal_file)
        with store.reading() as tx:
            found = letter_texts.objection(tx, row, int(clock.now.timestamp()))
        store.close()
        return found

    assert objection() is None
    body(client, told.document_id or "")
    assert objection() == "they were opened before the notice was sent"


def test_what_was_shared_in_another_system_stands_at_its_date_there(
    owner: EmbeddedPortal, client: EmbeddedPortal, anna: str, clock: FakeClock
) -> None:
    """Among what was shared then; made here now."""
    add(owner, file(b"now", 1, client_id=anna))
    before = datetime(1999, 12, 31, 23, 0, tzinfo=UTC)
    add(owner, file(b"then", 2, client_id=anna, shared_at=before))
    assert [(each.shared_at, each.created_at) for each in listed(client)] == [
        (clock.now, clock.now),
        (before, clock.now),
    ]


def test_a_member_of_staff_is_named_as_the_author(owner: EmbeddedPortal, client: EmbeddedPortal, anna: str) -> None:
    """Whoever of the practice shares it."""
    verdi = hire(owner, "Verdi")
    add(verdi, file(b"x", client_id=anna))
    assert [each.author for each in listed(client)] == ["Verdi"]
    verdi.close()


def test_a_document_by_itself_may_be_told_of_too(
    owner: EmbeddedPortal, anna: str, clock: FakeClock, portal_file: Path
) -> None:
    """A long file is an upload of its own, and otherwise as one of a batch."""
    made = sent(owner, client=anna, notify=True, shared_at=clock.now - timedelta(days=3))
    assert made.shared_at == clock.now - timedelta(days=3)
    assert query(portal_file, "SELECT recipient FROM outbox WHERE kind = 'documents'") == [{"recipient": ANNA_EMAIL}]
