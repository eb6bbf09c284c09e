"""Where bodies are kept that are too long for a row: a folder beside the portal, or objects elsewhere (blobs_s3.py).

What arrives is staged under the upload's id; once it is whole it is settled by its owner and hash. Whoever settles it
writes the row that makes it visible afterwards, so that a row never tells of a body that is not there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar, NamedTuple

from portalctl import errors
from portalctl.storage.bodies import Part
from portalctl.storage.failures import system_failure
from portalctl.storage.filesystem import sync_folder
from portalctl.storage.syncing import SyncingAhead

if TYPE_CHECKING:
    from hashlib import _Hash

SMALL = 64 << 10
"""Bytes: a body up to this long is kept in a row of the database."""

CHUNK = 256 << 10
"""Bytes that are read or written at once: of more, the system takes longer to find room for each of them."""

_NAME = "0123456789abcdefghjkmnpqrstvwxyz"
"""What the name of a pack consists of."""

_AHEAD = 8 << 20
"""Bytes of an upload that are brought to disk before anybody waits for them."""

_RUNNING = 1000
"""Hashes of unfinished uploads that a process keeps."""


class Kept(NamedTuple):
    """Something that is kept: its key, and when it was last changed, in epoch seconds."""

    key: str
    changed_at: float


class Staging(ABC):
    """One upload that goes on arriving. Nobody else writes to it meanwhile."""

    checkpoint: ClassVar[int] = 64 << 20
    """Bytes after which what has arrived is kept: at most twice as many have to be sent again after a power cut."""

    @abstractmethod
    def write(self, content: bytes) -> None:
        """Take what comes next. Raises StorageFailure."""

    @abstractmethod
    def save(self, *, all_of_it: bool, is_more_coming: bool = False) -> tuple[int, list[Part]]:
        """Make what was written survive: up to where, and the objects that were added for it.

        Not `all_of_it`: as much as is convenient. Where more is coming, the last of it need not survive a power cut:
        the disk is waited for where it falls behind by a `checkpoint`.
        """

    @abstractmethod
    def read_back(self) -> Iterator[bytes]:
        """What had arrived before, from its beginning. Raises BodyDamaged where it is gone."""

    @abstractmethod
    def close(self) -> None:
        """Let somebody else go on."""


class Bodies(ABC):
    """Keeps bodies for one portal."""

    def __init__(self) -> None:
        self._running: OrderedDict[str, tuple[int, _Hash]] = OrderedDict()

    @abstractmethod
    def staging(self, owner: str, upload: str, offset: int, parts: Sequence[Part]) -> Staging:
        """Go on with an upload of which `offset` bytes have arrived. Raises UploadOffsetWrong while another does."""

    @abstractmethod
    def settle(self, owner: str, upload: str, sha256: str) -> str:
        """Keep a whole upload by its owner and hash, safe from a power cut: the key of its place."""

    @abstractmethod
    def read(self, place: str, parts: Sequence[Part], size: int, sha256: str, offset: int) -> Iterator[bytes]:
        """A body from an offset on, verified: BodyDamaged comes before its last byte, or at once where it is gone."""

    @abstractmethod
    def pack(self, place: str, contents: Sequence[bytes | memoryview]) -> None:
        """Keep bodies that come together, one behind the other, safe from a power cut, under a new `pack_name`."""

    @abstractmethod
    def from_pack(self, place: str, starts_at: int, size: int) -> bytes:
        """So many bytes of a pack, fewer where it ends; whether they are what they were is not looked at.

        Raises BodyDamaged where the pack is gone.
        """

    @abstractmethod
    def remove(self, key: str) -> None:
        """Delete what is kept under a key, if it is there."""

    @abstractmethod
    def some(self, after: str) -> list[Kept]:
        """Some of all that is kept, in the order of keys, from behind that key on."""

    @abstractmethod
    def check(self) -> str:
        """Say where bodies are kept, when that place works. Raises StorageFailure, Retryable."""

    def running_hash(self, upload: str, offset: int) -> _Hash | None:
        """The hash of what has arrived of an upload, if this process took it; it is given out once."""
        found = self._running.pop(upload, None)
        return found[1] if found is not None and found[0] == offset else None

    def keep_running(self, upload: str, offset: int, digest: _Hash) -> None:
        """Keep a hash for whoever goes on from there."""
        self._running[upload] = (offset, digest)
        while len(self._running) > _RUNNING:
            self._running.popitem(last=False)


class FolderBodies(Bodies):
    """Keeps bodies in a folder (0700): `OWNER/SHA256`, and `uploads/ID` what is on its way."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._ahead = SyncingAhead()

    def staging(self, owner: str, upload: str, offset: int, parts: Sequence[Part]) -> Staging:  # noqa: ARG002  one file
        """See Bodies."""
        path = self._folder / _UPLOADS / upload
        with _failing_as(path):
            self._make(path.parent)
            return _FileStaging(path, offset, self._ahead)

    def settle(self, owner: str, upload: str, sha256: str) -> str:
        """See Bodies."""
        key = f"{owner}/{sha256}"
        staged, path = self._folder / _UPLOADS / upload, self._folder / key
        with _failing_as(path):
            self._make(path.parent)
            try:
                staged.replace(path)
            except FileNotFoundError:
                raise lost(upload) from None
            sync_folder(path.parent)
        return key

    def read(self, place: str, parts: Sequence[Part], size: int, sha256: str, offset: int) -> Iterator[bytes]:  # noqa: ARG002  one file
        """See Bodies. What comes before the offset is read too: the hash is one of the whole."""
        path = self._folder / place
        with _failing_as(path):
            if not path.is_file():
                raise lost(place)
        return verified(_from_file(path), size, sha256, offset, place)

    def pack(self, place: str, contents: Sequence[bytes | memoryview]) -> None:
        """See Bodies. One that was not finished has a name that nothing knows."""
        path = self._folder / place
        with _failing_as(path):
            self._make(path.parent)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags, 0o600), "wb", buffering=CHUNK) as file:
                file.writelines(contents)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(path.parent)

    def from_pack(self, place: str, starts_at: int, size: int) -> bytes:
        """See Bodies."""
        path = self._folder / place
        with _failing_as(path):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                raise lost(place) from None
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                file.seek(starts_at)
                return b"".join(_so_many(file, size))

    def remove(self, key: str) -> None:
        """See Bodies."""
        with _failing_as(self._folder / key):
            (self._folder / key).unlink(missing_ok=True)

    def some(self, after: str) -> list[Kept]:
        """See Bodies: what one owner has, or what is on its way."""
        with _failing_as(self._folder):
            if not self._folder.is_dir():
                return []
            before = after.partition("/")[0]
            name = min((each.name for each in self._folder.iterdir() if each.name > before), default=None)
            if name is None:
                return []
            found = []
            for file in sorted((self._folder / name).iterdir()):
                with suppress(FileNotFoundError):
                    found.append(Kept(f"{name}/{file.name}", file.stat(follow_symlinks=False).st_mtime))
            return found or [Kept(f"{name}/", 2**40)]

    def check(self) -> str:
        """See Bodies."""
        with _failing_as(self._folder):
            try:
                is_folder = stat.S_ISDIR(self._folder.stat().st_mode)
            except FileNotFoundError:
                return f"none yet; the folder is made with the first: {self._folder}"
            if not is_folder:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return f"in order: {self._folder}"

    def _make(self, folder: Path) -> None:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
            sync_folder(each.parent)


class _FileStaging(Staging):
    """One file that grows. A lock on it keeps others away, those of other processes too."""

    def __init__(self, path: Path, offset: int, ahead: SyncingAhead) -> None:
        import fcntl

        self._path = path
        self._ahead = ahead
        self._before = self._written = offset
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = os.fstat(self._descriptor).st_size
            if there < offset:
                raise CutShort(path.name, there)  # noqa: TRY301  the descriptor is closed below
            if there > offset:
                os.ftruncate(self._descriptor, offset)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
        except BlockingIOError:
            os.close(self._descriptor)
            raise being_sent() from None
        except BaseException:
            os.close(self._descriptor)
            raise

    def write(self, content: bytes) -> None:
        """See Staging."""
        before = self._written
        with _failing_as(self._path):
            left = memoryview(content)
            while left:
                written = os.write(self._descriptor, left[:CHUNK])
                self._written += written
                left = left[written:]
        if self._written // _AHEAD > before // _AHEAD:
            self._ahead.begin(self._path)

    def save(self, *, all_of_it: bool, is_more_coming: bool = False) -> tuple[int, list[Part]]:  # noqa: ARG002  a file is saved whole
        """See Staging."""
        if not is_more_coming or self._written // self.checkpoint > self._before // self.checkpoint:
            self._ahead.wait(self._path)
        if not is_more_coming:
            with _failing_as(self._path):
                os.fsync(self._descriptor)
                sync_folder(self._path.parent)  # its name is on disk by now: hardly anything is waited for
        return self._written, []

    def read_back(self) -> Iterator[bytes]:
        """See Staging."""
        with _failing_as(self._path):
            at = 0
            while at < self._before:
                chunk = os.pread(self._descriptor, min(CHUNK, self._before - at), at)
                if not chunk:
                    raise lost(self._path.name)
                at += len(chunk)
                yield chunk

    def close(self) -> None:
        """See Staging."""
        with suppress(OSError):
            os.close(self._descriptor)


class CutShort(Exception):
    """Less is there of an upload than had arrived, as after a power cut: so many bytes."""

    def __init__(self, upload: str, there: int) -> None:
        super().__init__(upload, there)
        self.there = there


def verified(chunks: Iterator[bytes], size: int, sha256: str, offset: int, place: str) -> Iterator[bytes]:
    """Of a whole body what comes from an offset on. Raises BodyDamaged in place of its last chunk."""
    digest = hashlib.sha256()
    at, held = 0, b""
    for chunk in chunks:
        if held:
            yield held
        digest.update(chunk)
        held = chunk[max(0, offset - at) :]
        at += len(chunk)
        if at > size:
            break
    if at != size or digest.hexdigest() != sha256:
        raise damaged(place)
    if held:
        yield held


def pack_name(owner: str) -> str:
    """The key of a new pack."""
    return f"{owner}/pak_{''.join(secrets.choice(_NAME) for _ in range(12))}"


def lost(place: str) -> errors.BodyDamaged:
    """The failure for a body that is not where it should be."""
    return errors.BodyDamaged(
        f"the body of a document is lost: {place}", "bring it back from a backup: portalctl practice restore FILE"
    )


def damaged(place: str) -> errors.BodyDamaged:
    """The failure for a body that is not what was stored."""
    return errors.BodyDamaged(
        f"the body of a document is damaged: {place}", "bring it back from a backup: portalctl practice restore FILE"
    )


def being_sent() -> errors.UploadOffsetWrong:
    """The refusal of a second sender of one upload."""
    return errors.UploadOffsetWrong(
        "this upload is being sent at the moment", "wait until that ends, then ask how far it is"
    )


_UPLOADS = "uploads"


def _so_many(file: IO[bytes], left: int) -> Iterator[bytes]:
    while left and (chunk := file.read(left)):
        left -= len(chunk)
        yield chunk


def _from_file(path: Path) -> Iterator[bytes]:
    with _failing_as(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk


@contextmanager
def _failing_as(path: Path) -> Iterator[None]:
    """Turn the system's errors about bodies into failures that name them."""
    try:
        yield
    except OSError as error:
        raise system_failure(path, error.errno or 0) from error
