"""Documents: files, notes and forms, whose documentation each stands in, and who has seen it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from portalctl.models.values import (
    AppointmentId,
    DocumentId,
    IdempotencyKey,
    Instant,
    Limit,
    Line,
    Open,
    Record,
    Reference,
    Request,
    Sha256,
    UploadId,
    Version,
    WrittenInstant,
)


class DocumentKind(StrEnum):
    """What a document is."""

    FILE = "file"
    NOTE = "note"
    FORM = "form"


class DocumentState(StrEnum):
    """How far a note or a form is; a file is complete from the beginning. A draft is seen by its author's side only."""

    DRAFT = "draft"
    WAITING = "waiting"
    BEGUN = "begun"
    COMPLETED = "completed"


class QuarantineState(StrEnum):
    """Why nobody can read a file: it waits for a scanner, or one has found something in it."""

    WAITING = "waiting"
    INFECTED = "infected"


class Document(Record):
    """One document as the caller sees it.

    `name` is the file name it is downloaded under. `client_id` is whose documentation it is read in, and with it
    `appointment_id`, `shared_at`, `from_client`, `hidden` and `new` (the client has not opened it yet); all are unset
    for a document of the practice's own that is read outside of any client's documentation. `bytes` and `sha256` are
    those of a file; `quarantine` is set while nobody can read it. `amends` names the completed note that this one
    amends.
    """

    id: str
    kind: Annotated[DocumentKind, Open]
    title: str
    name: str
    folder: str | None = None
    media_type: str
    bytes: int | None = None
    sha256: str | None = None
    state: Annotated[DocumentState, Open]
    author_id: str
    author: str
    client_id: str | None = None
    client: str | None = None
    appointment_id: str | None = None
    from_client: bool = False
    hidden: bool = False
    new: bool = False
    amends: str | None = None
    quarantine: Annotated[QuarantineState, Open] | None = None
    created_at: Instant
    updated_at: Instant
    shared_at: Instant | None = None
    version: str = ""


class View(Record):
    """Somebody opened a document: who, in whose documentation, and when."""

    document_id: str
    client_id: str | None = None
    viewer_id: str
    viewer: str
    role: str
    at: Instant


class ListDocuments(Request):
    """Documents, newest first: those of a client's documentation, or for staff without `client` all of the practice's.

    `from_me` are those the caller's side made, `shared` those it was given; `new` those the client has not opened;
    `hidden` includes those the client has put out of sight. `quarantined` are those that nobody can read yet.
    """

    client: Reference | None = None
    kind: DocumentKind | None = None
    appointment: AppointmentId | None = None
    from_me: bool = False
    shared: bool = False
    new: bool = False
    hidden: bool = False
    quarantined: bool = False
    limit: Limit = 100
    cursor: str | None = None


class DocumentReference(Request):
    """Names one document."""

    id: DocumentId


class AddDocument(Request):
    """Make a file of a complete upload. Staff may name the `client` in whose documentation it is to stand at once.

    `sha256` is what the body has to be. `shared_at` (staff only) dates what was shared in another system before. With
    `notify` the client hears of it by e-mail.
    """

    upload: UploadId
    title: Line | None = None
    folder: Line | None = None
    client: Reference | None = None
    appointment: AppointmentId | None = None
    sha256: Sha256 | None = None
    shared_at: WrittenInstant | None = None
    notify: bool = False
    idempotency_key: IdempotencyKey | None = None


class FindKnown(Request):
    """Ask which of many bodies stand as files of one's own side already: in one client's documentation, or anywhere."""

    client: Reference | None = None
    sha256: Annotated[list[Sha256], Field(min_length=1, max_length=1000)]


class KnownDocument(Record):
    """A file of the caller's own side that has one of the bodies that were asked for."""

    sha256: str
    document_id: str
    name: str
    title: str


class RenameDocument(Request):
    """Give a document another title or another place among its owner's folders; an empty folder is none."""

    id: DocumentId
    title: Line | None = None
    folder: Annotated[str, Field(max_length=200)] | None = None
    if_version: Version | None = None


class ShareDocument(Request):
    """Put a document of the practice into a client's documentation, or take it out again."""

    id: DocumentId
    client: Reference
    appointment: AppointmentId | None = None


class UnshareDocument(Request):
    """Take a document of the practice out of a client's documentation."""

    id: DocumentId
    client: Reference


class ListViews(Request):
    """Who has seen a document, newest first."""

    id: DocumentId
    limit: Limit = 100
    cursor: str | None = None
