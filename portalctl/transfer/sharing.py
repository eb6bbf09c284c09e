"""Sharing many files: small ones travel together, large ones by themselves, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING

from portalctl import errors
from portalctl.models.batch_words import BATCH_BYTES, BATCH_FILES, SMALL_FILE, FileKind, FileStatus
from portalctl.transfer.items import Addressee, Item, Recipient, Result, Signature, addressee_of
from portalctl.transfer.journal import Ended, Journal
from portalctl.transfer.lanes import Lanes
from portalctl.transfer.patience import FEW_TRIES, TRIES, Patience
from portalctl.transfer.together import Together, ended, failed

if TYPE_CHECKING:
    from portalctl.clock import Clock
    from portalctl.contract.portal import Portal
    from portalctl.models.documents import Document
    from portalctl.transfer.bulk_progress import Bulk
    from portalctl.transfer.sending import Sending, Stripped, Wanted
    from portalctl.transfer.twin import Send, Twin

TWINS = range(2000, 30_001)
"""How many small files a second process helps to send: fewer are sent by then, more do not fit into memory twice."""

_BATCHES_AT_ONCE = 2
"""Batches of small files whose contents are held at the same time: one is read while the other is on its way."""


def share(
    portal: Portal,
    items: Sequence[Item],
    addressees: Mapping[Recipient, Addressee],
    journal: Journal,
    *,
    progress: Bulk,
    clock: Clock,
    follow: bool = False,
    strip: Stripped | None = None,
) -> Iterator[Result]:
    """Send the items, which are pending, and tell what became of each as it ends, once the journal has it.

    `addressees` has whoever a purpose names as its recipient. A file that fails, fails alone. What would fail all of
    them alike is raised: SignInNeeded, NetworkFailure after patience, StorageFailure. Closing the iterator, as an
    interrupt does, lets what is under way end, for a second at the most.
    """
    if journal.is_anew:
        from portalctl.transfer.recollecting import recollect

        stand: set[int] = set()
        for ended in recollect(portal, items, addressees, follow=follow, strip=strip):
            stand |= {each.item.row for each in ended}
            yield from _recorded(ended, journal, progress)
        items = [item for item in items if item.row not in stand]
    tries = FEW_TRIES if len(items) == 1 else TRIES
    with _twin(portal, items, addressees, follow=follow, strip=strip) as twin:
        sharing = Sharing(portal, addressees, progress, clock, twin, follow=follow, strip=strip, tries=tries)
        try:
            for ended in sharing.lanes.results(jobs_of(items)):
                yield from _recorded(ended, journal, progress)
        finally:
            for ended in sharing.lanes.last_results():
                journal.record(ended)


def _twin(
    portal: Portal,
    items: Sequence[Item],
    addressees: Mapping[Recipient, Addressee],
    *,
    follow: bool,
    strip: Stripped | None,
) -> AbstractContextManager[Twin | None]:
    """Another process for many small files, where they are not sent to one that is another already."""
    small = sum(item.signature.bytes <= SMALL_FILE for item in items)
    if small not in TWINS or len(items) not in TWINS or (other := portal.beside()) is None:
        return nullcontext()
    from portalctl.transfer.twin import Twin

    def sender() -> Send:
        return Together(other, addressees, partial(Patience, tries=1), follow=follow, strip=strip).send

    twin = Twin.of(sender, list({item.purpose: None for item in items}))
    return nullcontext() if twin is None else closing(twin)


def _recorded(ended: Sequence[Ended], journal: Journal, progress: Bulk) -> Iterator[Result]:
    if ended:
        journal.record(ended)
        progress.ended(ended)
    for each in ended:
        yield each.result


def jobs_of(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Files that travel together, and each larger one alone."""
    together: list[Item] = []
    length = 0
    for item in items:
        size = item.signature.bytes
        if size > SMALL_FILE:
            yield [item]
            continue
        if together and (len(together) >= BATCH_FILES or length + size > BATCH_BYTES):
            yield together
            together, length = [], 0
        together.append(item)
        length += size
    if together:
        yield together


class Sharing:
    """Sends the files of one run; called by several threads."""

    def __init__(
        self,
        portal: Portal,
        addressees: Mapping[Recipient, Addressee],
        progress: Bulk,
        clock: Clock,
        twin: Twin | None,
        *,
        follow: bool,
        strip: Stripped | None,
        tries: int = TRIES,
    ) -> None:
        self.lanes: Lanes[list[Item], list[Ended]] = Lanes(self._send)
        self._portal = portal
        self._addressees = addressees
        self._progress = progress
        self._twin = twin
        self._follow, self._strip = follow, strip
        self._clock, self._tries = clock, tries
        patience = partial(self._patience, tries)
        self._together = Together(portal, addressees, patience, follow=follow, strip=strip)
        self._batches = threading.Semaphore(_BATCHES_AT_ONCE)

    @cached_property
    def _way(self) -> Sending:
        from portalctl.transfer.sending import Sending

        following = self._progress.watched_by(self.lanes.go_on)
        return Sending(self._portal, following, self._patience, self._follow, self._strip)

    def _patience(self, tries: int = TRIES) -> Patience:
        return Patience(self.lanes.pause, self._clock, tries)

    def _send(self, items: list[Item]) -> list[Ended]:
        """What became of each. Raises what would become of all others, too."""
        if len(items) == 1 and items[0].signature.bytes > SMALL_FILE:
            return [self._alone(items[0])]
        with self._batches:
            self.lanes.go_on()
            self._progress.began(items[0].path)
            sent = None if self._twin is None else self._twin.send(items)
            if sent is None:
                self.lanes.go_on()
                sent = self._together.send(items)
        return [each or self._alone(item) for item, each in zip(items, sent, strict=True)]

    def _alone(self, item: Item) -> Ended:
        from portalctl.transfer.sending import Wanted

        purpose, to = item.purpose, addressee_of(item, self._addressees)
        wanted = Wanted(
            purpose.title, purpose.folder, to.client_id, to.appointment_id, purpose.shared_at, purpose.notify
        )
        try:
            if purpose.kind is FileKind.NOTE:
                raise errors.DocumentTooLarge(f"{item.path} is too long for a note", "share it as a file")
            document, signature = self._sent(item, wanted)
        except (errors.PortalError, OSError, ValueError) as failure:
            if _ends_all(failure):
                raise
            return failed(item, to, failure)
        return ended(item, to, signature, FileStatus.SENT, document.id, document.sha256)

    def _sent(self, item: Item, wanted: Wanted) -> tuple[Document, Signature]:
        """Send a file by itself. One of many is begun again, where it was, when the portal was away for long."""
        from portalctl.transfer.sending import send

        patience = self._patience(1 if self._tries == FEW_TRIES else FEW_TRIES)
        while True:
            try:
                return send(self._way, item.path, wanted)
            except errors.Retryable as trouble:
                patience.bear(trouble)


def _ends_all(failure: Exception) -> bool:
    """Whether the next file would fail alike: nobody is signed in or permitted, or the portal does not work."""
    return isinstance(
        failure,
        errors.SignInNeeded
        | errors.NotPermitted
        | errors.ScopeMissing
        | errors.Unsupported
        | errors.Retryable
        | errors.StorageFailure,
    )
