"""Small files that travel together: read one after the other, and handed to the portal at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from portalctl import errors
from portalctl.models.batch_words import SMALL_FILE, AddedStatus, FileAdded, FileStatus, FileToAdd
from portalctl.transfer.items import Addressee, Item, Recipient, Result, Signature, addressee_of
from portalctl.transfer.journal import Ended
from portalctl.transfer.plain_files import (
    READ,
    Skipped,
    as_failure,
    changed,
    open_found,
    signature_of,
    told_name,
    told_path,
)

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal
    from portalctl.transfer.patience import Patience
    from portalctl.transfer.sending import Stripped


class _Content(NamedTuple):
    """A small file as it was read; the request's row is its place among those that travel with it."""

    item: Item
    to: Addressee
    signature: Signature
    request: FileToAdd
    body: bytes


class Together:
    """Reads small files and sends them, those of one call together."""

    def __init__(
        self,
        portal: Portal,
        addressees: Mapping[Recipient, Addressee],
        patience: Callable[[], Patience],
        *,
        follow: bool,
        strip: Stripped | None,
    ) -> None:
        self._portal = portal
        self._addressees = addressees
        self._patience = patience
        self._follow, self._strip = follow, strip

    def send(self, items: Sequence[Item]) -> list[Ended | None]:
        """What became of each; None for one that has become longer than those that travel together.

        Raises what would become of all others, too.
        """
        all_ended: list[Ended | None] = [None] * len(items)
        read: list[_Content] = []
        for place, item in enumerate(items):
            try:
                found = self._read(item, place)
            except (errors.PortalError, OSError, ValueError) as failure:
                all_ended[place] = failed(item, addressee_of(item, self._addressees), failure)
                continue
            if found is not None:
                read.append(found)
        for content, one in zip(read, self._sent(read), strict=True):
            all_ended[content.request.row] = one
        return all_ended

    def _read(self, item: Item, place: int) -> _Content | None:
        """A file, as it was read; None where it has become longer than those that travel together.

        Raises Skipped, UploadIncomplete, OSError.
        """
        found = read_small(item, follow=self._follow)
        if found is None:
            return None
        body, signature = found
        if self._strip is not None:
            body = self._strip(body)
        purpose = item.purpose
        to = addressee_of(item, self._addressees)
        request = FileToAdd(
            row=place,
            name=told_name(item.path),
            bytes=len(body),
            client_id=to.client_id,
            title=purpose.title,
            folder=purpose.folder,
            appointment_id=to.appointment_id,
            kind=purpose.kind,
            shared_at=purpose.shared_at,
            notify=purpose.notify,
        )
        return _Content(item, to, signature, request, body)

    def _sent(self, contents: Sequence[_Content]) -> list[Ended]:
        if not contents:
            return []
        patience = self._patience()
        while True:
            try:
                files = ((content.request, content.body) for content in contents)
                told = {added.row: added for added in self._portal.add_files(files)}
            except (errors.Retryable, errors.PortalBusy) as trouble:
                patience.bear(trouble)
            except errors.UsageFailure as failure:
                if len(contents) == 1:
                    return [_failed(contents[0].item, contents[0].to, contents[0].signature, failure)]
                middle = len(contents) // 2
                return [*self._sent(contents[:middle]), *self._sent(contents[middle:])]
            else:
                return [_ended(content, told.get(content.request.row)) for content in contents]


def ended(
    item: Item,
    to: Addressee,
    signature: Signature,
    status: FileStatus,
    document_id: str | None = None,
    sha256: str | None = None,
    code: str | None = None,
    message: str | None = None,
    hint: str | None = None,
) -> Ended:
    """A file that ended, for whoever it turned out to be for."""
    path, client_id, client = told_path(item.path), to.client_id, to.client
    told = Result(item.row, path, status, client_id, client, document_id, sha256, code, message, hint)
    return Ended(item, signature, told)


def failed(item: Item, to: Addressee, failure: errors.PortalError | OSError | ValueError) -> Ended:
    """How a file ended that could not be read or sent."""
    if isinstance(failure, OSError):
        failure = as_failure(item.path, failure)
    elif not isinstance(failure, errors.PortalError):
        failure = errors.InvalidInput("its name or title is none that a portal takes", "rename it, or give a title")
    return _failed(item, to, item.signature, failure)


def read_small(item: Item, *, follow: bool) -> tuple[bytes, Signature] | None:
    """A small file's content, and which content of it that is; None for a longer one.

    One that changes meanwhile is read again. Raises Skipped, UploadIncomplete where it goes on changing, OSError.
    """
    planned = _as_planned(item)
    if planned is not None:
        return planned, item.signature
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


def _as_planned(item: Item) -> bytes | None:
    """A small file's content, where it is untouched since it was planned, and so need not be looked at anew."""
    size = item.signature.bytes
    if size > SMALL_FILE:
        return None
    try:
        descriptor = os.open(item.path, READ)
    except (OSError, ValueError):
        return None
    try:
        body = os.read(descriptor, size + 1)
        is_same = len(body) == size and signature_of(os.fstat(descriptor)) == item.signature
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return body if is_same else None


def _ended(content: _Content, added: FileAdded | None) -> Ended:
    item, to, signature, *_ = content
    if added is None:
        lost = errors.NetworkFailure("the portal did not tell what became of it", "give the command again")
        return _failed(item, to, signature, lost)
    if added.status == AddedStatus.REFUSED:
        why = (added.code, added.message, added.hint)
        return ended(item, to, signature, FileStatus.FAILED, None, added.sha256, *why)
    status = FileStatus.SENT if added.status == AddedStatus.ADDED else FileStatus.THERE
    return ended(item, to, signature, status, added.document_id, added.sha256)


def _failed(item: Item, to: Addressee, signature: Signature, failure: errors.PortalError) -> Ended:
    status = FileStatus.SKIPPED if isinstance(failure, Skipped) else FileStatus.FAILED
    return ended(item, to, signature, status, None, None, failure.code, failure.message, failure.hint)
