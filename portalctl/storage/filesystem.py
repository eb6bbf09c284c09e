"""The place where a portal file is: whose it is, who else may touch it, and on what kind of file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from portalctl import errors

SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite may keep beside a database, by the ending of the name."""

_NETWORKED = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "ncpfs", "davfs", "vboxsf", "virtiofs"),
    *("fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.davfs2", "fuse.ceph"),
    *("fuse.vmhgfs-fuse", "fuse.prl_fs", "fuse.smbnetfs", "fuse.grpcfuse", "fuse.juicefs"),
}
_SYNCHRONISED = ("dropbox", "onedrive", "google drive", "icloud drive", "nextcloud")


def make(path: Path) -> None:
    """Make an empty file (0600), and its folders (0700) where they are missing, so that both survive a power cut.

    A file that is there, whoever made it meanwhile, is left as it is.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    for folder in (path, *missing):
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    _sync(folder, os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Make a file's content survive a power cut, whoever wrote it."""
    _sync(path, os.O_NOFOLLOW)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_links(path: Path) -> None:
    """See that every link on the way to a file is the caller's or root's. Raises PortalUnsafe."""
    for link in _links(path):
        _refuse_foreign(link, link.lstat(), "is a link that")


def secure(path: Path, notify: Callable[[str], None]) -> None:
    """See that the file is the caller's (or root's) and that nobody else can read it or put another in its place.

    A mode that is too open is closed, and `notify` tells so. Raises PortalUnsafe when it belongs to somebody else,
    PortalNotAPortal when it is no plain file.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise errors.PortalNotAPortal(f"{path} is not a file", "check the path of the portal")
    _refuse_foreign(path, status, "")
    if status.st_mode & 0o077:
        _close(path, 0o600, "could be read by others", notify)
        for ending in SIDE_FILES:
            side = Path(f"{path}{ending}")
            if side.exists():
                side.chmod(0o600)
    folder = path.parent.stat()
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        _close(path.parent, stat.S_IMODE(folder.st_mode) & ~stat.S_IWOTH, "could be changed by everybody", notify)


def _close(path: Path, mode: int, trouble: str, notify: Callable[[str], None]) -> None:
    try:
        path.chmod(mode)
    except OSError as error:
        notify(f"{path} {trouble}, and that cannot be changed here ({error.strerror}): see to it with chmod.")
    else:
        notify(f"{path} {trouble}; that is over now (mode {mode:04o}).")


def _refuse_foreign(path: Path, status: os.stat_result, what: str) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        raise errors.PortalUnsafe(
            f"{path} {what + ' ' if what else ''}belongs to another user (uid {status.st_uid})",
            "run portalctl as that user, or give the file to yourself with chown; it was left as it is",
        )


def _links(path: Path) -> Iterator[Path]:
    """Every symbolic link on the way to a file, also behind other links."""
    for part in (*reversed(path.parents), path):
        if part.is_symlink():
            yield part
            yield from _links(part.parent / part.readlink())


def without_wal(path: Path) -> str | None:
    """The kind of place that forbids a write-ahead log, which one machine keeps in memory; None if it is fine."""
    name = next((part for part in path.parts if part.lower().startswith(_SYNCHRONISED)), None)
    if name is not None:
        return f"the synchronised folder {name!r}"
    if os.major(path.stat().st_dev) != 0:
        return None
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    kind = network_type(path, mounts)
    return f"a network file system ({kind})" if kind else None


def network_type(path: Path, mounts: str) -> str | None:
    """The type of the network file system a path is on, by the text of /proc/self/mounts; None on a local one."""
    best, found = -1, None
    for line in mounts.splitlines():
        words = line.split(" ")
        point = Path(_unescaped(words[1]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), words[2]
    return found if found in _NETWORKED else None


def _unescaped(point: str) -> str:
    """A mount point without its octal escapes for space, tab, newline and backslash."""
    for escape, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(escape, character)
    return point
