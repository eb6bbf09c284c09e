"""Which documents the practice takes: how long, and of which kinds, by what is in them as well as by their names."""

from __future__ import annotations

from portalctl import errors
from portalctl.domain.file_content import PROGRAM, Content, content_of
from portalctl.models.policy import Policy

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


def check_size(count: int, terms: Policy) -> None:
    """Let pass what is not too long. Raises DocumentTooLarge."""
    if count > terms.document_max_bytes:
        raise errors.DocumentTooLarge(
            f"that is {count:,} bytes, and the practice takes documents of up to {terms.document_max_bytes:,}",
            "send a shorter one, or ask the practice",
        )


def check_name(name: str, terms: Policy) -> None:
    """Let pass a file whose name does not tell yet that it is not taken. Raises KindNotTaken."""
    kind = kind_of_name(name)
    if kind is not None and not _is_taken(kind, terms):
        raise _not_taken(f"the practice takes no .{kind} files", terms)


def check(name: str, head: bytes, terms: Policy, tail: bytes = b"") -> str:
    """The media type of a file whose beginning and end (up to 64 KiB each) these are.

    Its content has to be of the kind that its name says, and that kind one of those taken. Raises KindNotTaken.
    """
    check_name(name, terms)
    named = kind_of_name(name)
    content = content_of(head, tail)
    kinds = [ALIASES.get(kind, kind) for kind in content.kinds]
    if named is None:
        kind = next((each for each in kinds if each in MEDIA_TYPES and _is_taken(each, terms)), None)
        if kind is None:
            raise _not_taken(f"{name!r} is {content.described}", terms)
        return MEDIA_TYPES[kind]
    if named in kinds or (named not in MEDIA_TYPES and not _is_told_apart(content, kinds)):
        return MEDIA_TYPES.get(named, UNKNOWN)
    raise _not_taken(f"{name!r} is named .{named}, but it is {content.described}", terms)


def kind_of_name(name: str) -> str | None:
    """The kind that a file's name says; None where it says none."""
    stem, dot, extension = name.rpartition(".")
    extension = extension.strip().lower()
    if not stem or not dot or not extension:
        return None
    return ALIASES.get(extension, extension)


def _is_taken(kind: str, terms: Policy) -> bool:
    media_type = MEDIA_TYPES.get(kind, UNKNOWN)
    family = media_type.partition("/")[0] + "/*"
    return any(ALIASES.get(taken, taken) in (kind, media_type, family) for taken in terms.document_kinds)


def _is_told_apart(content: Content, kinds: list[str]) -> bool:
    """Whether the content is of a kind that is told by its content, and so not of one that is not."""
    return content.described == PROGRAM or any(kind in MEDIA_TYPES for kind in kinds)


def _not_taken(what: str, terms: Policy) -> errors.KindNotTaken:
    return errors.KindNotTaken(what, f"the practice takes: {', '.join(terms.document_kinds)}")
