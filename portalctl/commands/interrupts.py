"""Ctrl-C while many results pass: heard once, it ends the run, whoever swallows it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")


class Interrupt:
    """Whether somebody has interrupted the run."""

    was_heard = False

    def heeded(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results. Raises KeyboardInterrupt behind the one in whose handling an interrupt was lost.

        pydantic loses one that comes while it reads an enum's value for JSON.
        """
        for result in results:
            yield result
            if self.was_heard:
                raise KeyboardInterrupt

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """Take the signal."""
        self.was_heard = True
        raise KeyboardInterrupt


@contextmanager
def hearing() -> Iterator[Interrupt]:
    """Remember interrupts, where they are raised as usual; who ignores them, or handles them otherwise, still does."""
    interrupt = Interrupt()
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupt
        return
    signal.signal(signal.SIGINT, interrupt.hear)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
