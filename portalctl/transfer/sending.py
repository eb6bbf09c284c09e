"""Sending one file of this machine by itself: hashed on the way, gone on with after an interruption.

What came through a connection, or at more than one time, is compared with the file by its hash. A portal in this
process that is given the whole file at once hashes the very bytes that were read: its hash is the file's.

The same file sent again within a day is the same intent: what has arrived of it is not sent twice, and no second
document is made. A file that changes while it is read is sent once more, and refused when it changes again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from portalctl import errors
from portalctl.models.documents import AddDocument, Document
from portalctl.models.uploads import AppendToUpload, StartUpload, Upload, UploadReference
from portalctl.transfer.patience import Patience
from portalctl.transfer.photos import HEAD, is_photo
from portalctl.transfer.plain_files import Source, changed, opened
from portalctl.transfer.progress import Following

if TYPE_CHECKING:
    from hashlib import _Hash

    from portalctl.contract.portal import Portal
    from portalctl.transfer.items import Signature

CHUNK = 1 << 20
"""Bytes that are read at once."""

Stripped = Callable[[bytes], bytes]
"""Makes of a file's content what is sent of it."""


class Wanted(NamedTuple):
    """What a document is to be: its title and folder, and in whose documentation and of which appointment it stands."""

    title: str | None = None
    folder: str | None = None
    client: str | None = None
    appointment: str | None = None
    shared_at: datetime | None = None
    notify: bool = False


class Sending(NamedTuple):
    """How files are sent: to which portal, how much is borne on the way, and what is made of their content first."""

    portal: Portal
    progress: Following
    patience: Callable[[], Patience] = Patience
    follow: bool = False
    strip: Stripped | None = None


def send_file(portal: Portal, path: str, *, progress: Following) -> Document:
    """Make a document of one's own of a file. Raises Skipped, OSError, and what the portal refuses it for."""
    return send(Sending(portal, progress), path, Wanted())[0]


def send(way: Sending, path: str, wanted: Wanted) -> tuple[Document, Signature]:
    """Make a document of a file; with it, which content of the file that was.

    Raises Skipped, OSError, and what the portal refuses it for.
    """
    for attempt in (1, 2):
        with opened(path, follow=way.follow) as found, _as_sent(found, way.strip) as source:
            key = _intent(found, wanted, as_it_is=source is found)
            upload, document = _sent(way, source, wanted, key)
            if document is not None:
                return document, found.signature
        with suppress(errors.PortalError):
            way.portal.uploads.drop(UploadReference(id=upload.id))
        if attempt == 2:
            break
    raise changed(path)


@contextmanager
def _as_sent(source: Source, strip: Stripped | None) -> Iterator[Source]:
    """The file itself, or what is made of it where that is wanted and it is a photo."""
    if strip is None or not _is_photo(source):
        yield source
        return
    content = b"".join(content_of(source, strip))
    if source.has_changed():
        raise changed(source.path)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        yield Source(source.path, file.fileno(), os.fstat(file.fileno()))


def content_of(source: Source, strip: Stripped | None) -> Iterator[bytes]:
    """What is sent of a file."""
    chunks = _reading(source, 0, source.status.st_size)
    return iter((strip(b"".join(chunks)),)) if strip is not None and _is_photo(source) else chunks


def _is_photo(source: Source) -> bool:
    return is_photo(os.pread(source.descriptor, HEAD, 0))


def _sent(way: Sending, source: Source, wanted: Wanted, key: str) -> tuple[Upload, Document | None]:
    """Send a file; no document where it changed meanwhile."""
    uploads = way.portal.uploads
    start = StartUpload(name=source.name, bytes=source.status.st_size, client=wanted.client, idempotency_key=key)
    try:
        upload, digest = _deliver(way, source, uploads.start(start))
        return upload, _documented(way.portal, source, upload, digest, wanted, key)
    except errors.NotFound:
        again = f"{key}-{os.urandom(6).hex()}"  # what this intent led to before is gone
        upload = uploads.start(start.model_copy(update={"idempotency_key": again}))
    upload, digest = _deliver(way, source, upload)
    return upload, _documented(way.portal, source, upload, digest, wanted, again)


def _documented(
    portal: Portal, source: Source, upload: Upload, digest: str | None, wanted: Wanted, key: str
) -> Document | None:
    if source.has_changed() or upload.sha256 is None or upload.sha256 != digest:
        return None
    request = AddDocument(upload=upload.id, sha256=digest, idempotency_key=f"{key}-document", **wanted._asdict())
    return portal.documents.add(request)


def _deliver(way: Sending, source: Source, upload: Upload) -> tuple[Upload, str | None]:
    """Send what has not arrived yet, going on where a connection broke. The upload, and the hash of what was read."""
    patience = way.patience()
    while True:
        before = upload.offset
        if upload.sha256 is not None:
            return upload, _hash_of(source, before).hexdigest()
        digest = None if before == 0 and way.portal.is_in_process else _hash_of(source, before)
        chunks = _reading(source, before, upload.bytes, digest)
        try:
            upload = way.portal.append(
                AppendToUpload(id=upload.id, offset=before),
                way.progress.following(source.name, chunks, before, upload.bytes),
            )
        except (errors.Retryable, errors.UploadOffsetWrong) as trouble:
            upload = _how_far(way.portal, upload, trouble)
            patience.bear(trouble, moved=upload.offset > before)
        else:
            return upload, upload.sha256 if digest is None else digest.hexdigest()
        finally:
            way.progress.clear()


def _how_far(portal: Portal, upload: Upload, trouble: errors.PortalError) -> Upload:
    try:
        return portal.uploads.show(UploadReference(id=upload.id))
    except errors.Retryable:
        raise trouble from None


def _reading(source: Source, offset: int, size: int, digest: _Hash | None = None) -> Iterator[bytes]:
    """The file's bytes from an offset on, as many as it had when it was opened; hashed where that is wanted."""
    while offset < size:
        chunk = os.pread(source.descriptor, min(CHUNK, size - offset), offset)
        if not chunk:
            return
        if digest is not None:
            digest.update(chunk)
        offset += len(chunk)
        yield chunk


def _hash_of(source: Source, length: int) -> _Hash:
    digest = hashlib.sha256()
    for _ in _reading(source, 0, length, digest):
        pass
    return digest


def _intent(source: Source, wanted: Wanted, *, as_it_is: bool) -> str:
    """The same for the same file, unchanged, sent for the same purpose, and whole or without its metadata."""
    moment = wanted.shared_at.isoformat() if wanted.shared_at is not None else None
    told = [str(Path(source.path).resolve()), *source.signature, *wanted._replace(shared_at=None), moment, as_it_is]
    return "file-" + hashlib.sha256(json.dumps(told).encode("utf-8", "surrogateescape")).hexdigest()
