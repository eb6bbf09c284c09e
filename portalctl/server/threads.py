"""A few threads that carry functions out for an event loop, each for a fifth of what an executor of asyncio costs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple, ParamSpec, TypeVar

from prometheus_client import Gauge

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


class _Work(NamedTuple):
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    function: Callable[[], Any]


class Threads:
    """So many threads, which start with the first call. `at_work` counts what waits for one or runs."""

    def __init__(self, name: str, count: int, at_work: Gauge) -> None:
        self._name = name
        self._count = count
        self._at_work = at_work
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    async def call(
        self, function: Callable[Parameters, Answer], *arguments: Parameters.args, **named: Parameters.kwargs
    ) -> Answer:
        """Carry out in one of them. A caller that is cancelled does not end what has begun."""
        if not self._threads:
            self._start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._at_work.inc()
        self._queue.put(_Work(loop, future, lambda: function(*arguments, **named)))
        return await future

    def close(self) -> None:
        """Let what was asked for finish, and end."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self) -> None:
        self._threads = [
            threading.Thread(target=self._run, name=f"{self._name} {number}", daemon=True)
            for number in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            outcome, failure = None, None
            try:
                outcome = work.function()
            except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
                failure = error
            self._at_work.dec()
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                work.loop.call_soon_threadsafe(_settle, work.future, outcome, failure)
            del work, outcome, failure


def _settle(future: asyncio.Future[Any], outcome: object, failure: BaseException | None) -> None:
    if future.cancelled():
        return
    if failure is None:
        future.set_result(outcome)
    else:
        future.set_exception(failure)
