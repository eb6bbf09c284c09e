"""Kinds of files by their names: what both sides of a portal tell before anything of a file has been sent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from portalctl import errors

if TYPE_CHECKING:
    from portalctl.models.sharing import DocumentTerms

ALIASES = {
    "jpeg": "jpg",
    "jpe": "jpg",
    "jfif": "jpg",
    "tiff": "tif",
    "heif": "heic",
    "htm": "html",
    "xhtml": "html",
    "markdown": "md",
    "text": "txt",
    "m4v": "mp4",
    "f4a": "m4a",
    "mpga": "mp3",
    "oga": "ogg",
    "opus": "ogg",
}
"""Extensions that name the same kind as another one."""

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "tif": "image/tiff",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "log": "text/plain",
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "rtf": "application/rtf",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
    "zip": "application/zip",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "dcm": "application/dicom",
}
"""The media type of each kind that is told by its content."""

UNKNOWN = "application/octet-stream"


def check_size(count: int, terms: DocumentTerms) -> None:
    """Let pass what is not too long. Raises DocumentTooLarge."""
    if count > terms.document_max_bytes:
        raise errors.DocumentTooLarge(
            f"that is {count:,} bytes, and the practice takes documents of up to {terms.document_max_bytes:,}",
            "send a shorter one, or ask the practice",
        )


def check_name(name: str, terms: DocumentTerms) -> None:
    """Let pass a file whose name does not tell yet that it is not taken. Raises KindNotTaken."""
    kind = kind_of_name(name)
    if kind is not None and not is_taken(kind, terms.document_kinds):
        raise not_taken(f"the practice takes no .{kind} files", terms)


def kind_of_name(name: str) -> str | None:
    """The kind that a file's name says; None where it says none."""
    stem, dot, extension = name.rpartition(".")
    extension = extension.strip().lower()
    if not stem or not dot or not extension:
        return None
    return ALIASES.get(extension, extension)


def is_taken(kind: str, taken: Sequence[str]) -> bool:
    """Whether a kind is one of those that are taken: extensions and media types, as a practice names them."""
    return _is_among(kind, tuple(taken))


@lru_cache(maxsize=1000)
def _is_among(kind: str, taken: tuple[str, ...]) -> bool:
    media_type = MEDIA_TYPES.get(kind, UNKNOWN)
    family = media_type.partition("/")[0] + "/*"
    return any(ALIASES.get(each, each) in (kind, media_type, family) for each in taken)


def not_taken(what: str, terms: DocumentTerms) -> errors.KindNotTaken:
    """The refusal of a file that is of another kind than those taken."""
    return errors.KindNotTaken(what, f"the practice takes: {', '.join(terms.document_kinds)}")
