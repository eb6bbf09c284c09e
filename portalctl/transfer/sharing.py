"""Sharing many files: small ones travel together, large ones by themselves, several at a time."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from portalctl import errors
from portalctl.models.batch_words import BATCH_BYTES, BATCH_FILES, SMALL_FILE, AddedStatus, FileKind, FileStatus
from portalctl.models.batches import AddedFile, AddFile, FileResult
from portalctl.transfer.items import Addressee, Item, Recipient, Signature
from portalctl.transfer.journal import Ended, Journal
from portalctl.transfer.lanes import Lanes
from portalctl.transfer.patience import FEW_TRIES, TRIES, Patience
from portalctl.transfer.plain_files import Skipped, as_failure, changed, open_found, signature_of, told_name, told_path

if TYPE_CHECKING:
    from portalctl.clock import Clock
    from portalctl.contract.portal import Portal
    from portalctl.models.documents import Document
    from portalctl.transfer.bulk_progress import Bulk
    from portalctl.transfer.sending import Sending, Stripped, Wanted

NOBODY = Addressee()

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
) -> Iterator[FileResult]:
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
    sharing = Sharing(portal, addressees, progress, clock, follow=follow, strip=strip, tries=tries)
    try:
        for ended in sharing.lanes.results(jobs_of(items)):
            yield from _recorded(ended, journal, progress)
    finally:
        for ended in sharing.lanes.last_results():
            journal.record(ended)


def _recorded(ended: Sequence[Ended], journal: Journal, progress: Bulk) -> Iterator[FileResult]:
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


class _Content(NamedTuple):
    """A small file as it was read."""

    item: Item
    signature: Signature
    request: AddFile
    body: bytes


class Sharing:
    """Sends the files of one run; called by several threads."""

    def __init__(
        self,
        portal: Portal,
        addressees: Mapping[Recipient, Addressee],
        progress: Bulk,
        clock: Clock,
        *,
        follow: bool,
        strip: Stripped | None,
        tries: int = TRIES,
    ) -> None:
        self.lanes: Lanes[list[Item], list[Ended]] = Lanes(self._send)
        self._portal = portal
        self._addressees = addressees
        self._progress = progress
        self._follow, self._strip = follow, strip
        self._clock, self._tries = clock, tries
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
            ended, longer = self._read_and_sent(items)
        return [*ended, *map(self._alone, longer)]

    def _read_and_sent(self, items: Sequence[Item]) -> tuple[list[Ended], list[Item]]:
        """What became of small files that travel together, and those that have become longer than such."""
        self.lanes.go_on()
        self._progress.began(items[0].path)
        ended: list[Ended] = []
        read: list[_Content] = []
        longer: list[Item] = []
        for item in items:
            try:
                found = self._read(item, len(read))
            except (errors.PortalError, OSError, ValueError) as failure:
                ended.append(self._failed(item, failure))
                continue
            if found is None:
                longer.append(item)
            else:
                read.append(found)
        ended += self._together(read)
        return ended, longer

    def _alone(self, item: Item) -> Ended:
        from portalctl.transfer.sending import Wanted

        purpose, to = item.purpose, self._to(item)
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
            return self._failed(item, failure)
        told = self._result(item, FileStatus.SENT, document_id=document.id, sha256=document.sha256)
        return Ended(item, signature, told)

    def _sent(self, item: Item, wanted: Wanted) -> tuple[Document, Signature]:
        """Send a file by itself. One of many is begun again, where it was, when the portal was away for long."""
        from portalctl.transfer.sending import send

        patience = self._patience(1 if self._tries == FEW_TRIES else FEW_TRIES)
        while True:
            try:
                return send(self._way, item.path, wanted)
            except errors.Retryable as trouble:
                patience.bear(trouble)

    def _read(self, item: Item, place: int) -> _Content | None:
        """A file, read and hashed; None where it has become longer than those that travel together.

        Raises Skipped, UploadIncomplete, OSError.
        """
        found = read_small(item, follow=self._follow)
        if found is None:
            return None
        body, signature = found
        if self._strip is not None:
            body = self._strip(body)
        purpose, to = item.purpose, self._to(item)
        request = AddFile(
            row=place,
            name=told_name(item.path),
            bytes=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            client_id=to.client_id,
            title=purpose.title,
            folder=purpose.folder,
            appointment_id=to.appointment_id,
            kind=purpose.kind,
            shared_at=purpose.shared_at,
            notify=purpose.notify,
        )
        return _Content(item, signature, request, body)

    def _together(self, contents: Sequence[_Content]) -> list[Ended]:
        if not contents:
            return []
        patience = self._patience(self._tries)
        while True:
            try:
                files = ((content.request, content.body) for content in contents)
                told = {added.row: added for added in self._portal.add_files(files)}
            except (errors.Retryable, errors.PortalBusy) as trouble:
                patience.bear(trouble)
            except errors.UsageFailure as failure:
                if len(contents) == 1:
                    return [self._failed(contents[0].item, failure)]
                middle = len(contents) // 2
                return [*self._together(contents[:middle]), *self._together(contents[middle:])]
            else:
                return [self._told(content, told.get(content.request.row)) for content in contents]

    def _told(self, content: _Content, added: AddedFile | None) -> Ended:
        item, sha256 = content.item, content.request.sha256
        if added is None:
            lost = errors.NetworkFailure("the portal did not tell what became of it", "give the command again")
            return self._failed(item, lost)
        if added.status == AddedStatus.REFUSED:
            told = self._result(
                item, FileStatus.FAILED, sha256=sha256, code=added.code, message=added.message, hint=added.hint
            )
        else:
            status = FileStatus.SENT if added.status == AddedStatus.ADDED else FileStatus.THERE
            told = self._result(item, status, document_id=added.document_id, sha256=sha256)
        return Ended(item, content.signature, told)

    def _failed(self, item: Item, failure: errors.PortalError | OSError | ValueError) -> Ended:
        if isinstance(failure, OSError):
            failure = as_failure(item.path, failure)
        elif not isinstance(failure, errors.PortalError):
            failure = errors.InvalidInput("its name or title is none that a portal takes", "rename it, or give a title")
        status = FileStatus.SKIPPED if isinstance(failure, Skipped) else FileStatus.FAILED
        told = self._result(item, status, code=failure.code, message=failure.message, hint=failure.hint)
        return Ended(item, item.signature, told)

    def _to(self, item: Item) -> Addressee:
        recipient = item.purpose.recipient
        return NOBODY if recipient is None else self._addressees[recipient]

    def _result(
        self,
        item: Item,
        status: FileStatus,
        *,
        document_id: str | None = None,
        sha256: str | None = None,
        code: str | None = None,
        message: str | None = None,
        hint: str | None = None,
    ) -> FileResult:
        to = self._to(item)
        return FileResult(
            row=item.row,
            path=told_path(item.path),
            client_id=to.client_id,
            client=to.client,
            document_id=document_id,
            sha256=sha256,
            status=status,
            code=code,
            message=message,
            hint=hint,
        )


def read_small(item: Item, *, follow: bool) -> tuple[bytes, Signature] | None:
    """A small file's content, and which content of it that is; None for a longer one.

    One that changes meanwhile is read once more. Raises Skipped, UploadIncomplete where it changes again, OSError.
    """
    for _ in range(2):
        descriptor, status = open_found(item.path, item.signature, follow=follow)
        try:
            size = status.st_size
            if size > SMALL_FILE:
                return None
            body = os.read(descriptor, size + 1)
            while 0 < len(body) < size and (more := os.read(descriptor, size + 1 - len(body))):
                body += more
            signature = signature_of(os.fstat(descriptor))
        finally:
            os.close(descriptor)
        if len(body) == size and signature == signature_of(status):
            return body, signature
    raise changed(item.path)


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
