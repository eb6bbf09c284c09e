"""What is to be sent, found on this machine alone: the files, for whom each is, and what is left out and why."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portalctl import errors
from portalctl.models.batch_words import FileStatus
from portalctl.transfer.items import Item, Plan, Purpose, Recipient, Result, Signature
from portalctl.transfer.plain_files import Skipped, as_failure, looked_at, signature_of, told_path

GONE = Signature(0, 0, 0, 0, 0)
"""The signature of a file that cannot be looked at: it fails when its turn comes."""

DEEPEST = 100
"""Folders within each other that are gone into."""

_NOBODYS = {"thumbs.db", "desktop.ini", "ehthumbs.db"}


class Hidden(Skipped):
    """What lies in a folder and is nobody's document by its name: `.DS_Store`, `Thumbs.db`."""

    code = "hidden"

    def __init__(self) -> None:
        super().__init__("its name says that it is nobody's document", "name it itself")


class Found(NamedTuple):
    """What a search has found: the files to send, and what is left out."""

    items: list[Item]
    left_out: list[Result]

    def plan(self, words: Sequence[str], stdin: bytes = b"") -> Plan:
        """The plan of a command; what it reads from standard input is part of it."""
        told = b"\0".join(os.fsencode(word) for word in words)
        key = hashlib.sha256(told + b"\0\0" + stdin).hexdigest()
        return Plan(key, words, self.items, self.left_out)


def of_paths(paths: Iterable[str], purpose: Purpose, *, follow: bool = False, recursive: bool = False) -> Found:
    """Files that are named one by one; with `recursive` those in folders too. One that is gone counts as failed."""
    search = _Search(follow=follow, recursive=recursive)
    for path in paths:
        search.look_at(path, purpose)
    return search.found


def of_one(path: str, purpose: Purpose, *, follow: bool = False) -> Found:
    """One file that is named alone. Raises Skipped, InvalidInput, StorageFailure where it cannot be sent."""
    try:
        _, status = looked_at(path, follow=follow)
    except OSError as error:
        raise as_failure(path, error) from None
    return Found([Item(1, path, signature_of(status), purpose)], [])


def of_rows(rows: Iterable[tuple[int, str, Purpose]], *, follow: bool = False) -> Found:
    """Files that are named one by one, each with its number and purpose. One that is gone counts as failed."""
    search = _Search(follow=follow, recursive=False)
    for row, path, purpose in rows:
        search.number_from(row)
        search.look_at(path, purpose)
    return search.found


def of_folders(folder: str, purpose: Purpose, *, follow: bool = False, recursive: bool = False) -> Found:
    """The files in a folder that has one folder for each client, named by an e-mail address or id.

    Raises InvalidInput for a folder that cannot be read.
    """
    search = _Search(follow=follow, recursive=recursive)
    for entry in _entries(folder):
        if _is_nobodys(entry.name):
            search.leave_out(entry.path, Hidden())
        elif entry.is_dir(follow_symlinks=False):
            search.go_into(entry.path, purpose._replace(recipient=Recipient(entry.name, appointment=None)), depth=1)
        else:
            search.leave_out(entry.path, Skipped("it lies in no client's folder", "move it into one"))
    return search.found


class _Search:
    """Looks at files and folders, and remembers what was found; each has a number, also when it is left out."""

    def __init__(self, *, follow: bool, recursive: bool) -> None:
        self.found = Found([], [])
        self._follow = follow
        self._recursive = recursive
        self._row = 0

    def number_from(self, row: int) -> None:
        """What is looked at next has that number."""
        self._row = row - 1

    def look_at(self, path: str, purpose: Purpose) -> None:
        try:
            status = os.lstat(path)
        except OSError:
            self._add(path, GONE, purpose)
            return
        if self._recursive and stat.S_ISDIR(status.st_mode):
            self.go_into(path, purpose, depth=1)
        else:
            self._take(path, status, purpose)

    def go_into(self, folder: str, purpose: Purpose, depth: int) -> None:
        try:
            opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            self.leave_out(folder, as_failure(folder, error))
            return
        try:
            self._look_into(opened, folder if folder.endswith("/") else folder + "/", purpose, depth)
        except OSError as error:
            self.leave_out(folder, as_failure(folder, error))
        finally:
            os.close(opened)

    def _look_into(self, opened: int, within: str, purpose: Purpose, depth: int) -> None:
        """Take what lies in a folder, by name; of many files each is looked at once. Raises OSError."""
        look, recursive = os.stat, self._recursive
        for name in sorted(os.listdir(opened)):
            path = within + name
            if _is_nobodys(name):
                self.leave_out(path, Hidden())
                continue
            try:
                status = look(name, dir_fd=opened, follow_symlinks=False)
            except OSError:
                self._add(path, GONE, purpose)
                continue
            if recursive and stat.S_ISDIR(status.st_mode):
                self._go_deeper(path, purpose, depth)
            else:
                self._take(path, status, purpose)

    def _go_deeper(self, folder: str, purpose: Purpose, depth: int) -> None:
        if depth < DEEPEST:
            self.go_into(folder, purpose, depth + 1)
        else:
            self.leave_out(folder, Skipped(f"it lies more than {DEEPEST} folders deep", "name it itself"))

    def leave_out(self, path: str, why: errors.PortalError) -> None:
        self._row += 1
        status = FileStatus.SKIPPED if isinstance(why, Skipped) else FileStatus.FAILED
        told = Result(self._row, told_path(path), status, code=why.code, message=why.message, hint=why.hint)
        self.found.left_out.append(told)

    def _take(self, path: str, status: os.stat_result, purpose: Purpose) -> None:
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            try:
                status = looked_at(path, follow=self._follow)[1]
            except Skipped as skipped:
                self.leave_out(path, skipped)
                return
            except OSError:
                self._add(path, GONE, purpose)
                return
        self._add(path, signature_of(status), purpose)

    def _add(self, path: str, signature: Signature, purpose: Purpose) -> None:
        self._row += 1
        self.found.items.append(Item(self._row, path, signature, purpose))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name. Raises InvalidInput where it is none, StorageFailure."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=_name)
    except NotADirectoryError:
        raise errors.InvalidInput(f"{folder} is no folder", "name a folder") from None
    except FileNotFoundError:
        raise errors.InvalidInput(f"there is no folder {folder}", "check the path") from None
    except OSError as error:
        raise as_failure(folder, error) from None


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_nobodys(name: str) -> bool:
    return name[0] == "." or name.lower() in _NOBODYS
