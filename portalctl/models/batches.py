"""Many files shared at once: what each is and for whom, what the portal made of it, and how a whole batch ended."""

from typing import Annotated

from pydantic import Field

from portalctl.models.batch_words import AddedStatus, FileKind, FileStatus, Planned
from portalctl.models.values import Instant, Line, Open, Record, Request, Sha256, Size, WrittenInstant

WholeClientId = Annotated[str, Field(pattern=r"^cli_[0-9a-hjkmnp-tv-z]{12}$")]
"""A client's id, all of it: what is sent by the thousand is never for whoever a beginning happens to fit."""

WholeAppointmentId = Annotated[str, Field(pattern=r"^apt_[0-9a-hjkmnp-tv-z]{12}$")]
"""An appointment's id, all of it."""


class AddFile(Request):
    """One of several small files that travel together: what it is, and in whose documentation it is to stand.

    `row` is the sender's own number for it. `sha256` and `bytes` are those of the body that comes with it. Staff say
    which `client_id`, by a whole id and nothing less; a client leaves it out. `shared_at` (staff only) dates what was
    shared in another system before. With `notify` the client hears of it, once for all files of a batch.
    """

    row: Annotated[int, Field(ge=0, le=2**53 - 1)]
    name: Line
    bytes: Size
    sha256: Sha256
    client_id: WholeClientId | None = None
    title: Line | None = None
    folder: Line | None = None
    appointment_id: WholeAppointmentId | None = None
    kind: FileKind = FileKind.FILE
    shared_at: WrittenInstant | None = None
    notify: bool = False


class AddedFile(Record):
    """What became of one file; for a refused one `code`, `message` and `hint` say why."""

    row: int
    status: Annotated[AddedStatus, Open]
    document_id: str | None = None
    sha256: str
    code: str | None = None
    message: str | None = None
    hint: str | None = None


class PlannedFile(Record):
    """One file of a run that has not begun: what would become of it, and in whose documentation.

    `row` is its line in the manifest, or its place among the files. For one that would not be sent `code` and
    `message` say why.
    """

    row: int
    path: str
    plan: Annotated[Planned, Open]
    client_id: str | None = None
    client: str | None = None
    appointment_id: str | None = None
    title: str | None = None
    folder: str | None = None
    kind: FileKind = FileKind.FILE
    shared_at: Instant | None = None
    notify: bool = False
    bytes: int | None = None
    code: str | None = None
    message: str | None = None


class FileResult(Record):
    """What became of one file of a batch. `row` is its line in the manifest, or its place among the files.

    For one that was left out or failed `code`, `message` and `hint` say why.
    """

    row: int
    path: str
    client_id: str | None = None
    client: str | None = None
    document_id: str | None = None
    sha256: str | None = None
    status: Annotated[FileStatus, Open]
    code: str | None = None
    message: str | None = None
    hint: str | None = None


class BatchSummary(Record):
    """How a run ended: the last of its results. `bytes` are those of the files that were sent now."""

    status: str = "summary"
    batch: str | None = None
    files: int
    sent: int
    there: int
    skipped: int
    failed: int
    bytes: int
    clients: int


class Batch(Record):
    """A batch that this machine remembers: what was asked for, and how far it is. `running` is the process at it."""

    id: str
    portal: str
    command: str
    started_at: Instant
    updated_at: Instant
    files: int
    done: int
    failed: int
    finished: bool
    running: int | None = None
