"""Notes: text that a client or the practice writes; a draft until it is completed, and never changed after that."""

from typing import Annotated

from portalctl.models.documents import DocumentState
from portalctl.models.values import (
    AppointmentId,
    DocumentId,
    IdempotencyKey,
    Instant,
    Limit,
    Line,
    LongText,
    Open,
    Record,
    Reference,
    Request,
    Version,
)


class Note(Record):
    """A note with what it says, in Markdown.

    `client_id` is in whose documentation it stands; the practice's own notes have none. `amends` is the completed note
    that this one is about, `amended_by` are the completed ones about this.
    """

    id: str
    title: str
    text: str
    state: Annotated[DocumentState, Open]
    author_id: str
    author: str
    client_id: str | None = None
    client: str | None = None
    appointment_id: str | None = None
    from_client: bool = False
    amends: str | None = None
    amended_by: list[str]
    created_at: Instant
    updated_at: Instant
    completed_at: Instant | None = None
    version: str = ""


class AddNote(Request):
    """Write a note, a draft at first. Staff may name the `client` who gets it when it is completed.

    The title may be left out where the note amends another one: it has the other's then.
    """

    title: Line | None = None
    text: LongText
    client: Reference | None = None
    appointment: AppointmentId | None = None
    amends: DocumentId | None = None
    idempotency_key: IdempotencyKey | None = None


class EditNote(Request):
    """Change a draft of one's own: what is given, keep the rest."""

    id: DocumentId
    title: Line | None = None
    text: LongText | None = None
    if_version: Version | None = None


class NoteReference(Request):
    """Names one note."""

    id: DocumentId


class ListNotes(Request):
    """Notes, newest first: of a client's documentation, or for staff without `client` all of the practice's."""

    client: Reference | None = None
    appointment: AppointmentId | None = None
    limit: Limit = 100
    cursor: str | None = None
