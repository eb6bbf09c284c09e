"""A second process that reads and sends small files beside this one: one interpreter keeps one processor busy.

It saves time and is relied on for nothing. What it does not answer for is sent by this process, and a portal adds
nothing twice. It holds no lock of this machine's, and ends when nobody asks it any more.
"""

from __future__ import annotations

import gc
import marshal
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, NoReturn, Self

from portalctl.models.batch_words import FileStatus
from portalctl.transfer.items import Item, Purpose, Result, Signature
from portalctl.transfer.journal import Ended

Send = Callable[[Sequence[Item]], Sequence[Ended | None]]
"""Sends files that travel together, and says what became of each; None of one that is to be sent by itself."""


class Twin:
    """The other process, as it is seen from this one."""

    def __init__(self, pid: int, jobs: BinaryIO, answers: BinaryIO, purposes: Sequence[Purpose]) -> None:
        self._pid, self._jobs, self._answers = pid, jobs, answers
        self._numbers = {purpose: number for number, purpose in enumerate(purposes)}
        self._turn = threading.Lock()

    @classmethod
    def of(cls, sender: Callable[[], Send], purposes: Sequence[Purpose]) -> Self | None:
        """Fork one, that sends by what `sender` makes there. `purposes` are those of all files that it will be given.

        None where a fork is not safe, or gains nothing: beside other threads, with one processor, on other systems.
        """
        if sys.platform != "linux" or threading.active_count() > 1 or len(os.sched_getaffinity(0)) < 2:
            return None
        gc.freeze()  # looking for garbage would copy what both have
        ends = [*os.pipe(), *os.pipe()]
        asked, jobs, answers, told = ends
        try:
            pid = os.fork()
        except OSError:
            for end in ends:
                os.close(end)
            return None
        if pid == 0:
            _be_twin(asked, told, sender, purposes)
        os.close(asked)
        os.close(told)
        return cls(pid, os.fdopen(jobs, "wb"), os.fdopen(answers, "rb"), purposes)

    def send(self, items: Sequence[Item]) -> Sequence[Ended | None] | None:
        """The same as a `Send`; None where the other process is at others, or it did not come to an end of these."""
        if not self._turn.acquire(blocking=False):
            return None
        try:
            job = [(item.row, item.path, *item.signature, self._numbers[item.purpose]) for item in items]
            marshal.dump(job, self._jobs)
            self._jobs.flush()
            told = marshal.load(self._answers)  # noqa: S302  from a child of this process
        except (OSError, EOFError, ValueError):
            return None
        finally:
            self._turn.release()
        return told and [each and _ended(item, each) for item, each in zip(items, told, strict=True)]

    def close(self) -> None:
        """End it, whatever it is at: what a portal has not taken whole, it has not taken."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._answers.close()
        with suppress(OSError):
            self._jobs.close()


def _told(ended: Ended) -> tuple[Any, ...]:
    row, path, status, *others = ended.result
    return (*ended.signature, row, path, status.value, *others)


def _ended(item: Item, told: Sequence[Any]) -> Ended:
    row, path, status, *others = told[5:]
    return Ended(item, Signature(*told[:5]), Result(row, path, FileStatus(status), *others))


def _be_twin(asked: int, told: int, sender: Callable[[], Send], purposes: Sequence[Purpose]) -> NoReturn:
    """Send what is asked for until nobody asks any more. An interrupt is for the other process to hear."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)
        _keep_only(asked, told)
        send = sender()
        with os.fdopen(asked, "rb") as jobs, os.fdopen(told, "wb") as answers:
            while True:
                job = marshal.load(jobs)  # noqa: S302  from the process that forked this one
                marshal.dump(_answer(send, [_item(each, purposes) for each in job]), answers)
                answers.flush()
    finally:
        os._exit(0)  # nothing here is to be put away twice


def _item(job: Sequence[Any], purposes: Sequence[Purpose]) -> Item:
    row, path, *signature, number = job
    return Item(row, path, Signature(*signature), purposes[number])


def _answer(send: Send, items: Sequence[Item]) -> list[tuple[Any, ...] | None] | None:
    try:
        return [each and _told(each) for each in send(items)]
    except Exception:  # noqa: BLE001  whatever it is: the other process comes upon it, and says what it means
        return None


def _keep_only(*kept: int) -> None:
    """Close what is open, above all the journal, whose lock would outlive the process that has it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        if standard in kept:
            raise OSError
        os.dup2(nowhere, standard)
    first = 3
    for each in (*sorted(kept), os.sysconf("SC_OPEN_MAX")):
        os.closerange(first, each)
        first = each + 1
