"""Doing something with each of many: a failure of one is told, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from portalctl.errors import NotAPortalServer, PartlyFailed, PortalError, SignInNeeded

T = TypeVar("T")
Thing = TypeVar("Thing")


class Outcome:
    """What became of many: a failure of one is told, and the others go on."""

    def __init__(self, say: Callable[[str], None], verb: str) -> None:
        self._say = say
        self._verb = verb
        self._done = 0
        self._failures: list[PortalError | OSError] = []

    def of_each(
        self, things: Sequence[Thing] | Iterator[Thing], work: Callable[[Thing], T], name: Callable[[Thing], str] = str
    ) -> Iterator[T]:
        """What the work made of each. With one thing alone its failure is raised."""
        alone = isinstance(things, list) and len(things) == 1
        for thing in things:
            try:
                found = work(thing)
            except (PortalError, OSError) as failure:
                if alone or _ends_all(failure):
                    raise
                self._failures.append(failure)
                self._say(f"{name(thing)}: {_told(failure)}")
            else:
                self._done += 1
                yield found

    def settle(self) -> None:
        """Raise PartlyFailed where something failed."""
        if self._failures:
            count = len(self._failures)
            raise PartlyFailed(
                f"{count} of {count + self._done} were not {self._verb}", "see above why; the others are in order"
            )


def _ends_all(failure: Exception) -> bool:
    """Whether the next would fail alike: nobody is signed in, or it is no portal."""
    return isinstance(failure, SignInNeeded | NotAPortalServer)


def _told(failure: PortalError | OSError) -> str:
    if isinstance(failure, OSError):
        return f"{failure.filename}: {failure.strerror}" if failure.filename else str(failure.strerror or failure)
    return failure.message
