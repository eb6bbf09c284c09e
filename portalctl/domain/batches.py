"""Many small files at once: one transaction makes documents of all that are taken, and says what became of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from portalctl import errors
from portalctl.contract import kinds
from portalctl.contract.portal import Portal
from portalctl.domain import document_kinds, policy
from portalctl.domain.documentation import is_client, owner_of, when_shared
from portalctl.domain.ids import new_ids
from portalctl.domain.notes import MEDIA_TYPE, file_name
from portalctl.domain.office import Office, Visit
from portalctl.domain.receiving import ENDS
from portalctl.models.batches import BATCH_BYTES, BATCH_FILES, SMALL_FILE, AddedFile, AddedStatus, AddFile, FileKind
from portalctl.models.values import LONGEST_TEXT
from portalctl.storage import batches, bodies
from portalctl.storage.blobs import SMALL
from portalctl.storage.engine import Row

_Key = tuple[str | None, str, str, str]
"""What the same file is known by: the client, the file's hash or the note's text, its name, and its title."""


class _Taken(NamedTuple):
    """A file that becomes a document unless the same stands there; a note has a `text`."""

    file: AddFile
    body: bytes
    client_id: str | None
    title: str
    name: str
    media_type: str
    added_at: int
    text: str | None

    @property
    def key(self) -> _Key:
        return self.client_id, self.file.sha256 if self.text is None else self.text, self.name, self.title


def add_files(office: Office, files: Iterable[tuple[AddFile, bytes]]) -> Iterator[AddedFile]:
    """Make documents of files that travel together; see the contract."""
    arrived = list(files)
    _check(arrived)
    with office.visit(Portal.add_files) as visit:
        told = _Batch(office, visit, arrived).told()
    return iter(told)


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

    def __init__(self, office: Office, visit: Visit, arrived: Sequence[tuple[AddFile, bytes]]) -> None:
        self._office, self._visit, self._arrived = office, visit, arrived
        self._owner = owner_of(visit)
        self._own_client = visit.caller.client_id if is_client(visit) else None
        tx = visit.transaction
        self._terms = policy.of_practice(tx)
        self._addresses = batches.addresses(tx, (file.client_id for file, _ in arrived if file.client_id))
        self._appointments = batches.appointments_of(
            tx, (file.appointment_id for file, _ in arrived if file.appointment_id)
        )
        self._made: list[tuple[str, _Taken]] = []

    def told(self) -> list[AddedFile]:
        """Add what is taken and not there, and say what became of each file."""
        judged = [self._judge(file, body) for file, body in self._arrived]
        known = self._known([each for each in judged if isinstance(each, _Taken)])
        ids = iter(new_ids("doc", len(judged)))
        told = []
        for (file, _), each in zip(self._arrived, judged, strict=True):
            if isinstance(each, errors.PortalError):
                told.append(_refused(file, each))
            elif each.key in known:
                told.append(_told(file, AddedStatus.THERE, known[each.key]))
            else:
                known[each.key] = document_id = next(ids)
                self._made.append((document_id, each))
                told.append(_told(file, AddedStatus.ADDED, document_id))
        if self._made:
            self._keep_bodies()
            self._write()
            self._tell()
        return told

    def _judge(self, file: AddFile, body: bytes) -> _Taken | errors.PortalError:
        """A file that is taken, or why it is not."""
        try:
            return self._take(file, body)
        except errors.PortalError as refusal:
            return refusal

    def _take(self, file: AddFile, body: bytes) -> _Taken:
        client_id = self._client_of(file)
        added_at = when_shared(self._visit, file.shared_at, notify=file.notify)
        if file.kind is FileKind.NOTE:
            title = file.title or PurePath(file.name).stem
            return _Taken(file, body, client_id, title, file_name(title), MEDIA_TYPE, added_at, _text_of(file, body))
        if len(body) > SMALL_FILE:
            raise errors.DocumentTooLarge(
                f"a file of {len(body):,} bytes does not travel with others", "send it as an upload of its own"
            )
        kinds.check_size(len(body), self._terms)
        media_type = document_kinds.check(file.name, body[:ENDS], self._terms, body[-ENDS:])
        return _Taken(file, body, client_id, file.title or file.name, file.name, media_type, added_at, None)

    def _client_of(self, file: AddFile) -> str | None:
        """In whose documentation the file is to stand. Raises NotFound."""
        client_id = file.client_id or self._own_client
        if client_id is not None and client_id != self._own_client:
            if self._own_client is not None or client_id not in self._addresses:
                raise errors.NotFound(f"there is no client {client_id!r}", "see what there is in the list of clients")
        if file.appointment_id is not None:
            whose = self._appointments.get(file.appointment_id)
            if whose is None or whose != (client_id or whose):
                raise errors.NotFound(
                    f"there is no appointment {file.appointment_id!r} of this client",
                    "see what there is in the list of appointments",
                )
            return whose
        return client_id

    def _known(self, taken: Sequence[_Taken]) -> dict[_Key, str]:
        """The documents that stand already, by what they are known by."""
        tx, known = self._visit.transaction, dict[_Key, str]()
        hashes = [each.file.sha256 for each in taken if each.text is None]
        for row in batches.files_with(tx, self._owner, hashes) if hashes else ():
            for client_id in {row["client_id"], None}:
                known.setdefault((client_id, row["sha256"], row["name"], row["title"]), row["id"])
        titles = [each.title for each in taken if each.text is not None]
        for row in batches.notes_titled(tx, self._owner, titles) if titles else ():
            for client_id in {row["client_id"], None}:
                known.setdefault((client_id, row["text"], file_name(row["title"]), row["title"]), row["id"])
        return known

    def _keep_bodies(self) -> None:
        """Keep what is not kept yet, safe from a power cut, in one place."""
        tx = self._visit.transaction
        contents = {each.file.sha256: each.body for _, each in self._made if each.text is None}
        if not contents:
            return
        tx.hold(f"body:{self._owner}")
        there = bodies.standing(tx, self._owner, contents)
        new = {sha256: content for sha256, content in contents.items() if sha256 not in there}
        if new:
            is_little = sum(map(len, new.values())) <= SMALL
            place = None if is_little else self._office.bodies().pack(self._owner, list(new.values()))
            bodies.put_packed(tx, self._owner, place, new)
        if there:
            bodies.refer_many(tx, self._owner, there)

    def _write(self) -> None:
        visit = self._visit
        from_client = int(self._own_client is not None)
        documents: list[Row] = []
        standing: list[Row] = []
        notes: list[Row] = []
        for document_id, each in self._made:
            file, is_file = each.file, each.text is None
            documents.append(
                {
                    "id": document_id,
                    "kind": file.kind.value,
                    "owner": self._owner,
                    "title": each.title,
                    "name": each.name,
                    "folder": file.folder,
                    "media_type": each.media_type,
                    "bytes": file.bytes if is_file else None,
                    "sha256": file.sha256 if is_file else None,
                    "author_id": visit.caller.person_id,
                    "author": visit.caller.name,
                    "at": visit.second,
                }
            )
            if each.client_id is not None:
                standing.append(
                    {
                        "client_id": each.client_id,
                        "document_id": document_id,
                        "kind": file.kind.value,
                        "from_client": from_client,
                        "appointment_id": file.appointment_id,
                        "added_at": each.added_at,
                        "added_by": visit.caller.person_id,
                    }
                )
            if not is_file:
                notes.append({"document_id": document_id, "text": each.text, "completed_at": visit.second})
            visit.record(document_id, each.client_id)
        batches.insert(visit.transaction, documents, standing, notes)

    def _tell(self) -> None:
        """Have what was made wait for a scanner where there is one, and the clients hear of it who are to."""
        visit = self._visit
        if self._office.scans:
            from portalctl.domain import quarantine

            for notify in (True, False):
                quarantine.put(
                    visit,
                    [document_id for document_id, each in self._made if not each.text and each.file.notify is notify],
                    notify=notify,
                )
            told = [each for _, each in self._made if each.file.notify and each.text]
        else:
            told = [each for _, each in self._made if each.file.notify]
        addresses = {each.client_id: self._addresses[each.client_id] for each in told if each.client_id}
        if addresses:
            from portalctl.domain import letters

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


def _told(file: AddFile, status: AddedStatus, document_id: str) -> AddedFile:
    return AddedFile(row=file.row, status=status, document_id=document_id, sha256=file.sha256)


def _refused(file: AddFile, why: errors.PortalError) -> AddedFile:
    return AddedFile(
        row=file.row,
        status=AddedStatus.REFUSED,
        sha256=file.sha256,
        code=why.code,
        message=why.message,
        hint=why.hint,
    )
