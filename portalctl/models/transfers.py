"""What became of documents that were fetched."""

from enum import StrEnum
from typing import Annotated

from portalctl.models.values import Open, Record


class SavedFile(Record):
    """A document that is in a file here now: which, where, and its length in bytes with its hash."""

    document_id: str
    file: str
    bytes: int
    sha256: str


class PulledStatus(StrEnum):
    """What became of a document in a mirror.

    It was fetched, or was there already (`adopted`, where the mirror did not know of it); the file was `changed` here
    and is left so; the document is `gone` from the portal, and its file left; nobody may read it yet (`quarantined`);
    or it `failed`.
    """

    PULLED = "pulled"
    ADOPTED = "adopted"
    CHANGED = "changed"
    GONE = "gone"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class PulledFile(Record):
    """A document and its file in a mirror, where something is to be told of it; for a failure `code` says which."""

    document_id: str
    client: str | None = None
    file: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    status: Annotated[PulledStatus, Open]
    code: str | None = None
    message: str | None = None
