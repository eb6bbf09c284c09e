"""What became of documents that were fetched."""

from __future__ import annotations

from portalctl.models.values import Record


class SavedFile(Record):
    """A document that is in a file here now: which, where, and its length in bytes with its hash."""

    document_id: str
    file: str
    bytes: int
    sha256: str
