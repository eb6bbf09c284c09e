"""What a run came to, counted while its files end."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from portalctl import errors
from portalctl.models.batch_words import FileStatus
from portalctl.transfer.items import Plan, Result
from portalctl.transfer.plan import Hidden

if TYPE_CHECKING:
    from portalctl.models.batches import BatchSummary


class Sums(NamedTuple):
    """How many files, and what became of them; the bytes of those that were sent, and for how many clients."""

    files: int
    sent: int
    there: int
    skipped: int
    failed: int
    bytes: int
    clients: int


class Tally:
    """Counts the results of a run that pass. `batch` is the id of its journal."""

    def __init__(self, batch: str, plan: Plan) -> None:
        self._batch = batch
        self._files = len(plan.items) + len(plan.skipped)
        self._lengths = array("q", bytes(8 * (1 + max((item.row for item in plan.items), default=0))))
        for item in plan.items:
            self._lengths[item.row] = item.signature.bytes
        self._counts = dict.fromkeys(FileStatus, 0)
        self._bytes = 0
        self._clients: set[str] = set()
        self._hidden = 0
        self._last: Result | None = None

    def counting(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results as they come."""
        counts = self._counts
        for result in results:
            counts[result.status] += 1
            if result.client_id is not None:
                self._clients.add(result.client_id)
            if result.status is FileStatus.SENT:
                self._bytes += self._lengths[result.row]
            elif result.code == Hidden.code:
                self._hidden += 1
            self._last = result
            yield result

    def count_there(self, files: int) -> None:
        """So many were sent before, of which no result passes."""
        self._counts[FileStatus.THERE] += files

    @property
    def is_whole(self) -> bool:
        """Whether every file was sent, now or before."""
        return self._counts[FileStatus.SENT] + self._counts[FileStatus.THERE] == self._files

    def sums(self) -> Sums:
        """What there is so far."""
        counts = self._counts
        return Sums(
            self._files,
            counts[FileStatus.SENT],
            counts[FileStatus.THERE],
            counts[FileStatus.SKIPPED],
            counts[FileStatus.FAILED],
            self._bytes,
            len(self._clients),
        )

    def summary(self) -> BatchSummary:
        """The same, as others are told."""
        from portalctl.models.batches import BatchSummary

        return BatchSummary(batch=self._batch, **self.sums()._asdict())

    def settle(self) -> None:
        """Raise PartlyFailed where something failed or was left out; of a run of one file its own failure."""
        counts = self._counts
        wrong = counts[FileStatus.FAILED] + counts[FileStatus.SKIPPED] - self._hidden
        if not wrong:
            return
        if self._files == 1 and self._last is not None:
            raise _failure(self._last)
        raise errors.PartlyFailed(
            f"{wrong:,} of {self._files:,} were not sent", "see above why; the others are in order"
        )


def _failure(result: Result) -> errors.PortalError:
    kind = next((each for each in _kinds(errors.PortalError) if each.code == result.code), errors.PartlyFailed)
    return kind(result.message or "it was not sent", result.hint)


def _kinds(kind: type[errors.PortalError]) -> Iterator[type[errors.PortalError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)
