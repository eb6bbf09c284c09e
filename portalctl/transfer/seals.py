"""Commands that had nothing left to send: while all is as it was, they say so again, and nothing else is loaded for it.

A seal is a small file beside the journal of such a command, named after both. It holds a digest of all that the answer
depends on: the command line, the folder and the environment in which it was given, the configuration, the journal, and
the files under the paths that were named, which stand in it, too. Whatever differs breaks it. So does what could be
left out or fail: a link, a file with two names, a folder with nothing in it. Then the command runs as ever.

Where the portal is to be asked whether all still stands, a seal holds that question, too; it is asked elsewhere.
"""

from __future__ import annotations

import os
from array import array
from operator import attrgetter

from portalctl import __version__

try:
    from _blake2 import blake2b  # hashlib loads OpenSSL first, which takes as long as looking at a thousand files
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False  # loading `typing` takes as long as looking at a thousand files
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from portalctl.transfer.items import Item

ENDING = ".seal"

_VERSION = 3

_FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
"""Variables that decide where things are kept; besides those of portalctl itself."""

_TICK_NS = 20_000_000
"""Within this time a file can change twice and bear the same time."""

_AT_ONCE = 5000
"""Paths that are hashed at once."""

MANY = 2000
"""Files in one folder from which on a second process looks at half of them: of fewer it would not be there in time."""

_NUMBERS = 5

_marks = attrgetter("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
"""What tells a file from what it becomes when somebody writes to it: the numbers of a `Signature`."""

_KIND, _FOLDER, _PLAIN = 0o170000, 0o040000, 0o100000


class _Unsure(Exception):
    """Something is not as it was, or need not be."""


class Again:
    """What a command says again: at once where there is no `question`, else where the portal has the right answer."""

    def __init__(self, said: str, question: str) -> None:
        self.said = said
        self.question = question


class Given:
    """A command line, and what decides which portal, whose account and which files it means, as it is now.

    Raises OSError, KeyError where that cannot be said.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.config_file, self.folder = _kept_in(environment)
        deciding = sorted(
            each for each in environment.items() if each[0].startswith("PORTALCTL_") or each[0] in _FOLDERS
        )
        told = (_VERSION, __version__, list(arguments), os.getcwd(), os.geteuid(), deciding)  # noqa: PTH109  no pathlib
        self.mark = blake2b(ascii(told).encode(), digest_size=32).hexdigest()
        self.config = _config(self.config_file)

    def digest(
        self, batch: str, journal: os.stat_result, told: Sequence[str], paths: list[str], marks: array[int]
    ) -> str:
        """Of this command, what is told in its seal, and all that was found for it."""
        whole = (self.mark, self.config_file, self.config, batch, _marks(journal), told, len(paths))
        found = blake2b(ascii(whole).encode(), digest_size=32)
        for begin in range(0, len(paths), _AT_ONCE):  # all of them would take as much memory as the plan
            found.update(os.fsencode("\0".join(paths[begin : begin + _AT_ONCE]) + "\0"))
        found.update(marks)
        return found.hexdigest()


def sent_before(files: int, batch: str) -> str:
    """What is said where all of many files were sent before."""
    return (
        f"All {files:,} files were sent before, and the portal is not asked whether they still stand."
        f" To have them sent again: portalctl docs batches forget {batch}"
    )


def there_already(files: int) -> str:
    """The last line of such a run."""
    return f"{files:,} files: {files:,} there already."


def told_again(arguments: Sequence[str], environment: Mapping[str, str]) -> Again | None:
    """What a sealed command says; None where its seal does not hold, or it has none."""
    try:
        return _told_again(arguments, environment)
    except Exception:  # noqa: BLE001  whatever it is: the command itself comes upon it, and says what it means
        return None


def seal(given: Given, journal: Path, named: Sequence[str], items: Sequence[Item], question: str = "") -> None:
    """Seal a command by which all of `items` are sent now, and nothing else was found under the paths `named`.

    `question` says what the portal is to be asked then; it has no NUL in it. Its process holds the journal's lock. What
    cannot be sealed is left alone.
    """
    break_seals(journal)
    try:
        status = journal.stat()
        if given.config is not None and status.st_mtime_ns - given.config[-1] < _TICK_NS:
            return
        marks = array("q", (mark for item in items for mark in item.signature))
        told = [question, *named]
        digest = given.digest(journal.stem, status, told, [item.path for item in items], marks)
        content = os.fsencode("\0".join([digest, *told]))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(_at(journal.parent, journal.stem, given), flags, 0o600), "wb") as file:
            file.write(content)
    except (OSError, OverflowError):
        break_seals(journal)


def break_seals(journal: Path) -> None:
    """Remove the seals of a journal."""
    try:
        for path in journal.parent.glob(f"{journal.stem}.*{ENDING}"):
            path.unlink()
    except OSError:
        return


def _at(folder: Path | str, batch: str, given: Given) -> str:
    return f"{folder}/{batch}.{given.mark[:32]}{ENDING}"


def _told_again(arguments: Sequence[str], environment: Mapping[str, str]) -> Again:
    if "_PORTALCTL_COMPLETE" in environment:
        raise _Unsure
    given = Given(arguments, environment)
    ending = f".{given.mark[:32]}{ENDING}"
    (batch,) = (name.removesuffix(ending) for name in os.listdir(given.folder) if name.endswith(ending))  # noqa: PTH208
    with os.fdopen(_own(_at(given.folder, batch, given), os.O_RDONLY), "rb") as file:
        digest, *told = os.fsdecode(file.read()).split("\0")
    question, *named = told
    paths: list[str] = []
    marks = array("q")
    for path in named:
        _look_at(path, paths, marks)
    with os.fdopen(_own(f"{given.folder}/{batch}.jsonl", os.O_RDWR), "rb+") as journal:
        _require_free(journal.fileno())
        if given.digest(batch, os.fstat(journal.fileno()), told, paths, marks) != digest:
            raise _Unsure
    said = there_already(len(paths)) + "\n"
    return Again(said if question else f"{sent_before(len(paths), batch)}\n{said}", question)


def _look_at(path: str, paths: list[str], marks: array[int]) -> None:
    status = os.lstat(path)
    if status.st_mode & _KIND == _FOLDER:
        _look_into(path, paths, marks)
    elif status.st_mode & _KIND == _PLAIN and status.st_nlink == 1:
        paths.append(path)
        marks.extend(_marks(status))
    else:
        raise _Unsure


def _look_into(folder: str, paths: list[str], marks: array[int]) -> None:
    """The files in a folder, as a plan finds them."""
    within = folder if folder.endswith("/") else folder + "/"
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        names = sorted(os.listdir(opened))  # noqa: PTH208  no pathlib
        if not names:
            raise _Unsure
        if len(names) >= MANY and (found := _by_two(opened, names)) is not None:
            paths.extend([within + name for name in names])
            marks.extend(found)
            return
        for name in names:
            status = os.stat(name, dir_fd=opened, follow_symlinks=False)
            kind = status.st_mode & _KIND
            if kind == _PLAIN and status.st_nlink == 1:
                paths.append(within + name)
                marks.extend(_marks(status))
            elif kind == _FOLDER:
                _look_into(within + name, paths, marks)
            else:
                raise _Unsure
    finally:
        os.close(opened)


def _by_two(folder: int, names: list[str]) -> array[int] | None:
    """The marks of plain files in a folder, half of them looked at by a child of this process.

    None where something else is among them, or there is nobody to help.
    """
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None
    middle = len(names) // 2
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            found = _plain(folder, names[middle:])
            if found is not None:
                with os.fdopen(writer, "wb") as answer:
                    answer.write(found)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        try:
            found = _plain(folder, names[:middle])
        finally:
            told = answer.read()
            os.waitpid(child, 0)
    if found is None or len(told) != found.itemsize * _NUMBERS * (len(names) - middle):
        return None
    found.frombytes(told)
    return found


def _plain(folder: int, names: list[str]) -> array[int] | None:
    """The marks of files in a folder; None where one is no plain file, or has two names."""
    found = array("q")
    look, add, marks_of = os.stat, found.extend, _marks  # each looked up once for all files
    for name in names:
        status = look(name, dir_fd=folder, follow_symlinks=False)
        if status.st_mode & _KIND != _PLAIN or status.st_nlink != 1:
            return None
        add(marks_of(status))
    return found


def _config(file: str) -> tuple[int, ...] | None:
    try:
        return _marks(os.stat(file))  # noqa: PTH116  no pathlib
    except (FileNotFoundError, NotADirectoryError):
        return None


def _kept_in(environment: Mapping[str, str]) -> tuple[str, str]:
    """The configuration file and the folder of the journals; nothing is found where a platform has others."""
    home = environment.get("PORTALCTL_HOME")
    if home:
        return f"{home}/config.toml", f"{home}/state/batches"
    config = environment.get("XDG_CONFIG_HOME") or environment["HOME"] + "/.config"
    state = environment.get("XDG_STATE_HOME") or environment["HOME"] + "/.local/state"
    return f"{config}/portalctl/config.toml", f"{state}/portalctl/batches"


def _own(path: str, flags: int) -> int:
    """The descriptor of a plain file of one's own."""
    opened = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(opened)
    if status.st_mode & _KIND != _PLAIN or status.st_uid != os.geteuid():
        os.close(opened)
        raise _Unsure
    return opened


def _require_free(journal: int) -> None:
    """Let pass a journal that no process is at. Raises BlockingIOError."""
    import fcntl

    fcntl.flock(journal, fcntl.LOCK_SH | fcntl.LOCK_NB)
