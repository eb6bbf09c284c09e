"""Bodies on their way to the portal. What has arrived stays for a day; a whole one waits for a document to be made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from portalctl import errors
from portalctl.contract import uploads as contract
from portalctl.contract.portal import Portal
from portalctl.domain import references
from portalctl.domain.clients import find_client
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.domain.receiving import Arriving, received
from portalctl.models.uploads import AppendToUpload, StartUpload, Upload, UploadReference
from portalctl.storage import bodies, uploads
from portalctl.storage.blobs import CutShort
from portalctl.storage.engine import Row
from portalctl.storage.owners import PRACTICE

KEPT_SECONDS = 86_400
"""How long an upload waits for the rest of it, and for a document to be made of it."""


class Taken(NamedTuple):
    """A whole body that becomes a document; `head` is what it begins with, `tail` what it ends with: 64 KiB at most."""

    name: str
    sha256: str
    head: bytes
    tail: bytes
    bytes: int


class Uploads(contract.Uploads):
    """The uploads of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def start(self, request: StartUpload) -> Upload:
        """Begin an upload; it is kept for a day."""
        from portalctl.contract import kinds
        from portalctl.domain.quotas import Room
        from portalctl.domain.sharing import terms_of_practice

        with self._office.visit(contract.Uploads.start) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _told(_find(visit, before[0]))
            client_id = find_client(visit, request.client).id if request.client is not None else None
            terms = terms_of_practice(visit.transaction)
            kinds.check_size(request.bytes, terms)
            kinds.check_name(request.name, terms)
            whose = client_id or visit.caller.client_id
            Room(visit, terms, {whose}).take(whose, request.bytes)
            made = new_id("upl")
            uploads.insert(
                visit.transaction,
                id=made,
                account_id=visit.caller.account_id,
                owner=_owner(visit),
                name=request.name,
                bytes=request.bytes,
                created_at=visit.second,
                expires_at=visit.second + KEPT_SECONDS,
            )
            visit.record(made, client_id or visit.caller.client_id)
            remember(visit, request.idempotency_key, request, [made])
            return _told(_find(visit, made))

    def show(self, request: UploadReference) -> Upload:
        """How far an upload is."""
        with self._office.visit(contract.Uploads.show) as visit:
            return _told(_find(visit, request.id))

    def drop(self, request: UploadReference) -> None:
        """Give an upload up; harmless when it is gone."""
        with self._office.visit(contract.Uploads.drop) as visit:
            tx = visit.transaction
            if uploads.is_over(tx, visit.caller.account_id, request.id, visit.second):
                return
            row = _find(visit, request.id)
            visit.record(row["id"], visit.caller.client_id)
            uploads.end(tx, row["id"], visit.second)


def begin(office: Office, request: AppendToUpload, *, is_whole_or_nothing: bool = False) -> Arriving:
    """Let more of an upload arrive, all of it or, where so wanted, nothing. That it began is on record, not each part.

    Raises NotFound, UploadOffsetWrong, and what any operation raises.
    """
    visiting = office.visit if request.offset == 0 else office.admitted_to
    with visiting(Portal.append) as visit:
        row = _find(visit, request.id)
        if row["taken_at"] is not None or row["sha256"] is not None or row["arrived"] != request.offset:
            raise errors.UploadOffsetWrong(
                f"{row['arrived']} bytes of this upload have arrived: what follows does not begin at {request.offset}",
                "ask how far it is, and go on from there",
            )
        if request.offset == 0:
            visit.record(row["id"], visit.caller.client_id)
        parts = bodies.parts(visit.transaction, f"{row['owner']}/{row['id']}")
    try:
        return Arriving(office, row, parts, is_whole_or_nothing=is_whole_or_nothing)
    except CutShort as short:
        with office.store.writing() as tx:
            uploads.arrive(tx, row["id"], before=row["arrived"], after=short.there, content=None)
        raise errors.UploadOffsetWrong(
            f"{short.there} bytes of this upload are left after a power cut", "ask how far it is, and go on from there"
        ) from None


def append(office: Office, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
    """Take the bytes of an upload from an offset on. What has arrived stays, also when the sender breaks off."""
    with received(begin(office, request)) as arriving:
        for chunk in body:
            arriving.take(chunk)
    return show_after(office, arriving)


def show_after(office: Office, arriving: Arriving) -> Upload:
    """How far an upload is now."""
    with office.store.reading() as transaction:
        row = uploads.get(transaction, arriving.id)
    if row is None:
        raise _gone(arriving.id)
    return _told(row)


def take(visit: Visit, upload: str) -> Taken:
    """Make a document of a whole upload of the caller's own, in their operation. Raises NotFound, UploadIncomplete."""
    row = _find(visit, upload)
    if row["sha256"] is None:
        raise errors.UploadIncomplete(
            f"{row['arrived']} of {row['bytes']} bytes have arrived", "send the rest, or give it up"
        )
    if not uploads.take(visit.transaction, row["id"], visit.second):
        raise _gone(upload)
    bodies.refer(visit.transaction, row["owner"], row["sha256"])
    return Taken(row["name"], row["sha256"], row["head"] or b"", row["tail"] or b"", row["bytes"])


def _find(visit: Visit, reference: str) -> Row:
    """An upload of the caller's own. Raises NotFound."""
    rows = uploads.of_account(visit.transaction, visit.caller.account_id, reference, visit.second)
    records = [_told(row) for row in rows]
    found = references.one(records, "upload", reference, lambda upload: upload.name)
    return next(row for row in rows if row["id"] == found.id)


def _gone(upload: str) -> errors.NotFound:
    return errors.NotFound(f"there is no upload {upload!r}", "see what there is in the list of uploads")


def _owner(visit: Visit) -> str:
    """Whose the bodies are that the caller sends: a client's own, or the practice's."""
    return visit.caller.person_id if visit.caller.staff_id is None else PRACTICE


def _told(row: Row) -> Upload:
    return Upload.model_validate({**row, "offset": row["arrived"]})
