"""Many small files at once: one transaction makes documents of all that are taken, and says what became of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from portalctl import errors
from portalctl.contract import kinds
from portalctl.contract.portal import Portal
from portalctl.domain import document_kinds, policy
from portalctl.domain.file_content import Content, content_of
from portalctl.domain.ids import new_ids
from portalctl.domain.note_files import MEDIA_TYPE, file_name
from portalctl.domain.office import Office, Visit
from portalctl.domain.owners import is_client, owner_of, when_shared
from portalctl.domain.quotas import Room
from portalctl.domain.receiving import ENDS
from portalctl.models.batch_words import BATCH_BYTES, BATCH_FILES, SMALL_FILE, AddedStatus, FileKind
from portalctl.models.batches import AddedFile, AddFile
from portalctl.models.values import LONGEST_TEXT
from portalctl.storage import batches, bodies
from portalctl.storage.blobs import SMALL, pack_name
from portalctl.storage.engine import Lasts
from portalctl.storage.packing import Packing

_Key = tuple[str | None, str, str, str]
"""What the same thing is known by: whose it is, a file's hash or a note's text, a file's name, and the title."""


class _Sent(NamedTuple):
    """A file that is to become a document, unless one with its key stands there; a note has a `text`."""

    file: AddFile
    body: bytes
    content: Content
    client_id: str | None
    added_at: int
    title: str
    text: str | None
    key: _Key


class _Made(NamedTuple):
    """A document that comes of what was sent."""

    id: str
    media_type: str
    sent: _Sent


class _Outcome(NamedTuple):
    """What became of a file: a document that is new or was there; or why not."""

    status: AddedStatus
    document_id: str | None = None
    why_not: errors.PortalError | None = None


def add_files(office: Office, files: Iterable[tuple[AddFile, bytes]]) -> Iterator[AddedFile]:
    """Make documents of files that travel together; see the contract."""
    arrived = list(files)
    _check(arrived)
    contents = [content_of(body[:ENDS], body[-ENDS:]) for _, body in arrived]  # before anybody has to wait for it
    with office.visit(Portal.add_files, Lasts.BEFORE_TOLD) as visit:
        outcomes = _Batch(office, visit, arrived, contents).outcomes()
    return (_told(file, outcome) for (file, _), outcome in zip(arrived, outcomes, strict=True))


def _check(arrived: Sequence[tuple[AddFile, bytes]]) -> None:
    """See that these may travel together, and are what was sent. Raises InvalidInput, DamagedOnTheWay."""
    if len(arrived) > BATCH_FILES or sum(len(body) for _, body in arrived) > BATCH_BYTES:
        raise errors.InvalidInput(
            f"more than {BATCH_FILES} files or {BATCH_BYTES:,} bytes do not travel together", "send them in parts"
        )
    for file, body in arrived:
        if len(body) != file.bytes or hashlib.sha256(body).hexdigest() != file.sha256:
            raise errors.DamagedOnTheWay(
                f"{file.name!r} did not arrive as it was sent: nothing of its batch was added", "send it again"
            )


class _Batch:
    """Files of one batch on their way into one transaction."""

    def __init__(
        self, office: Office, visit: Visit, arrived: Sequence[tuple[AddFile, bytes]], contents: Sequence[Content]
    ) -> None:
        self._office, self._visit = office, visit
        self._arrived, self._contents = arrived, contents
        self._owner, self._second = owner_of(visit), visit.second
        self._own_client = visit.caller.client_id if is_client(visit) else None
        tx = visit.transaction
        self._terms = policy.of_practice(tx)
        self._addresses = batches.addresses(tx, (file.client_id for file, _ in arrived if file.client_id))
        self._appointments = batches.appointments_of(
            tx, (file.appointment_id for file, _ in arrived if file.appointment_id)
        )
        self._standing: set[str] = set()
        self._made: list[_Made] = []

    def outcomes(self) -> list[_Outcome]:
        """Add what is taken and not there, and say what became of each file."""
        sent = [
            self._judged(file, body, content)
            for (file, body), content in zip(self._arrived, self._contents, strict=True)
        ]
        wanted = [each for each in sent if isinstance(each, _Sent)]
        known = self._known(wanted)
        room = Room(self._visit, self._terms, {each.client_id for each in wanted})
        ids = iter(new_ids("doc", len(sent)))
        outcomes = []
        for each in sent:
            if isinstance(each, errors.PortalError):
                outcomes.append(_Outcome(AddedStatus.REFUSED, why_not=each))
            elif each.key in known:
                outcomes.append(_Outcome(AddedStatus.THERE, known[each.key]))
            else:
                try:
                    media_type = self._media_type(each)
                    room.take(each.client_id, each.file.bytes if each.text is None else 0)
                except errors.PortalError as refusal:
                    outcomes.append(_Outcome(AddedStatus.REFUSED, why_not=refusal))
                    continue
                known[each.key] = document_id = next(ids)
                self._made.append(_Made(document_id, media_type, each))
                outcomes.append(_Outcome(AddedStatus.ADDED, document_id))
        if self._made:
            self._keep()
        return outcomes

    def _judged(self, file: AddFile, body: bytes, content: Content) -> _Sent | errors.PortalError:
        """What a file is to become, or why it cannot."""
        try:
            client_id = self._client_of(file)
            added_at = self._second
            if file.shared_at is not None or file.notify:
                added_at = when_shared(self._visit, file.shared_at, notify=file.notify)
            if file.kind is FileKind.NOTE:
                title, text = file.title or PurePath(file.name).stem, _text_of(file, body)
                return _Sent(file, body, content, client_id, added_at, title, text, (client_id, text, "", title))
        except errors.PortalError as refusal:
            return refusal
        title = file.title or file.name
        key = (client_id, file.sha256, file.name, title)
        return _Sent(file, body, content, client_id, added_at, title, None, key)

    def _client_of(self, file: AddFile) -> str | None:
        """In whose documentation the file is to stand. Raises NotFound."""
        client_id = file.client_id or self._own_client
        is_another = client_id is not None and client_id != self._own_client
        if is_another and (self._own_client is not None or client_id not in self._addresses):
            raise errors.NotFound(f"there is no client {client_id!r}", "see what there is in the list of clients")
        if file.appointment_id is None:
            return client_id
        whose = self._appointments.get(file.appointment_id)
        if whose is None or whose != (client_id or whose):
            raise errors.NotFound(
                f"there is no appointment {file.appointment_id!r}", "see what there is in the list of appointments"
            )
        return whose

    def _known(self, sent: Sequence[_Sent]) -> dict[_Key, str]:
        """The documents that stand already, by what they are known by."""
        tx, known = self._visit.transaction, dict[_Key, str]()
        hashes = {each.file.sha256 for each in sent if each.text is None}
        if hashes:
            tx.hold(f"body:{self._owner}")
            self._standing = bodies.standing(tx, self._owner, hashes)
        for row in batches.files_with(tx, self._owner, self._standing) if self._standing else ():
            for client_id in {row["client_id"], None}:
                known.setdefault((client_id, row["sha256"], row["name"], row["title"]), row["id"])
        titles = [each.title for each in sent if each.text is not None]
        for row in batches.notes_titled(tx, self._owner, titles) if titles else ():
            for client_id in {row["client_id"], None}:
                known.setdefault((client_id, row["text"], "", row["title"]), row["id"])
        return known

    def _media_type(self, sent: _Sent) -> str:
        """What kind of document it becomes. Raises DocumentTooLarge, KindNotTaken."""
        file, body = sent.file, sent.body
        if sent.text is not None:
            return MEDIA_TYPE
        if len(body) > SMALL_FILE:
            raise errors.DocumentTooLarge(
                f"a file of {len(body):,} bytes does not travel with others", "send it as an upload of its own"
            )
        kinds.check_size(len(body), self._terms)
        return document_kinds.check_content(file.name, sent.content, self._terms)

    def _keep(self) -> None:
        """Keep the bodies that are not kept yet, in one place, and all rows; the disk is waited for at the very end."""
        tx = self._visit.transaction
        contents = {each.sent.file.sha256: each.sent.body for each in self._made if each.sent.text is None}
        there = contents.keys() & self._standing
        if there:
            bodies.refer_many(tx, self._owner, there)
        new = {sha256: content for sha256, content in contents.items() if sha256 not in there}
        if sum(map(len, new.values())) <= SMALL:
            self._write(None, new)
            return
        place = pack_name(self._owner)
        packing = Packing(self._office.bodies(), place, list(new.values()))
        try:
            self._write(place, new)
        except BaseException:
            packing.undo()
            raise
        tx.awaited.append(packing.wait)

    def _write(self, place: str | None, new: Mapping[str, bytes]) -> None:
        """Add the rows of all that is made and of the new bodies, by their hashes, and tell who is to hear of it."""
        visit, caller = self._visit, self._visit.caller
        documents: list[batches.Document] = []
        standing: list[batches.Standing] = []
        notes: list[batches.Note] = []
        for document_id, media_type, sent in self._made:
            file, client_id, title, text = sent.file, sent.client_id, sent.title, sent.text
            kind, folder = file.kind, file.folder
            if text is None:
                documents.append((document_id, kind, title, file.name, folder, media_type, file.bytes, file.sha256))
            else:
                documents.append((document_id, kind, title, file_name(title), folder, media_type, None, None))
                notes.append((document_id, text))
            if client_id is not None:
                standing.append((client_id, document_id, kind, file.appointment_id, sent.added_at))
        batches.insert(
            visit.transaction,
            documents,
            standing,
            notes,
            owner=self._owner,
            author_id=caller.person_id,
            author=caller.name,
            from_client=self._own_client is not None,
            at=self._second,
        )
        visit.record_each((each.id, each.sent.client_id) for each in self._made)
        if new:
            bodies.put_packed(visit.transaction, self._owner, place, new)
        self._tell()

    def _tell(self) -> None:
        """Have files wait for a scanner where there is one, and clients hear of what they can open at once."""
        visit, waits = self._visit, self._office.scans
        if waits:
            from portalctl.domain import quarantine

            files = [each for each in self._made if each.sent.text is None]
            for notify in (True, False):
                ids = [each.id for each in files if each.sent.file.notify is notify]
                quarantine.put(visit, ids, notify=notify)
        told = [each.sent for each in self._made if each.sent.file.notify and not (waits and each.sent.text is None)]
        clients = [each.client_id for each in told if each.client_id]
        if clients:
            from portalctl.domain import letters

            addresses = batches.addresses(visit.transaction, clients)
            letters.tell_of_documents(visit.transaction, visit.second, addresses)


def _text_of(file: AddFile, body: bytes) -> str:
    """What a note says. Raises InvalidInput."""
    if len(body) > LONGEST_TEXT:
        raise errors.InvalidInput(
            f"a note has up to {LONGEST_TEXT:,} bytes: this has {len(body):,}", "share it as a file"
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise errors.InvalidInput(f"{file.name!r} is no text in UTF-8", "share it as a file") from None
    if "\0" in text or not text.strip():
        raise errors.InvalidInput(f"{file.name!r} says nothing that a note could", "share it as a file")
    return text


def _told(file: AddFile, outcome: _Outcome) -> AddedFile:
    status, document_id, why_not = outcome
    if why_not is None:
        return AddedFile(row=file.row, status=status, document_id=document_id, sha256=file.sha256)
    return AddedFile(
        row=file.row,
        status=status,
        sha256=file.sha256,
        code=why_not.code,
        message=why_not.message,
        hint=why_not.hint,
    )
