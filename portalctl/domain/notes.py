"""Notes: a draft is its author's to change, and seen by their side alone; what is completed stays as it is."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from portalctl import errors
from portalctl.contract import notes as contract
from portalctl.domain.documentation import (
    appointment_of,
    find_document,
    hold_document,
    make,
    page,
    record_view,
    require_own,
    set_state,
    touch,
    whose,
)
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.note_files import MEDIA_TYPE, file_name
from portalctl.domain.office import Office, Visit
from portalctl.domain.versions import require_unchanged
from portalctl.models.documents import Document, DocumentKind, DocumentState, ListDocuments
from portalctl.models.notes import AddNote, EditNote, ListNotes, Note, NoteReference
from portalctl.models.values import Page
from portalctl.storage import documents, notes


class Notes(contract.Notes):
    """The notes of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, request: AddNote) -> Note:
        """Write a draft, which the author's side alone sees."""
        with self._office.visit(contract.Notes.add) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _note(visit, find_document(visit, before[0]))
            amended = _amendable(visit, request.amends) if request.amends is not None else None
            title = request.title or (amended.title if amended is not None else None)
            if title is None:
                raise errors.InvalidInput(
                    "title: a note has one", "give a title, or name the note that this one amends"
                )
            client_id = whose(visit, request.client, request.appointment)
            if amended is not None and amended.client_id is not None:
                if client_id not in (None, amended.client_id):
                    raise errors.InvalidInput(
                        "a note is amended in the documentation that it stands in", "leave out the client"
                    )
                client_id = amended.client_id
            appointment = appointment_of(visit, request.appointment, client_id)
            made = make(
                visit,
                kind=DocumentKind.NOTE,
                title=title,
                name=file_name(title),
                media_type=MEDIA_TYPE,
                state=DocumentState.DRAFT,
                client_id=client_id,
                appointment_id=appointment.id if appointment is not None else None,
                amends=amended.id if amended is not None else None,
            )
            notes.insert(visit.transaction, made.id, request.text)
            visit.record(made.id, client_id)
            remember(visit, request.idempotency_key, request, [made.id])
            return _note(visit, made)

    def edit(self, request: EditNote) -> Note:
        """Change a draft of one's own."""
        with self._office.visit(contract.Notes.edit) as visit:
            document = _own(visit, request.id)
            note = _note(visit, document)
            if document.state is DocumentState.COMPLETED:
                raise errors.NotChangeable(
                    "a completed note cannot change", f"amend it: portalctl docs note add --amends {document.id}"
                )
            require_unchanged(note, request.if_version)
            title, text = request.title or note.title, request.text or note.text
            if (title, text) == (note.title, note.text):
                return note
            notes.rewrite(visit.transaction, document.id, text)
            if title != note.title:
                documents.change(visit.transaction, document.id, title=title, name=file_name(title))
            touch(visit, document.id)
            visit.record(document.id, document.client_id)
            return _note(visit, find_document(visit, document.id))

    def complete(self, request: NoteReference) -> Note:
        """Complete a draft of one's own."""
        with self._office.visit(contract.Notes.complete) as visit:
            document = _own(visit, request.id)
            if document.state is not DocumentState.COMPLETED:
                notes.complete(visit.transaction, document.id, visit.second)
                set_state(visit, document.id, DocumentState.COMPLETED)
                visit.record(document.id, document.client_id)
            return _note(visit, find_document(visit, document.id))

    def list(self, request: ListNotes) -> Page[Document]:
        """Notes, newest first, without their texts."""
        with self._office.visit(contract.Notes.list) as visit:
            return page(visit, ListDocuments(kind=DocumentKind.NOTE, **dict(request)))

    def show(self, request: NoteReference) -> Note:
        """Open a note; it is on record who did."""
        with self._office.visit(contract.Notes.show) as visit:
            document = _find(find_document(visit, request.id), request.id)
            note = _note(visit, document)
            if document.author_id != visit.caller.person_id:
                record_view(visit, document)
            return note


def as_markdown(visit: Visit, document: Document) -> bytes:
    """A note as a file: its title, who wrote it and when, what it amends, and what it says."""
    note = _note(visit, document)
    at = note.completed_at or note.updated_at
    head = f"*{note.author}, {at:%Y-%m-%d %H:%M} UTC*"
    lines = [f"# {note.title}", "", head if note.completed_at is not None else f"{head} *(draft)*"]
    if note.amends is not None:
        lines += ["", f"*Amends {note.amends}*"]
    return "\n".join([*lines, "", note.text.rstrip("\n"), ""]).encode()


def _find(document: Document, reference: str) -> Document:
    """Let pass a note. Raises NotFound for a document of another kind."""
    if document.kind is not DocumentKind.NOTE:
        raise errors.NotFound(f"there is no note {reference!r}", "see what there is in the list of notes")
    return document


def _own(visit: Visit, reference: str) -> Document:
    """A note that the caller wrote, once nobody else changes it. Raises NotFound, NotYours."""
    document = _find(hold_document(visit, reference), reference)
    if document.author_id != visit.caller.person_id:
        raise errors.NotYours(
            f"{document.title!r} was written by {document.author}, not by you", "only who wrote it may do this"
        )
    return document


def _amendable(visit: Visit, reference: str) -> Document:
    """A completed note of the caller's side. Raises NotFound, NotYours, NotChangeable."""
    document = _find(find_document(visit, reference), reference)
    require_own(visit, document)
    if document.state is not DocumentState.COMPLETED:
        raise errors.NotChangeable(
            "a draft is changed, not amended", f"change it: portalctl docs note edit {document.id}"
        )
    return document


def _note(visit: Visit, document: Document) -> Note:
    row = notes.get(visit.transaction, document.id)
    assert row is not None  # noqa: S101  a note is made with its text
    said = f"{document.id}\0{document.title}\0{document.state}\0{row['text']}"
    completed_at = row["completed_at"]
    within = document.client_id if visit.own_client is not None else None
    return Note(
        **document.model_dump(include=set(Note.model_fields) & set(Document.model_fields) - {"version"}),
        text=row["text"],
        amended_by=notes.amendments(visit.transaction, document.id, within),
        completed_at=datetime.fromtimestamp(completed_at, UTC) if completed_at is not None else None,
        version=hashlib.sha256(said.encode()).hexdigest()[:16],
    )
