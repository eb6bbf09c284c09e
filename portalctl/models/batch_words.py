"""What is said of many files in a word or a number. There are no models here: who only counts files loads none."""

from enum import StrEnum

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
