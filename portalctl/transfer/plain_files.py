"""Plain files of this machine: looked at before they are opened, and opened without waiting for anybody."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from portalctl import errors
from portalctl.transfer.items import Signature

_LONGEST_NAME = 200

READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
"""How a plain file is opened: no link is followed, and nobody waited for."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link",
}


class Skipped(errors.PartlyFailed):
    """What is named is no plain file, or not one that is sent without asking."""

    code = "skipped"


class Source(NamedTuple):
    """An opened file, as it was when it was opened."""

    path: str
    descriptor: int
    status: os.stat_result

    @property
    def name(self) -> str:
        """The file's name as a portal takes it."""
        return told_name(self.path)

    @property
    def signature(self) -> Signature:
        """What tells whether it is still the file that it was."""
        return signature_of(self.status)

    def has_changed(self) -> bool:
        """Whether the file is another now than when it was opened."""
        return signature_of(os.fstat(self.descriptor)) != self.signature


def told_path(path: str) -> str:
    """A path as text: what is no UTF-8 in it is escaped, so that it can still be told from another."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def told_name(path: str) -> str:
    """A file's name as text: composed, without control characters, what is no UTF-8 in it replaced."""
    name = path.rpartition("/")[2]
    if name.isascii() and name.isprintable() and len(name) <= _LONGEST_NAME:
        return name.strip() or "file"
    raw = os.fsencode(name).decode("utf-8", "replace")
    shown = "".join(
        each if unicodedata.category(each) != "Cc" else "_" for each in unicodedata.normalize("NFC", raw)
    ).strip()
    if len(shown) > _LONGEST_NAME:
        stem, dot, ending = shown.rpartition(".")
        suffix = f"{dot}{ending}" if dot and len(ending) <= 16 else ""
        shown = (stem if suffix else shown)[: _LONGEST_NAME - len(suffix)] + suffix
    return shown or "file"


def told_size(count: int) -> str:
    """A count of bytes as `640 B` or `12.3 MB`."""
    for unit, length in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count} B"


def signature_of(status: os.stat_result) -> Signature:
    """What tells a file from what it becomes when somebody writes to it."""
    return Signature(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def looked_at(path: str, *, follow: bool = False) -> tuple[str, os.stat_result]:
    """A plain file, unopened: where it lies, and its status. Raises Skipped for everything else, OSError.

    A link is followed only where that is asked for, and then only to what lies in its own folder.
    """
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        if not follow:
            raise Skipped(f"{path} is a symbolic link", "follow it with --follow-symlinks, or name the file itself")
        target = Path(path).resolve(strict=True)
        if not target.is_relative_to(Path(path).parent.resolve()):
            raise Skipped(f"{path} is a symbolic link that leads out of its folder", "name the file itself")
        place = str(target)
        found = os.lstat(place)
    else:
        place = path
    require_plain(path, found)
    return place, found


@contextmanager
def opened(path: str, *, follow: bool = False) -> Iterator[Source]:
    """A plain file, opened without waiting for anybody. Raises Skipped for everything else, OSError."""
    descriptor, status = open_plain(path, follow=follow)
    try:
        yield Source(path, descriptor, status)
    finally:
        os.close(descriptor)


def open_plain(path: str, *, follow: bool = False) -> tuple[int, os.stat_result]:
    """The descriptor of a plain file, which the caller closes, and its status. Raises as `opened` does."""
    place, _ = looked_at(path, follow=follow)
    descriptor = os.open(place, READ)
    try:
        status = os.fstat(descriptor)
        require_plain(path, status)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status


def open_found(path: str, found: Signature, *, follow: bool = False) -> tuple[int, os.stat_result]:
    """The same for a file that was looked at before: as long as it is that one, it need not be looked at once more."""
    try:
        descriptor = os.open(path, READ)
    except OSError:
        return open_plain(path, follow=follow)
    try:
        status = os.fstat(descriptor)
        if status.st_ino == found.inode and status.st_dev == found.device:
            require_plain(path, status)
            return descriptor, status
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return open_plain(path, follow=follow)


def require_plain(path: str, status: os.stat_result) -> None:
    """Let pass a plain file that nobody else can have put there under another name. Raises Skipped.

    That is a hard link in a folder open to everybody.
    """
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise Skipped(f"{path} is {_KINDS.get(kind, 'no file')}, not a plain file", "only plain files are sent")
    if status.st_nlink > 1 and Path(path).parent.stat().st_mode & stat.S_IWOTH:
        raise Skipped(
            f"{path} is one of several names of a file, in a folder that everybody can write to",
            "copy it to a folder of yours, and look what is in it",
        )


def changed(path: str) -> errors.UploadIncomplete:
    """The refusal of a file that somebody writes to."""
    return errors.UploadIncomplete(f"{path} changed during upload", "send it when nobody writes to it")


def as_failure(path: str, error: OSError) -> errors.PortalError:
    """What it means that a file here cannot be read."""
    if error.errno == errno.ENOENT:
        return errors.InvalidInput(f"there is no file {path}", "check the path")
    return errors.StorageFailure(f"{path}: {error.strerror or error}", "check the file and the disk")
