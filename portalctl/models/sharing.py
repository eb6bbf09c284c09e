"""What is asked before files are shared, as plain rows: who shares many is not to wait for models."""

from collections.abc import Sequence
from typing import NamedTuple

DOCUMENT_KINDS = (
    *("pdf", "jpg", "png", "gif", "webp", "heic", "tif", "txt", "md", "csv"),
    *("docx", "xlsx", "pptx", "odt", "ods", "odp", "mp3", "m4a", "wav", "ogg", "mp4", "mov"),
)
"""What a practice takes unless it says otherwise: nothing that runs, and no document with macros or scripts."""


class DocumentTerms(NamedTuple):
    """What the practice takes of documents: how long each, of which kinds, and how much it keeps.

    It keeps so many documents and so many bytes for one client, and so many bytes altogether; 0 is no limit.
    """

    document_max_bytes: int = 50_000_000
    document_kinds: Sequence[str] = DOCUMENT_KINDS
    client_documents: int = 0
    client_bytes: int = 0
    practice_bytes: int = 0


class Whom(NamedTuple):
    """The client whom a reference means."""

    id: str
    name: str
