"""Small files as they arrived: what each of them is, whoever it is for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from portalctl import errors
from portalctl.domain.file_content import Content, content_of
from portalctl.domain.lines import line
from portalctl.domain.note_files import file_name
from portalctl.domain.receiving import ENDS
from portalctl.models.batch_words import BATCH_BYTES, BATCH_FILES, SMALL_FILE, FileKind, FileToAdd
from portalctl.models.texts import LONGEST_TEXT


class Arrived(NamedTuple):
    """A file as it arrived, and what it is whoever it is for, or why nobody may add it; a note has a `text`."""

    file: FileToAdd
    body: bytes
    sha256: str
    why_not: errors.PortalError | None = None
    name: str = ""
    title: str = ""
    folder: str | None = None
    text: str | None = None
    content: Content = Content((), "")


def as_arrived(files: Sequence[tuple[FileToAdd, bytes]]) -> list[Arrived]:
    """See that these may travel together and are what was sent. Raises InvalidInput, DamagedOnTheWay."""
    if len(files) > BATCH_FILES or sum(len(body) for _, body in files) > BATCH_BYTES:
        raise errors.InvalidInput(
            f"more than {BATCH_FILES} files or {BATCH_BYTES:,} bytes do not travel together", "send them in parts"
        )
    found = []
    for file, body in files:
        sha256 = hashlib.sha256(body).hexdigest()
        if len(body) != file.bytes or (file.sha256 is not None and file.sha256 != sha256):
            raise errors.DamagedOnTheWay(
                f"{file.name!r} did not arrive as it was sent: nothing of its batch was added", "send it again"
            )
        try:
            found.append(_looked_at(file, body, sha256))
        except errors.PortalError as refusal:
            found.append(Arrived(file, body, sha256, refusal))
    return found


def _looked_at(file: FileToAdd, body: bytes, sha256: str) -> Arrived:
    """What a file is. Raises why nobody may add it: InvalidInput, DocumentTooLarge."""
    name = line("name", file.name)
    folder = None if file.folder is None else line("folder", file.folder)
    if file.kind == FileKind.FILE:
        title = name if file.title is None else line("title", file.title)
        if len(body) > SMALL_FILE:
            raise errors.DocumentTooLarge(
                f"a file of {len(body):,} bytes does not travel with others", "send it as an upload of its own"
            )
        content = content_of(body[:ENDS], body[-ENDS:])
        return Arrived(file, body, sha256, None, name, title, folder, None, content)
    if file.kind != FileKind.NOTE:
        raise errors.InvalidInput(f"kind: there is no {file.kind!r}", f"choose from: {', '.join(FileKind)}")
    title = PurePath(name).stem if file.title is None else line("title", file.title)
    return Arrived(file, body, sha256, None, file_name(title), title, folder, _text_of(file, body))


def _text_of(file: FileToAdd, body: bytes) -> str:
    """What a note says. Raises InvalidInput."""
    if len(body) > LONGEST_TEXT:
        raise errors.InvalidInput(
            f"a note has up to {LONGEST_TEXT:,} bytes: this has {len(body):,}", "share it as a file"
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise errors.InvalidInput(f"{file.name!r} is no text in UTF-8", "share it as a file") from None
    if "\0" in text or not text.strip():
        raise errors.InvalidInput(f"{file.name!r} says nothing that a note could", "share it as a file")
    return text
