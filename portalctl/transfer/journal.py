"""What a run has reached, kept on this machine so that the same command goes on where it was.

A journal is a file of JSON lines, each with a checksum over what follows it: `run` when a run begins, `clients` and
`files` as files end, `end` when all were tried. Readable by its owner only, and locked by the process that is at it. It
saves work and is no truth: what it has lost is asked of the portal, or sent again, which the portal does not add twice.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from portalctl import errors
from portalctl.models.batch_words import FileStatus
from portalctl.private_files import write_private
from portalctl.transfer.items import Item, Plan, Result, Signature
from portalctl.transfer.journal_lines import Damaged, line_of, lines_in
from portalctl.transfer.plain_files import told_path
from portalctl.transfer.seals import break_seals

VERSION = 1

ENDING = ".jsonl"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Ended(NamedTuple):
    """A file that ended: as what, and which content of it that was."""

    item: Item
    signature: Signature
    result: Result


class Recalled:
    """What a journal holds; of each file no more than whether that content of it is done, as there may be very many.

    `forgotten` are those that were done and then were not: what is told of them before that holds no more.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.done: set[int] = set()
        self.forgotten: set[int] = set()
        self.failed: set[int] = set()
        self.clients: dict[str, str] = {}
        self.run: dict[str, Any] = {}
        self.started_at = ""
        self.has_ended = False
        self.length = 0
        for end, kind, told in lines_in(lines):
            try:
                self._take(kind, told)
            except (KeyError, TypeError, IndexError, ValueError, AttributeError):
                raise Damaged("a line of it tells something else than it should") from None
            self.length = end

    def take(self, path: str, mark: str, signature: tuple[int, ...], *, is_done: bool) -> None:
        """A file ended, with that content, for the purpose with that mark."""
        content = hash((path, mark, signature))
        if is_done:
            self.done.add(content)
            self.failed.discard(hash((path, mark)))
        else:
            if content in self.done:
                self.done.remove(content)
                self.forgotten.add(content)
            self.failed.add(hash((path, mark)))

    def _take(self, kind: str, told: Any) -> None:
        if kind == "files":
            done, failed = self.done, self.failed
            for row in told:
                if row[7] in DONE and not failed:
                    done.add(hash((row[0], row[1], tuple(row[2:7]))))
                else:
                    self.take(row[0], row[1], tuple(row[2:7]), is_done=row[7] in DONE)
        elif kind == "clients":
            self.clients.update(told)
        elif kind == "run":
            if told["version"] > VERSION:
                raise Damaged("it was written by a newer portalctl")
            self.run, self.has_ended = told, False
            self.started_at = self.started_at or told["at"]
        elif kind == "end":
            self.has_ended = True


DONE = frozenset((FileStatus.SENT.value, FileStatus.THERE.value))

_NO_PLACE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR)

_TRIES = 5
"""How often a journal is locked that somebody looks at just now, or that was forgotten meanwhile."""


class Journal:
    """The memory of one batch, which this process alone is at.

    `is_anew` tells that what there was of it could not be read and was set aside: the portal knows what stands.
    `trouble` says why nothing is remembered, where there is no place for it. `as_planned` counts the files that were
    done in this run with the very content that was planned.
    """

    trouble: str | None = None
    as_planned = 0

    def __init__(self, path: Path, descriptor: int, recalled: Recalled, *, is_anew: bool) -> None:
        self.batch = path.name.removesuffix(ENDING)
        self.is_anew = is_anew
        self.path = path
        self._descriptor = descriptor
        self._recalled = recalled

    @classmethod
    @contextmanager
    def of(
        cls, folder: Path, plan: Plan, *, portal: str, account: str, profile: str | None, now: datetime
    ) -> Iterator[Journal]:
        """The journal of a plan: one for the same key, portal and account; made where there is none.

        `folder` is `paths.state / "batches"`, `account` who is signed in, as far as this machine knows (the profile's
        e-mail address or name). Raises BatchRunning, naming the process that is at it; StorageFailure.
        """
        here = _here()
        path = folder / (batch_id(plan.key, portal, account, here) + ENDING)
        with _locked_if_it_can_be(path) as (descriptor, trouble):
            with _failing_as(path):
                recalled, is_anew = _read_or_set_aside(path, descriptor)
            journal = cls(path, descriptor, recalled, is_anew=is_anew)
            journal.trouble = trouble
            journal._begin(
                {
                    "version": VERSION,
                    "pid": os.getpid(),
                    "at": now.isoformat(),
                    "portal": portal,
                    "account": account,
                    "profile": profile,
                    "folder": here,
                    "words": list(plan.words),
                    "files": len(plan.items),
                }
            )
            yield journal

    @classmethod
    def seen(cls, folder: Path, plan: Plan, *, portal: str, account: str) -> Journal:
        """What is remembered of a plan now, to be read only: another process may be at it."""
        path = folder / (batch_id(plan.key, portal, account, _here()) + ENDING)
        try:
            recalled = recalled_from(path)
        except (OSError, Damaged):
            recalled = Recalled(())
        return cls(path, -1, recalled, is_anew=False)

    def pending(self, items: Sequence[Item]) -> list[Item]:
        """Those that are not done, or have another signature or purpose now."""
        done = self._recalled.done
        if not done:
            return list(items)
        marked = zip(items, self._marks_of(items), strict=True)
        return [item for item, mark in marked if hash((item.path, mark, item.signature)) not in done]

    def done(self, items: Sequence[Item]) -> Iterator[Result]:
        """What became of those that are done, as they were done: each is `there`. Raises StorageFailure.

        Only those that were forgotten once are held until the last line: a later one may tell of them again.
        """
        done, forgotten = self._recalled.done, self._recalled.forgotten
        marked = zip(items, self._marks_of(items), strict=True)
        rows = {
            (item.path, mark): (item.row, item.signature)
            for item, mark in marked
            if hash((item.path, mark, item.signature)) in done
        }
        held: dict[int, Result] = {}
        with _failing_as(self.path), self.path.open("rb") as file:
            for _, kind, told in lines_in(file):
                if kind != "files":
                    continue
                for row in told:
                    place, signature = rows.get((row[0], row[1]), (0, None))
                    if signature != tuple(row[2:7]) or row[7] not in DONE:
                        continue
                    if hash((row[0], row[1], signature)) in forgotten:
                        held[place] = self._there(place, row)
                    else:
                        del rows[row[0], row[1]]
                        yield self._there(place, row)
        yield from held.values()

    def _there(self, place: int, row: list[Any]) -> Result:
        return Result(
            row=place,
            path=told_path(row[0]),
            client_id=row[10],
            client=self._recalled.clients.get(row[10]),
            document_id=row[9],
            sha256=row[8],
            status=FileStatus.THERE,
        )

    def record(self, ended: Sequence[Ended]) -> None:
        """Remember what became of files. Raises StorageFailure."""
        known, new = self._recalled.clients, {}
        rows = []
        marks = self._marks_of(each.item for each in ended)
        for (item, signature, told), mark in zip(ended, marks, strict=True):
            if told.client_id is not None and told.client is not None and told.client_id not in known:
                new[told.client_id] = known[told.client_id] = told.client
            row = [item.path, mark, *signature]
            row += [told.status.value, told.sha256, told.document_id, told.client_id, told.code]
            rows.append(row)
            if signature == item.signature and told.status.value in DONE:
                self.as_planned += 1
        self._append(*([line_of("clients", new)] if new else []), line_of("files", rows))

    def forget(self, items: Sequence[Item]) -> None:
        """Have items pending again that are done, since they stand no more. Raises StorageFailure."""
        gone = []
        for item, mark in zip(items, self._marks_of(items), strict=True):
            self._recalled.take(item.path, mark, item.signature, is_done=False)
            gone.append([item.path, mark, *item.signature, FileStatus.FAILED.value, *[None] * 4])
        self._append(line_of("files", gone))

    def end(self, now: datetime) -> None:
        """Remember that every file was tried. Raises StorageFailure."""
        self._append(line_of("end", {"at": now.isoformat()}))

    def drop(self) -> None:
        """Remember nothing of the batch."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        break_seals(self.path)

    def _begin(self, run: dict[str, Any]) -> None:
        with _failing_as(self.path):
            if self.trouble is None:
                os.ftruncate(self._descriptor, self._recalled.length)  # a line that a kill cut off
        self._append(line_of("run", run))

    def _append(self, *lines: bytes) -> None:
        with _failing_as(self.path):
            left = memoryview(b"".join(lines))
            while left:
                left = left[os.write(self._descriptor, left) :]

    def _marks_of(self, items: Iterable[Item]) -> Iterator[str]:
        """A mark for the purpose of each: the same for the same purpose, and for no other."""
        last, mark = None, ""
        for item in items:
            if item.purpose is not last:
                last = item.purpose
                mark = hashlib.sha256(repr(tuple(last)).encode("utf-8", "surrogateescape")).hexdigest()[:20]
            yield mark


def _here() -> str:
    """The folder in which the command is given; none where that is gone."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def batch_id(key: str, portal: str, account: str, folder: str) -> str:
    """The id of a batch: the same for the same command of the same account, given in the same folder."""
    told = json.dumps([key, portal, account, folder]).encode()
    number = int.from_bytes(hashlib.sha256(told).digest()[:8])
    return "bat_" + "".join(_ALPHABET[number >> 5 * place & 31] for place in range(12))


@contextmanager
def _locked_if_it_can_be(path: Path) -> Iterator[tuple[int, str | None]]:
    """The same; where there is no place for it, one that keeps nothing, and why that is."""
    with ExitStack() as stack:
        try:
            descriptor, trouble = stack.enter_context(locked(path)), None
        except errors.StorageFailure as failure:
            cause = failure.__context__
            if not isinstance(cause, OSError) or cause.errno not in _NO_PLACE:
                raise
            descriptor, trouble = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC), failure.message
            stack.callback(os.close, descriptor)
        yield descriptor, trouble


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """The journal's descriptor, which no other process has meanwhile; the file is made where there is none."""
    with _failing_as(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = _lock(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int:
    import fcntl

    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    for tries_left in reversed(range(_TRIES)):
        descriptor = os.open(path, flags, 0o600)
        try:
            found = os.fstat(descriptor)
            _require_own(path, found)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.fchmod(descriptor, 0o600)
            if _is_still_at(path, found):
                return descriptor
        except BlockingIOError:
            if not tries_left:
                os.close(descriptor)
                raise _running(path) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        time.sleep(0.01)
    raise _running(path)


def _require_own(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise errors.StorageFailure(f"{path} is no plain file of yours", "look who put it there, then move it away")


def _is_still_at(path: Path, found: os.stat_result) -> bool:
    """Whether the file that was locked is the one of that name, and not one that was forgotten meanwhile."""
    try:
        return os.path.samestat(path.stat(), found)
    except FileNotFoundError:
        return False


def _running(path: Path) -> errors.BatchRunning:
    try:
        who = f"process {recalled_from(path).run['pid']}"
    except (Damaged, OSError, KeyError):
        who = "another process"
    return errors.BatchRunning(f"{who} is at this batch", "wait until it ends, or end it; then give the command again")


def _read_or_set_aside(path: Path, descriptor: int) -> tuple[Recalled, bool]:
    """What is in the journal. One that cannot be read is kept under another name, and this one begins anew."""
    with open(descriptor, "rb", closefd=False) as file:
        try:
            return Recalled(file), False
        except Damaged:
            file.seek(0)
            write_private(path.with_name(f"{path.name}.damaged"), file.read())
    os.ftruncate(descriptor, 0)
    return Recalled(()), True


def recalled_from(path: Path) -> Recalled:
    """What a journal holds. Raises Damaged, OSError."""
    with path.open("rb") as file:
        return Recalled(file)


@contextmanager
def _failing_as(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.StorageFailure(
            f"{path} cannot be written: {error.strerror or error}",
            "check its folder and the disk, or set PORTALCTL_HOME to another folder",
        ) from None
