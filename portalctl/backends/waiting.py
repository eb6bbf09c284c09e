"""Waiting for somebody who may never come to an end, while something that has no end of its own is sent to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Waiting:
    """Waits for so many seconds since anything was last sent."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moved = time.monotonic()
        self._is_done, self._is_abandoned = threading.Event(), threading.Event()

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody waits any more for what is still under way."""
        return self._is_abandoned.is_set()

    def watched(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """What is sent; it ends when nobody waits any more."""
        for chunk in chunks:
            self._moved = time.monotonic()
            if self.is_abandoned:
                return
            yield chunk
        self._moved = time.monotonic()

    def result_of(self, call: Callable[[], T], give_up: Callable[[], None]) -> T:
        """What a call comes to, which a thread makes. Raises what it raises, and TimeoutError.

        An interrupt ends the wait at once; `give_up` is then called when the thread is done.
        """
        results: list[T] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                results.append(call())
            except BaseException as error:  # noqa: BLE001  it is raised again where it is waited for
                failures.append(error)
            self._is_done.set()
            if self.is_abandoned:
                give_up()

        threading.Thread(target=run, daemon=True, name="stream").start()
        try:
            while not self._is_done.wait(max(0.0, self._moved + self._seconds - time.monotonic())):
                if time.monotonic() >= self._moved + self._seconds:
                    raise TimeoutError
        finally:
            if not self._is_done.is_set():
                self._is_abandoned.set()
        if failures:
            raise failures[0]
        return results[0]
