"""Sending files of this machine to a portal: opened with care, hashed on the way, gone on with after an interruption.

The same file sent again within a day is the same intent: what has arrived of it is not sent twice, and no second
document is made. A file that changes while it is read is sent once more, and refused when it changes again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from portalctl import errors
from portalctl.models.documents import AddDocument, Document
from portalctl.models.uploads import AppendToUpload, StartUpload, Upload, UploadReference
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

_LONGEST_NAME = 200


class Skipped(errors.PartlyFailed):
    """What is named is no plain file, or not one that is sent without asking."""

    code = "skipped"


class Purpose(NamedTuple):
    """What becomes of a file: the document's title, folder and appointment, and whose documentation it stands in."""

    title: str | None = None
    folder: str | None = None
    appointment: str | None = None
    client: str | None = None


class Source(NamedTuple):
    """An opened file, as it was when it was opened."""

    path: str
    descriptor: int
    status: os.stat_result

    @property
    def name(self) -> str:
        """The file's name as text: composed, without control characters, what is no UTF-8 in it replaced."""
        raw = os.fsencode(Path(self.path).name).decode("utf-8", "replace")
        shown = "".join(
            each if unicodedata.category(each) != "Cc" else "_" for each in unicodedata.normalize("NFC", raw)
        ).strip()
        if len(shown) > _LONGEST_NAME:
            stem, dot, ending = shown.rpartition(".")
            suffix = f"{dot}{ending}" if dot and len(ending) <= 16 else ""
            shown = (stem if suffix else shown)[: _LONGEST_NAME - len(suffix)] + suffix
        return shown or "file"

    def has_changed(self) -> bool:
        """Whether the file is another now than when it was opened."""
        now = os.fstat(self.descriptor)
        return (now.st_size, now.st_mtime_ns, now.st_ctime_ns) != (
            self.status.st_size,
            self.status.st_mtime_ns,
            self.status.st_ctime_ns,
        )


@contextmanager
def opened(path: str, *, follow: bool = False) -> Iterator[Source]:
    """A plain file, opened without waiting for anybody. Raises Skipped for everything else, OSError.

    A link is followed only where that is asked for, and then only to what lies in its own folder.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        if not follow:
            raise Skipped(f"{path} is a symbolic link", "follow it with --follow-symlinks, or name the file itself")
        target = Path(path).resolve(strict=True)
        if not target.is_relative_to(Path(path).parent.resolve()):
            raise Skipped(f"{path} is a symbolic link that leads out of its folder", "name the file itself")
        path_to_open = str(target)
        found = os.lstat(path_to_open)
    else:
        path_to_open = path
    _require_plain(path, found)
    descriptor = os.open(path_to_open, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        _require_plain(path, status)
        _require_unplanted(path, status)
        yield Source(path, descriptor, status)
    finally:
        os.close(descriptor)


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


def _require_plain(path: str, status: os.stat_result) -> None:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFLNK: "a symbolic link",
    }
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise Skipped(f"{path} is {kinds.get(kind, 'no file')}, not a plain file", "only plain files are sent")


def _require_unplanted(path: str, status: os.stat_result) -> None:
    """Let pass what nobody else can have put there under another name: a hard link in a folder open to everybody."""
    folder = Path(path).parent.stat()
    if status.st_nlink > 1 and folder.st_mode & stat.S_IWOTH:
        raise Skipped(
            f"{path} is one of several names of a file, in a folder that everybody can write to",
            "copy it to a folder of yours, and look what is in it",
        )


def as_failure(path: str, error: OSError) -> errors.PortalError:
    """What it means that a file here cannot be read."""
    if error.errno == errno.ENOENT:
        return errors.InvalidInput(f"there is no file {path}", "check the path")
    return errors.StorageFailure(f"{path}: {error.strerror or error}", "check the file and the disk")
