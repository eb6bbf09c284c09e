"""What is said of many files in a word, a number or a plain row.

There are no models here: who counts files, or handles them by the ten thousand, loads and makes none.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

SMALL_FILE = 1 << 20
"""Bytes: a file up to this long travels with others; a longer one is an upload of its own."""

BATCH_FILES = 500
"""Files that travel together at the most."""

BATCH_BYTES = 8 << 20
"""Bytes of files that travel together at the most."""


class FileKind(StrEnum):
    """What becomes of a shared file: a document with that file, or a completed note with that text."""

    FILE = "file"
    NOTE = "note"


class AddedStatus(StrEnum):
    """What the portal made of a file: a document, nothing new since the same one stands there, or nothing at all."""

    ADDED = "added"
    THERE = "there"
    REFUSED = "refused"


class Planned(StrEnum):
    """What a run would do with a file: send it, leave it since it was sent before, leave it out, or fail to send it."""

    SEND = "send"
    THERE = "there"
    SKIP = "skip"
    FAIL = "fail"


class FileStatus(StrEnum):
    """What became of a file in a run: sent now, there already, left out, or failed."""

    SENT = "sent"
    THERE = "there"
    SKIPPED = "skipped"
    FAILED = "failed"


class FileToAdd(NamedTuple):
    """One of several small files that travel together: what it is, and in whose documentation it is to stand.

    `row` is the sender's own number for it. `bytes` and `sha256` are those of the body that comes with it; the hash may
    be left out. Staff say which `client_id`, by a whole id and nothing less; a client leaves it out. `shared_at` (staff
    only, with an offset) dates what was shared in another system before. With `notify` the client hears of it, once for
    all files of a batch.
    """

    row: int
    name: str
    bytes: int
    sha256: str | None = None
    client_id: str | None = None
    title: str | None = None
    folder: str | None = None
    appointment_id: str | None = None
    kind: FileKind = FileKind.FILE
    shared_at: datetime | None = None
    notify: bool = False


class FileAdded(NamedTuple):
    """What became of one file; for a refused one `code`, `message` and `hint` say why."""

    row: int
    status: AddedStatus
    document_id: str | None
    sha256: str
    code: str | None = None
    message: str | None = None
    hint: str | None = None
