"""Sending files of this machine to a portal: opened with care, hashed on the way, gone on with after an interruption.

The same file sent again within a day is the same intent: what has arrived of it is not sent twice, and no second
document is made. A file that changes while it is read is sent once more, and refused when it changes again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from portalctl import errors
from portalctl.models.documents import AddDocument, Document
from portalctl.models.uploads import AppendToUpload, StartUpload, Upload, UploadReference
from portalctl.transfer.plain_files import Source, opened
from portalctl.transfer.progress import Progress

if TYPE_CHECKING:
    from hashlib import _Hash

    from portalctl.contract.portal import Portal

CHUNK = 1 << 20
"""Bytes that are read at once."""

TRIES = 8
"""How often a connection may break before a single byte more has arrived."""

LONGEST_PAUSE = 10.0
"""Seconds before another try, at the most."""


class Purpose(NamedTuple):
    """What becomes of a file: the document's title, folder and appointment, and whose documentation it stands in."""

    title: str | None = None
    folder: str | None = None
    appointment: str | None = None
    client: str | None = None


def send_file(portal: Portal, path: str, purpose: Purpose, *, progress: Progress, follow: bool = False) -> Document:
    """Make a document of a file. Raises Skipped, OSError, and what the portal refuses it for."""
    for attempt in (1, 2):
        with opened(path, follow=follow) as source:
            upload, document = _sent(portal, source, purpose, progress)
        if document is not None:
            return document
        with suppress(errors.PortalError):
            portal.uploads.drop(UploadReference(id=upload.id))
        if attempt == 2:
            break
    raise errors.UploadIncomplete(f"{path} changed during upload", "send it when nobody writes to it")


def _sent(portal: Portal, source: Source, purpose: Purpose, progress: Progress) -> tuple[Upload, Document | None]:
    """Send a file; no document where it changed meanwhile."""
    key = _intent(source, purpose)
    start = StartUpload(name=source.name, bytes=source.status.st_size, client=purpose.client, idempotency_key=key)
    try:
        upload, digest = _deliver(portal, source, portal.uploads.start(start), progress)
        return upload, _documented(portal, source, upload, digest, purpose, key)
    except errors.NotFound:
        again = f"{key}-{os.urandom(6).hex()}"  # what this intent led to before is gone
        upload = portal.uploads.start(start.model_copy(update={"idempotency_key": again}))
    upload, digest = _deliver(portal, source, upload, progress)
    return upload, _documented(portal, source, upload, digest, purpose, again)


def _documented(
    portal: Portal, source: Source, upload: Upload, digest: str, purpose: Purpose, key: str
) -> Document | None:
    if source.has_changed() or upload.sha256 != digest:
        return None
    request = AddDocument(upload=upload.id, idempotency_key=f"{key}-document", **purpose._asdict())
    return portal.documents.add(request)


def _deliver(portal: Portal, source: Source, upload: Upload, progress: Progress) -> tuple[Upload, str]:
    """Send what has not arrived yet, going on where a connection broke. The upload, and the hash of what was read."""
    failures = 0
    while True:
        before = upload.offset
        digest = _hash_of(source, before)
        if upload.sha256 is not None:
            return upload, digest.hexdigest()
        chunks = _reading(source, before, upload.bytes, digest)
        try:
            upload = portal.append(
                AppendToUpload(id=upload.id, offset=before),
                progress.following(source.name, chunks, before, upload.bytes),
            )
        except (errors.Retryable, errors.UploadOffsetWrong) as trouble:
            upload = _how_far(portal, upload, trouble)
            failures = 0 if upload.offset > before else failures + 1
            if failures >= TRIES or isinstance(trouble, errors.NotAPortalServer):
                raise
            time.sleep(min(LONGEST_PAUSE, 0.1 * 2**failures))
        else:
            return upload, digest.hexdigest()
        finally:
            progress.clear()


def _how_far(portal: Portal, upload: Upload, trouble: errors.PortalError) -> Upload:
    try:
        return portal.uploads.show(UploadReference(id=upload.id))
    except errors.Retryable:
        raise trouble from None


def _reading(source: Source, offset: int, size: int, digest: _Hash) -> Iterator[bytes]:
    """The file's bytes from an offset on, as many as it had when it was opened."""
    while offset < size:
        chunk = os.pread(source.descriptor, min(CHUNK, size - offset), offset)
        if not chunk:
            return
        digest.update(chunk)
        offset += len(chunk)
        yield chunk


def _hash_of(source: Source, length: int) -> _Hash:
    digest = hashlib.sha256()
    for _ in _reading(source, 0, length, digest):
        pass
    return digest


def _intent(source: Source, purpose: Purpose) -> str:
    """The same for the same file, unchanged, sent for the same purpose."""
    status = source.status
    told = [
        str(Path(source.path).resolve()),
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        *purpose,
    ]
    return "file-" + hashlib.sha256(json.dumps(told).encode("utf-8", "surrogateescape")).hexdigest()
