"""What a portal can do with notes."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.documents import Document
from portalctl.models.notes import AddNote, EditNote, ListNotes, Note, NoteReference
from portalctl.models.values import Page


class Notes(ABC):
    """Notes of clients and of the practice: documents that are written here."""

    @operation("POST", "/notes")
    @abstractmethod
    def add(self, request: AddNote) -> Note:
        """Write a draft, which the author's side alone sees. Safe to repeat with the same idempotency key.

        Raises NotFound, NotYours and NotChangeable for what cannot be amended, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("PATCH", "/notes/{id}")
    @abstractmethod
    def edit(self, request: EditNote) -> Note:
        """Change a draft of one's own. Raises NotFound, NotYours, NotChangeable, ChangedMeanwhile."""

    @operation("POST", "/notes/{id}/complete", repeatable=True)
    @abstractmethod
    def complete(self, request: NoteReference) -> Note:
        """Complete a draft of one's own: the other side has it from now on, and nobody changes it any more.

        It is harmless to repeat. Raises NotFound, NotYours.
        """

    @operation("GET", "/notes")
    @abstractmethod
    def list(self, request: ListNotes) -> Page[Document]:
        """Notes, newest first, without their texts. Raises NotFound."""

    @operation("POST", "/notes/{id}/read", repeatable=True)
    @abstractmethod
    def show(self, request: NoteReference) -> Note:
        """Open a note; it is on record who did; harmless to repeat. Raises NotFound."""
