"""The folder that files are saved in: reached without following anybody else's links, written to by names in it alone.

A file arrives under a name of its own (`NAME.part`), readable by its owner only, and gets its name in one step when it
is whole. What interrupts it leaves the part, from where it goes on.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Self

from portalctl import errors

PART = ".part"


class Folder:
    """An opened folder. Whatever becomes of its path meanwhile, files land in it and nowhere else."""

    def __init__(self, path: Path, descriptor: int | None = None) -> None:
        self.path = path
        self._descriptor = _walked(path) if descriptor is None else descriptor

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        os.close(self._descriptor)

    def inner(self, name: str) -> Folder:
        """The folder of that name in it, made where there is none. Raises OSError for what is no folder."""
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self._descriptor)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        return Folder(self.path / name, os.open(name, flags, dir_fd=self._descriptor))

    def state(self, name: str) -> os.stat_result | None:
        """What is known of a plain file without reading it; None where there is none, whatever else has its name."""
        try:
            found = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found if stat.S_ISREG(found.st_mode) else None

    def open(self, name: str) -> BinaryIO:
        """A file in it, to read; a link is not followed. Raises OSError."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        return os.fdopen(os.open(name, flags, dir_fd=self._descriptor), "rb")

    def put_away(self, name: str, other: str) -> None:
        """Give a file another name, in place of what may have that."""
        os.rename(name, other, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)

    def has(self, name: str) -> bool:
        """Whether something of that name is there, be it a link to nowhere."""
        return self._mode(name) is not None

    def check_free(self, name: str, *, force: bool) -> None:
        """Let pass a name that nothing has, or a file or link that is to be replaced. Raises Refused."""
        mode = self._mode(name)
        if mode is None or (force and (stat.S_ISREG(mode) or stat.S_ISLNK(mode))):
            return
        if force:
            raise errors.Refused(f"{self.path / name} is no file, and is not replaced", "name another file with -o")
        raise taken(self.path / name)

    @contextmanager
    def arriving(self, name: str) -> Iterator[int]:
        """The descriptor of the part of a file, new or as it was left; nobody else writes to it meanwhile.

        Raises Refused where something else has the part's name, or another process is at it.
        """
        import fcntl

        descriptor = self._part(name + PART)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise errors.Refused(
                    f"another process is saving {self.path / name}", "wait until it ends, or choose another name"
                ) from None
            yield descriptor
        finally:
            os.close(descriptor)

    def finish(self, name: str, descriptor: int, moment: datetime, *, force: bool) -> None:
        """Give a whole file its name; what has that name is replaced only where that is wanted, never followed.

        `moment` becomes its time of change. Raises Refused where the name is taken.
        """
        seconds = moment.timestamp()
        os.utime(descriptor, (seconds, seconds))
        os.fsync(descriptor)
        part = name + PART
        if force:
            self.check_free(name, force=True)
            os.rename(part, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        else:
            self._name_new(part, name)
        os.fsync(self._descriptor)

    def _mode(self, name: str) -> int | None:
        try:
            return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None

    def _name_new(self, part: str, name: str) -> None:
        here = {"src_dir_fd": self._descriptor, "dst_dir_fd": self._descriptor}
        try:
            os.link(part, name, **here, follow_symlinks=False)
        except FileExistsError:
            raise taken(self.path / name) from None
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
                raise
            if self.has(name):
                raise taken(self.path / name) from None
            os.rename(part, name, **here)  # noqa: PTH104  within an opened folder, where there are no second names
        else:
            os.unlink(part, dir_fd=self._descriptor)

    def _part(self, part: str) -> int:
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        for create in (os.O_CREAT | os.O_EXCL, 0):
            try:
                descriptor = os.open(part, flags | create, 0o600, dir_fd=self._descriptor)
            except FileExistsError:
                continue
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
                    break
                raise
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1:
                os.fchmod(descriptor, 0o600)
                return descriptor
            os.close(descriptor)
            break
        raise errors.Refused(
            f"{self.path / part} is no plain file of yours", "look who put it there, then move it away"
        )


def write_new(path: Path, content: bytes, moment: datetime, *, force: bool) -> None:
    """Write a small file in one step, readable by its owner only. Raises Refused where the name is taken."""
    with Folder(path.parent) as folder:
        if folder.has(path.name) and not force:
            raise taken(path)
        with folder.arriving(path.name) as descriptor:
            os.ftruncate(descriptor, 0)
            with open(descriptor, "wb", closefd=False) as part:
                part.write(content)
            folder.finish(path.name, descriptor, moment, force=force)


def taken(path: Path) -> errors.Refused:
    """The refusal to replace a file."""
    return errors.Refused(
        f"{path} exists already", "replace it with --force, leave it with --skip-existing, or name another with -o"
    )


def _walked(path: Path) -> int:
    """Open a folder part by part. Raises Refused for a link that another user put on the way, OSError."""
    absolute = Path(os.path.normpath(Path.cwd() / path)) if ".." not in path.parts else Path.cwd() / path
    descriptor = os.open(absolute.anchor, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in absolute.parts[1:]:
            following = _step(descriptor, part, absolute)
            os.close(descriptor)
            descriptor = following
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _step(folder: int, part: str, path: Path) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    found = os.stat(part, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISLNK(found.st_mode):
        return os.open(part, flags | os.O_NOFOLLOW, dir_fd=folder)
    if found.st_uid not in (os.geteuid(), 0):
        raise errors.Refused(
            f"on the way to {path} is a link of another user: {part}", "choose a folder that is yours alone"
        )
    return os.open(part, flags, dir_fd=folder)
