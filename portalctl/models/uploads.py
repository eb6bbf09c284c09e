"""Uploads: bodies on their way to the portal, and bodies on their way out of it."""

from collections.abc import Iterator
from typing import NamedTuple

from portalctl.models.values import (
    DocumentId,
    IdempotencyKey,
    Instant,
    Line,
    Record,
    Reference,
    Request,
    Sha256,
    Size,
    UploadId,
)


class Upload(Record):
    """A body on its way: `offset` bytes of `bytes` have arrived; the first that is missing continues it.

    `sha256` is what all that arrived came to; it is unset until a whole body is kept.
    """

    id: str
    name: str
    bytes: int
    offset: int
    sha256: str | None = None
    expires_at: Instant


class StartUpload(Request):
    """Say what is coming: the file's name, how long it is, and for whom staff send it (whose limits hold)."""

    name: Line
    bytes: Size
    client: Reference | None = None
    idempotency_key: IdempotencyKey | None = None


class UploadReference(Request):
    """Names one upload of the caller's own."""

    id: UploadId


class AppendToUpload(Request):
    """Where in an upload the bytes that follow belong: at what has arrived already, no earlier and no later."""

    id: UploadId
    offset: Size


class OpenBody(Request):
    """Which document to read, from which byte on, and which body the caller has the beginning of, if any."""

    id: DocumentId
    offset: Size = 0
    sha256: Sha256 | None = None


class Body(NamedTuple):
    """A document's body as it comes: `chunks` begin at `offset`, which is 0 where the body asked for is another now.

    `size` (in bytes) and `sha256` are those of the whole.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    offset: int
    chunks: Iterator[bytes]
