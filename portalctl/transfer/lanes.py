"""Several threads that take one job after the other, and tell the thread that waits for them how each ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from queue import Empty, Queue
from typing import Generic, TypeVar

Job = TypeVar("Job")
Told = TypeVar("Told")

LANES = 4
"""Threads: while some wait for the portal and its disk, others read."""

LAST_WAIT = 0.8
"""Seconds that what is under way gets to end in, when the run is broken off."""


class Stopped(BaseException):
    """The run is broken off; nobody waits for this job any more."""


class Lanes(Generic[Job, Told]):
    """Does jobs, several at a time; one alone is done by the thread that asks. Jobs are taken as lanes become free."""

    def __init__(self, work: Callable[[Job], Told]) -> None:
        self._work = work
        self._stop = threading.Event()
        self._told: Queue[tuple[Told | None, BaseException | None]] = Queue(LANES)  # who reads slowly slows them down
        self._turn = threading.Lock()
        self._running = 0

    def go_on(self) -> None:
        """Raise Stopped where the run is broken off."""
        if self._stop.is_set():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped as soon as the run is broken off."""
        self._stop.wait(seconds)
        self.go_on()

    def results(self, jobs: Iterable[Job]) -> Iterator[Told]:
        """What each came to, as it ends. Raises the first failure, behind all that ended."""
        waiting = iter(jobs)
        first = list(islice(waiting, 2))
        if len(first) < 2:
            yield from map(self._work, first)
            return
        self._start(job for some in (first, waiting) for job in some)
        failure: BaseException | None = None
        while self._running:
            told, trouble = self._told.get()
            if told is not None:
                yield told
            elif trouble is not None:
                failure = failure if failure is not None and not isinstance(failure, Stopped) else trouble
            else:
                self._running -= 1
        if failure is not None:
            raise failure

    def last_results(self) -> Iterator[Told]:
        """Break the run off: what still ends in the short time that is left."""
        self._stop.set()
        until = time.monotonic() + LAST_WAIT
        while self._running and (left := until - time.monotonic()) > 0:
            try:
                told, trouble = self._told.get(timeout=left)
            except Empty:
                return
            if told is not None:
                yield told
            elif trouble is None:
                self._running -= 1

    def _start(self, jobs: Iterator[Job]) -> None:
        self._running = LANES
        for number in range(LANES):
            threading.Thread(target=self._run, args=(jobs,), daemon=True, name=f"lane-{number}").start()

    def _run(self, jobs: Iterator[Job]) -> None:
        try:
            while not self._stop.is_set() and (job := self._next(jobs)) is not None:
                self._told.put((self._work(job), None))
        except BaseException as trouble:  # noqa: BLE001  it is raised again where it is waited for
            self._stop.set()
            self._told.put((None, trouble))
        finally:
            self._told.put((None, None))

    def _next(self, jobs: Iterator[Job]) -> Job | None:
        with self._turn:
            return next(jobs, None)
