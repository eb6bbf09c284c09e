"""Many small files at once: one transaction makes documents of all that are taken, and says what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portalctl import errors
from portalctl.contract import kinds
from portalctl.contract.portal import Portal
from portalctl.domain import document_kinds
from portalctl.domain.ids import is_id_prefix, new_ids
from portalctl.domain.note_files import MEDIA_TYPE
from portalctl.domain.office import Office, Visit
from portalctl.domain.owners import is_client, owner_of, when_shared
from portalctl.domain.quotas import Room
from portalctl.domain.sharing import terms_of_practice
from portalctl.domain.small_files import Arrived, as_arrived
from portalctl.models.batch_words import AddedStatus, FileAdded, FileToAdd
from portalctl.storage import batches, bodies
from portalctl.storage.blobs import SMALL, pack_name
from portalctl.storage.engine import Lasts
from portalctl.storage.packing import Packing

_Key = tuple[str | None, str, str, str]
"""What the same thing is known by: whose it is, a file's hash or a note's text, a file's name, and the title."""


class _Sent(NamedTuple):
    """A file that is to become a document, unless one with its key stands there."""

    arrived: Arrived
    client_id: str | None
    added_at: int
    key: _Key


class _Made(NamedTuple):
    """A document that comes of what was sent."""

    id: str
    media_type: str
    sent: _Sent


def add_files(office: Office, files: Iterable[tuple[FileToAdd, bytes]]) -> Iterator[FileAdded]:
    """Make documents of files that travel together; see the contract."""
    arrived = as_arrived(list(files))  # before anybody has to wait for it
    with office.visit(Portal.add_files, Lasts.BEFORE_TOLD) as visit:
        added = _Batch(office, visit, arrived).added()
    return iter(added)


class _Batch:
    """Files of one batch on their way into one transaction."""

    def __init__(self, office: Office, visit: Visit, arrived: Sequence[Arrived]) -> None:
        self._office, self._visit, self._arrived = office, visit, arrived
        self._owner, self._second = owner_of(visit), visit.second
        self._own_client = visit.caller.client_id if is_client(visit) else None
        tx = visit.transaction
        self._terms = terms_of_practice(tx)
        files = [each.file for each in arrived]
        self._addresses = batches.addresses(tx, _whole("cli", {each.client_id for each in files}))
        self._appointments = batches.appointments_of(tx, _whole("apt", {each.appointment_id for each in files}))
        self._standing: set[str] = set()
        self._made: list[_Made] = []

    def added(self) -> list[FileAdded]:
        """Add what is taken and not there, and say what became of each file."""
        judged = [self._judged(each) for each in self._arrived]
        wanted = [each for each in judged if isinstance(each, _Sent)]
        known = self._known(wanted)
        room = Room(self._visit, self._terms, {each.client_id for each in wanted})
        ids = iter(new_ids("doc", len(wanted)))
        told = []
        for (file, _, sha256, *_), sent in zip(self._arrived, judged, strict=True):
            if isinstance(sent, errors.PortalError):
                told.append(_refused(file, sha256, sent))
            elif sent.key in known:
                told.append(FileAdded(file.row, AddedStatus.THERE, known[sent.key], sha256))
            else:
                try:
                    media_type = self._media_type(sent.arrived)
                    room.take(sent.client_id, file.bytes if sent.arrived.text is None else 0)
                except errors.PortalError as refusal:
                    told.append(_refused(file, sha256, refusal))
                    continue
                known[sent.key] = document_id = next(ids)
                self._made.append(_Made(document_id, media_type, sent))
                told.append(FileAdded(file.row, AddedStatus.ADDED, document_id, sha256))
        if self._made:
            self._keep()
        return told

    def _judged(self, arrived: Arrived) -> _Sent | errors.PortalError:
        """What a file is to become, or why it cannot."""
        file, _, sha256, why_not, name, title, _, text, _ = arrived
        if why_not is not None:
            return why_not
        try:
            client_id = self._client_of(file)
            added_at = self._second
            if file.shared_at is not None or file.notify:
                added_at = when_shared(self._visit, file.shared_at, notify=file.notify)
        except errors.PortalError as refusal:
            return refusal
        key = (client_id, sha256, name, title) if text is None else (client_id, text, "", title)
        return _Sent(arrived, client_id, added_at, key)

    def _client_of(self, file: FileToAdd) -> str | None:
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
        hashes = {each.arrived.sha256 for each in sent if each.arrived.text is None}
        if hashes:
            tx.hold(f"body:{self._owner}")
            self._standing = bodies.standing(tx, self._owner, hashes)
        for row in batches.files_with(tx, self._owner, self._standing) if self._standing else ():
            for client_id in {row["client_id"], None}:
                known.setdefault((client_id, row["sha256"], row["name"], row["title"]), row["id"])
        titles = [each.arrived.title for each in sent if each.arrived.text is not None]
        for row in batches.notes_titled(tx, self._owner, titles) if titles else ():
            for client_id in {row["client_id"], None}:
                known.setdefault((client_id, row["text"], "", row["title"]), row["id"])
        return known

    def _media_type(self, arrived: Arrived) -> str:
        """What kind of document it becomes. Raises DocumentTooLarge, KindNotTaken."""
        if arrived.text is not None:
            return MEDIA_TYPE
        kinds.check_size(len(arrived.body), self._terms)
        return document_kinds.check_content(arrived.name, arrived.content, self._terms)

    def _keep(self) -> None:
        """Keep the bodies that are not kept yet, in one place, and all rows; the disk is waited for at the very end."""
        tx = self._visit.transaction
        files = (each.sent.arrived for each in self._made if each.sent.arrived.text is None)
        contents = {each.sha256: each.body for each in files}
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
        for document_id, media_type, (arrived, client_id, added_at, _) in self._made:
            file, _, sha256, _, name, title, folder, text, _ = arrived
            if text is None:
                documents.append((document_id, file.kind, title, name, folder, media_type, file.bytes, sha256))
            else:
                documents.append((document_id, file.kind, title, name, folder, media_type, None, None))
                notes.append((document_id, text))
            if client_id is not None:
                standing.append((client_id, document_id, file.kind, file.appointment_id, added_at))
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

            files = [each for each in self._made if each.sent.arrived.text is None]
            for notify in (True, False):
                ids = [each.id for each in files if each.sent.arrived.file.notify is notify]
                quarantine.put(visit, ids, notify=notify)
        told = [each.sent for each in self._made if each.sent.arrived.file.notify]
        clients = [each.client_id for each in told if each.client_id and not (waits and each.arrived.text is None)]
        if clients:
            from portalctl.domain import letters

            addresses = batches.addresses(visit.transaction, clients)
            letters.tell_of_documents(visit.transaction, visit.second, addresses)


def _refused(file: FileToAdd, sha256: str, why: errors.PortalError) -> FileAdded:
    return FileAdded(file.row, AddedStatus.REFUSED, None, sha256, why.code, why.message, why.hint)


def _whole(prefix: str, given: set[str | None]) -> list[str]:
    """Of what is given as ids of this noun, what may be one."""
    return [each for each in given if each is not None and is_id_prefix(each, prefix)]
