"""What a portal can do with documents."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.documents import (
    AddDocument,
    Document,
    DocumentReference,
    FindKnown,
    KnownDocument,
    ListDocuments,
    ListViews,
    RenameDocument,
    ShareDocument,
    UnshareDocument,
    View,
)
from portalctl.models.values import Page

Known = list[KnownDocument]
"""Which of many bodies stand as files already."""


class Documents(ABC):
    """Files, notes and forms in the documentation of clients, and the practice's own."""

    @operation("GET", "/documents")
    @abstractmethod
    def list(self, request: ListDocuments) -> Page[Document]:
        """Documents, newest first; listing opens none. Raises NotFound, InvalidInput."""

    @operation("GET", "/documents/{id}")
    @abstractmethod
    def show(self, request: DocumentReference) -> Document:
        """One document, unopened. Raises NotFound, AmbiguousId."""

    @operation("POST", "/documents")
    @abstractmethod
    def add(self, request: AddDocument) -> Document:
        """Make a file of a complete upload; from then on it is there for whom it is for.

        Safe to repeat with the same idempotency key. Raises NotFound, UploadIncomplete, KindNotTaken,
        DocumentTooLarge, QuotaExceeded, InvalidInput for a moment that was not, DamagedOnTheWay where the body is not
        what it should be, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("POST", "/documents/known", repeatable=True)
    @abstractmethod
    def known(self, request: FindKnown) -> Known:
        """Which of many bodies stand as files of the caller's own side already, in a client's documentation where one
        is named; harmless to repeat. What others made is never told of.

        Raises NotFound, AmbiguousId.
        """

    @operation("PATCH", "/documents/{id}")
    @abstractmethod
    def rename(self, request: RenameDocument) -> Document:
        """Give a document of one's own another title or folder; a completed note or form keeps its title.

        Raises NotFound, NotYours, NotChangeable, ChangedMeanwhile.
        """

    @operation("POST", "/documents/{id}/hide", repeatable=True)
    @abstractmethod
    def hide(self, request: DocumentReference) -> Document:
        """Put a document out of the client's own sight; it stays; harmless to repeat. Raises NotFound."""

    @operation("POST", "/documents/{id}/unhide", repeatable=True)
    @abstractmethod
    def unhide(self, request: DocumentReference) -> Document:
        """Put it back; harmless to repeat. Raises NotFound."""

    @operation("DELETE", "/documents/{id}")
    @abstractmethod
    def delete(self, request: DocumentReference) -> None:
        """Delete a document of one's own, wherever it stands; harmless when it is gone.

        Raises NotFound, NotYours, NotChangeable for a completed note or form.
        """

    @operation("POST", "/documents/{id}/share", repeatable=True)
    @abstractmethod
    def share(self, request: ShareDocument) -> Document:
        """Put a document of the practice into a client's documentation; harmless to repeat.

        Raises NotFound, NotYours, QuotaExceeded, NotChangeable for drafts and forms.
        """

    @operation("POST", "/documents/{id}/unshare", repeatable=True)
    @abstractmethod
    def unshare(self, request: UnshareDocument) -> Document:
        """Take it out again; what the client has seen stays on record; harmless to repeat.

        Raises NotFound, NotYours, NotChangeable for a form that the client has submitted.
        """

    @operation("POST", "/documents/{id}/release", repeatable=True)
    @abstractmethod
    def release(self, request: DocumentReference) -> Document:
        """Let a document out of quarantine, whatever a scanner found; harmless to repeat.

        Raises NotFound.
        """

    @operation("GET", "/documents/{id}/views")
    @abstractmethod
    def views(self, request: ListViews) -> Page[View]:
        """Who has opened a document, newest first. Raises NotFound, AmbiguousId, InvalidInput."""
