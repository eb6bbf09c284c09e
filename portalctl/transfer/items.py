"""What a run is to send: each file with its purpose, and what is left out. Nothing here has been read or sent yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from portalctl.models.batch_words import FileKind, FileStatus

if TYPE_CHECKING:
    from portalctl.models.batches import FileResult


class Recipient(NamedTuple):
    """The client whom a file is for, as it was written: a reference, and what else has to be true of them.

    Without a client it is one's own file, of that appointment.
    """

    client: str | None
    name: str | None = None
    birth_date: date | None = None
    appointment: str | None = None


class Addressee(NamedTuple):
    """Whom a recipient turned out to be, and the whole id of the appointment that was named; for one's own, no client.

    `client` is what to call them.
    """

    client_id: str | None = None
    client: str | None = None
    appointment_id: str | None = None


NOBODY = Addressee()


class Purpose(NamedTuple):
    """What becomes of a file. Files of one purpose share it; `recipient` is None for one's own, or the practice's."""

    recipient: Recipient | None = None
    title: str | None = None
    folder: str | None = None
    kind: FileKind = FileKind.FILE
    shared_at: datetime | None = None
    notify: bool = False


class Signature(NamedTuple):
    """What tells whether a file is still the one that it was, without reading it."""

    device: int
    inode: int
    bytes: int
    changed_ns: int
    altered_ns: int


class Item(NamedTuple):
    """One file to be sent. `path` may hold bytes that are no UTF-8, as surrogates (os.fsdecode)."""

    row: int
    path: str
    signature: Signature
    purpose: Purpose


class Result(NamedTuple):
    """What became of one file of a run; `path` is text. Most are only counted: a model is made of one that is shown."""

    row: int
    path: str
    status: FileStatus
    client_id: str | None = None
    client: str | None = None
    document_id: str | None = None
    sha256: str | None = None
    code: str | None = None
    message: str | None = None
    hint: str | None = None

    def told(self) -> FileResult:
        """The same, as others are told."""
        from portalctl.models.batches import FileResult

        return FileResult(**self._asdict())


class Plan(NamedTuple):
    """All that a run is about. `key` is the same for the same command; `words` are that command, to be given again."""

    key: str
    words: Sequence[str]
    items: Sequence[Item]
    skipped: Sequence[Result]


def addressee_of(item: Item, addressees: Mapping[Recipient, Addressee]) -> Addressee:
    """Whom an item is for, of those that recipients turned out to be."""
    recipient = item.purpose.recipient
    return NOBODY if recipient is None else addressees[recipient]
