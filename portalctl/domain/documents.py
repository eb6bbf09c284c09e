"""Documents: a client reaches their documentation, staff all but what a client has not finished."""

from __future__ import annotations

from portalctl import errors
from portalctl.contract import documents as contract
from portalctl.domain import cursors
from portalctl.domain.clients import find_client
from portalctl.domain.documentation import (
    appointment_of,
    find_document,
    find_readable,
    hold_document,
    make,
    page,
    require_own,
    whose,
)
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.office import Office, Visit
from portalctl.domain.owners import is_client, owner_of, when_shared
from portalctl.domain.versions import require_unchanged
from portalctl.models.documents import (
    AddDocument,
    Document,
    DocumentKind,
    DocumentReference,
    DocumentState,
    FindKnown,
    KnownDocument,
    ListDocuments,
    ListViews,
    RenameDocument,
    ShareDocument,
    UnshareDocument,
    View,
)
from portalctl.models.values import Page
from portalctl.storage import batches, documents
from portalctl.storage.documents import Sight
from portalctl.storage.owners import PRACTICE


class Documents(contract.Documents):
    """The documents of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListDocuments) -> Page[Document]:
        """Documents, newest first; listing opens none."""
        with self._office.visit(contract.Documents.list) as visit:
            return page(visit, request)

    def show(self, request: DocumentReference) -> Document:
        """One document, unopened."""
        with self._office.visit(contract.Documents.show) as visit:
            found = find_readable(visit, request.id)
            if found.client_id is not None:
                visit.record_read(found.id, found.client_id)
            return found

    def add(self, request: AddDocument) -> Document:
        """Make a file of a complete upload."""
        from portalctl.contract import kinds
        from portalctl.domain import document_kinds, uploads
        from portalctl.domain.quotas import Room
        from portalctl.domain.sharing import terms_of_practice

        with self._office.visit(contract.Documents.add) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return find_document(visit, before[0])
            client_id = whose(visit, request.client, request.appointment)
            appointment = appointment_of(visit, request.appointment, client_id)
            added_at = when_shared(visit, request.shared_at, notify=request.notify)
            body = uploads.take(visit, request.upload)
            if request.sha256 not in (None, body.sha256):
                raise errors.DamagedOnTheWay(
                    f"{body.name!r} did not arrive as it was sent", "send it again, from the start"
                )
            terms = terms_of_practice(visit.transaction)
            kinds.check_size(body.bytes, terms)
            Room(visit, terms, {client_id}).take(client_id, body.bytes)
            made = make(
                visit,
                kind=DocumentKind.FILE,
                title=request.title or body.name,
                name=body.name,
                folder=request.folder,
                media_type=document_kinds.check(body.name, body.head, terms, body.tail),
                state=DocumentState.COMPLETED,
                client_id=client_id,
                appointment_id=appointment.id if appointment else None,
                added_at=added_at,
                bytes=body.bytes,
                sha256=body.sha256,
            )
            if self._office.scans:
                from portalctl.domain import quarantine

                quarantine.put(visit, [made.id], notify=request.notify)
                made = find_document(visit, made.id)
            elif request.notify and client_id is not None:
                _tell_of_documents(visit, client_id)
            visit.record(made.id, client_id)
            remember(visit, request.idempotency_key, request, [made.id])
            return made

    def known(self, request: FindKnown) -> contract.Known:
        """Which of many bodies stand as files of the caller's own side already."""
        with self._office.visit(contract.Documents.known) as visit:
            client_id = whose(visit, request.client, None)
            rows = batches.files_with(visit.transaction, owner_of(visit), request.sha256, client_id)
            first = {(row["sha256"], row["name"], row["title"]): row for row in reversed(rows)}
            of_clients = dict.fromkeys(row["client_id"] for row in first.values() if row["client_id"] is not None)
            for subject in (client_id,) if client_id is not None else of_clients:
                visit.record_read(subject, subject)
            return [KnownDocument.model_validate({**row, "document_id": row["id"]}) for row in first.values()]

    def rename(self, request: RenameDocument) -> Document:
        """Give a document of one's own another title or folder."""
        with self._office.visit(contract.Documents.rename) as visit:
            document = hold_document(visit, request.id)
            require_own(visit, document)
            require_unchanged(document, request.if_version)
            changes: dict[str, str | None] = {}
            if request.title is not None and request.title != document.title:
                _require_open(document, "keeps its title")
                changes["title"] = request.title
            if request.folder is not None and (request.folder.strip() or None) != document.folder:
                changes["folder"] = request.folder.strip() or None
            if not changes:
                return document
            documents.change(visit.transaction, document.id, updated_at=visit.second, **changes)
            _record_where_it_stands(visit, document)
            return find_document(visit, document.id)

    def hide(self, request: DocumentReference) -> Document:
        """Put a document out of the client's own sight; it stays."""
        with self._office.visit(contract.Documents.hide) as visit:
            return _hide(visit, request.id, hidden=True)

    def unhide(self, request: DocumentReference) -> Document:
        """Put it back."""
        with self._office.visit(contract.Documents.unhide) as visit:
            return _hide(visit, request.id, hidden=False)

    def delete(self, request: DocumentReference) -> None:
        """Delete a document of one's own; harmless when it is gone."""
        with self._office.visit(contract.Documents.delete) as visit:
            tx = visit.transaction
            if documents.is_deleted(tx, request.id, owner_of(visit)):
                return
            document = hold_document(visit, request.id)
            require_own(visit, document)
            _require_open(document, "is part of the record and cannot be deleted")
            if documents.is_enclosed(tx, document.id, owner_of(visit)):
                raise errors.NotChangeable(
                    "it went with a message or a form, and stays with it",
                    "put it out of your own sight with: portalctl docs hide",
                )
            _record_where_it_stands(visit, document)
            documents.delete(tx, document.id, visit.second)

    def share(self, request: ShareDocument) -> Document:
        """Put a document of the practice into a client's documentation."""
        from portalctl.domain.quotas import Room
        from portalctl.domain.sharing import terms_of_practice

        with self._office.visit(contract.Documents.share) as visit:
            tx = visit.transaction
            document = hold_document(visit, request.id)
            client = find_client(visit, request.client)
            appointment = appointment_of(visit, request.appointment, client.id)
            require_own(visit, document)
            if document.kind is DocumentKind.FORM:
                raise errors.NotChangeable(
                    "a form that was given to a client is theirs alone",
                    "give the questions to another client with: portalctl practice form share",
                )
            if document.state is DocumentState.DRAFT:
                raise errors.NotChangeable("this is a draft", "complete it first: portalctl docs note complete")
            standing = documents.get(tx, document.id, Sight(client.id, PRACTICE))
            if standing is not None and (appointment is None or standing.appointment_id == appointment.id):
                return standing
            if standing is None:
                Room(visit, terms_of_practice(tx), {client.id}).take(client.id, document.bytes or 0, is_new=False)
            documents.put_into(
                tx,
                client_id=client.id,
                document_id=document.id,
                appointment_id=appointment.id if appointment else None,
                added_at=visit.second,
                added_by=visit.caller.person_id,
            )
            visit.record(document.id, client.id)
            return _standing(visit, document.id, client.id)

    def unshare(self, request: UnshareDocument) -> Document:
        """Take it out again; what the client has seen stays on record."""
        with self._office.visit(contract.Documents.unshare) as visit:
            document = hold_document(visit, request.id)
            client = find_client(visit, request.client)
            require_own(visit, document)
            if document.kind is DocumentKind.FORM and document.state is DocumentState.COMPLETED:
                raise errors.NotChangeable(
                    "a form that was submitted is the client's too", "a new note may speak of it"
                )
            if documents.take_out(visit.transaction, document.id, client.id, visit.second):
                visit.record(document.id, client.id)
            return find_document(visit, document.id)

    def release(self, request: DocumentReference) -> Document:
        """Let a document out of quarantine, whatever a scanner found; harmless to repeat."""
        from portalctl.domain import quarantine

        with self._office.visit(contract.Documents.release) as visit:
            document = hold_document(visit, request.id)
            if document.quarantine is None:
                return document
            _record_where_it_stands(visit, document)
            quarantine.release(visit, document.id)
            return find_document(visit, document.id)

    def views(self, request: ListViews) -> Page[View]:
        """Who has opened a document, newest first."""
        with self._office.visit(contract.Documents.views) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            document = find_document(visit, request.id)
            client_id = document.client_id if is_client(visit) else None
            rows = documents.page_of_views(
                visit.transaction, document.id, client_id, after=after, limit=request.limit + 1
            )
            shown = rows[: request.limit]
            for subject in dict.fromkeys([document.client_id, *(row["client_id"] for row in shown)]):
                if subject is not None:
                    visit.record_read(document.id, subject)
            following = cursors.pack(shown[-1]["at"], shown[-1]["id"]) if len(rows) > len(shown) else None
            return Page(items=[View.model_validate(row) for row in shown], next=following)


def _tell_of_documents(visit: Visit, client_id: str) -> None:
    from portalctl.domain import letters

    letters.tell_of_documents(visit.transaction, visit.second, batches.addresses(visit.transaction, [client_id]))


def _record_where_it_stands(visit: Visit, document: Document) -> None:
    """Write a change down in the audit of each client in whose documentation the document stands."""
    for client_id in documents.readers(visit.transaction, document.id) or (None,):
        visit.record(document.id, client_id)


def _standing(visit: Visit, document_id: str, client_id: str) -> Document:
    found = documents.get(visit.transaction, document_id, Sight(client_id, PRACTICE))
    assert found is not None  # noqa: S101  it was just put there
    return found


def _hide(visit: Visit, reference: str, *, hidden: bool) -> Document:
    document = hold_document(visit, reference)
    client_id = visit.caller.client_id
    if document.hidden == hidden or client_id is None:
        return document
    documents.set_hidden(visit.transaction, document.id, client_id, visit.second if hidden else None)
    visit.record(document.id, client_id)
    return find_document(visit, document.id)


def _require_open(document: Document, rule: str) -> None:
    """Let pass what is not a completed note or form. Raises NotChangeable."""
    if document.kind is not DocumentKind.FILE and document.state is DocumentState.COMPLETED:
        raise errors.NotChangeable(f"a completed {document.kind.value} {rule}", "a new note may amend it")
