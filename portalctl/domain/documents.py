"""Documents: a client reaches their documentation, staff all but what a client has not finished."""

from __future__ import annotations

from collections.abc import Sequence

from portalctl import errors
from portalctl.contract import documents as contract
from portalctl.domain import cursors, references
from portalctl.domain.clients import find_client
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.domain.versions import require_unchanged
from portalctl.domain.wording import when
from portalctl.models.appointments import Appointment
from portalctl.models.documents import (
    AddDocument,
    Document,
    DocumentKind,
    DocumentReference,
    DocumentState,
    ListDocuments,
    ListViews,
    RenameDocument,
    ShareDocument,
    UnshareDocument,
    View,
)
from portalctl.models.values import Page
from portalctl.storage import appointments, documents
from portalctl.storage.documents import PRACTICE, Part, Sight


class Documents(contract.Documents):
    """The documents of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListDocuments) -> Page[Document]:
        """Documents, newest first; listing opens none."""
        after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
        with self._office.visit(contract.Documents.list) as visit:
            client_id = whose(visit, request.client, request.appointment)
            from_client = None if request.from_me == request.shared else request.from_me == _is_client(visit)
            kind = request.kind.value if request.kind is not None else None
            part = Part(kind, from_client, request.new, after, request.limit + 1)
            tx, sight = visit.transaction, sight_of(visit)
            if client_id is None:
                rows = documents.page_of_all(tx, sight, part)
            else:
                appointment = appointment_of(visit, request.appointment, client_id)
                rows = documents.page_of_client(
                    tx,
                    client_id,
                    sight,
                    part,
                    appointment_id=appointment.id if appointment else None,
                    hidden=request.hidden or not _is_client(visit),
                )
            shown = rows[: request.limit]
            of_clients = dict.fromkeys(row["client_id"] for row in shown if row["client_id"] is not None)
            for subject in of_clients if client_id is None else (client_id,):
                visit.record_read(subject, subject)
            following = cursors.pack(shown[-1]["sort_at"], shown[-1]["id"]) if len(rows) > len(shown) else None
            return Page(items=[documents.read(row) for row in shown], next=following)

    def show(self, request: DocumentReference) -> Document:
        """One document, unopened."""
        with self._office.visit(contract.Documents.show) as visit:
            found = find_readable(visit, request.id)
            if found.client_id is not None:
                visit.record_read(found.id, found.client_id)
            return found

    def add(self, request: AddDocument) -> Document:
        """Make a file of a complete upload."""
        from portalctl.domain import document_kinds, policy, uploads

        with self._office.visit(contract.Documents.add) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return find_document(visit, before[0])
            client_id = whose(visit, request.client, request.appointment)
            appointment = appointment_of(visit, request.appointment, client_id)
            body = uploads.take(visit, request.upload)
            terms = policy.of_practice(visit.transaction)
            document_kinds.check_size(body.bytes, terms)
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
                bytes=body.bytes,
                sha256=body.sha256,
            )
            visit.record(made.id, client_id)
            remember(visit, request.idempotency_key, request, [made.id])
            return made

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
            visit.record(document.id, document.client_id)
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
            if documents.is_deleted(tx, request.id, _owner(visit)):
                return
            document = hold_document(visit, request.id)
            require_own(visit, document)
            _require_open(document, "is part of the record and cannot be deleted")
            for client_id in documents.readers(tx, document.id) or (None,):
                visit.record(document.id, client_id)
            documents.delete(tx, document.id, visit.second)

    def share(self, request: ShareDocument) -> Document:
        """Put a document of the practice into a client's documentation."""
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
            if documents.take_out(visit.transaction, document.id, client.id, visit.second):
                visit.record(document.id, client.id)
            return find_document(visit, document.id)

    def views(self, request: ListViews) -> Page[View]:
        """Who has opened a document, newest first."""
        after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
        with self._office.visit(contract.Documents.views) as visit:
            document = find_document(visit, request.id)
            client_id = None if visit.own_client is None else document.client_id
            rows = documents.page_of_views(
                visit.transaction, document.id, client_id, after=after, limit=request.limit + 1
            )
            shown = rows[: request.limit]
            for subject in dict.fromkeys([document.client_id, *(row["client_id"] for row in shown)]):
                if subject is not None:
                    visit.record_read(document.id, subject)
            following = cursors.pack(shown[-1]["at"], shown[-1]["id"]) if len(rows) > len(shown) else None
            return Page(items=[View.model_validate(row) for row in shown], next=following)


def sight_of(visit: Visit) -> Sight:
    """What the caller may see of the documents: staff all, a client what stands in their documentation."""
    if not _is_client(visit):
        return Sight(None, PRACTICE)
    own = visit.caller.client_id or ""
    return Sight(own, own)


def make(
    visit: Visit,
    *,
    kind: DocumentKind,
    title: str,
    name: str,
    media_type: str,
    state: DocumentState,
    client_id: str | None = None,
    appointment_id: str | None = None,
    amends: str | None = None,
    owner: str | None = None,
    folder: str | None = None,
    bytes: int | None = None,  # noqa: A002  the column's name
    sha256: str | None = None,
) -> Document:
    """Add a document by the caller, standing in a client's documentation where one is named.

    `owner` is the caller's side unless it is said. Who calls this records it in the audit.
    """
    tx, document_id = visit.transaction, new_id("doc")
    documents.insert(
        tx,
        id=document_id,
        kind=kind.value,
        owner=owner or _owner(visit),
        title=title,
        name=name,
        folder=folder,
        media_type=media_type,
        bytes=bytes,
        sha256=sha256,
        state=state.value,
        author_id=visit.caller.person_id,
        author=visit.caller.name,
        amends=amends,
        created_at=visit.second,
        updated_at=visit.second,
    )
    if client_id is not None:
        documents.put_into(
            tx,
            client_id=client_id,
            document_id=document_id,
            appointment_id=appointment_id,
            added_at=visit.second,
            added_by=visit.caller.person_id,
        )
    return find_document(visit, document_id)


def find_document(visit: Visit, reference: str) -> Document:
    """The document that an id or its beginning names, if the caller may see it. Raises NotFound, AmbiguousId."""
    return _named(visit, documents.candidates(visit.transaction, reference, sight_of(visit)), reference)


def find_readable(visit: Visit, reference: str) -> Document:
    """Like `find_document`, for reading alone: also what was shared with clients to whom the caller is close.

    Raises NotFound, AmbiguousId.
    """
    candidates = documents.candidates(visit.transaction, reference, sight_of(visit))
    if visit.caller.related_id is not None and _is_client(visit):
        from portalctl.domain.relationships import shared_documents  # only relatives pay for it

        own = {found.id for found in candidates}
        candidates += [found for found in shared_documents(visit, reference) if found.id not in own]
    return _named(visit, candidates, reference)


def hold_document(visit: Visit, reference: str) -> Document:
    """The document as it is once nobody else changes it. Raises NotFound, AmbiguousId."""
    found = find_document(visit, reference)
    visit.transaction.hold(f"document:{found.id}")
    return find_document(visit, found.id)


def require_own(visit: Visit, document: Document) -> None:
    """Let pass what the caller's side made. Raises NotYours."""
    if document.from_client != _is_client(visit):
        raise errors.NotYours(
            f"{document.title!r} was made by {document.author}, not by you", "only who made it may do this"
        )


def set_state(visit: Visit, document_id: str, state: DocumentState) -> None:
    """Change a document's state; a draft that is one no more is new to the client from now on."""
    documents.set_state(visit.transaction, document_id, state.value, visit.second)


def touch(visit: Visit, document_id: str) -> None:
    """Write down that what a document says was changed now."""
    documents.change(visit.transaction, document_id, updated_at=visit.second)


def record_view(visit: Visit, document: Document) -> None:
    """Write down that the caller opens a document: who, in whose documentation, and when."""
    tx = visit.transaction
    documents.insert_view(
        tx,
        id=new_id("viw"),
        document_id=document.id,
        client_id=document.client_id,
        viewer_id=visit.caller.person_id,
        viewer=visit.caller.name,
        role=visit.caller.role.value,
        at=visit.second,
    )
    if document.client_id is None:
        return
    if document.client_id == visit.caller.client_id:
        documents.see(tx, document.id, document.client_id, visit.second)
    visit.record_read(document.id, document.client_id)


def new_count(visit: Visit) -> int:
    """How many documents a client was given and has not opened; 0 for everybody else."""
    own = visit.own_client
    return 0 if own is None else documents.new_count(visit.transaction, own)


def _named(visit: Visit, candidates: Sequence[Document], reference: str) -> Document:
    return references.one(
        candidates,
        "document",
        reference,
        lambda found: f"{found.title}, {when(found.created_at, visit.caller.timezone)}",
    )


def _is_client(visit: Visit) -> bool:
    return visit.caller.staff_id is None


def _owner(visit: Visit) -> str:
    return visit.caller.person_id if _is_client(visit) else PRACTICE


def whose(visit: Visit, client: str | None, appointment: str | None) -> str | None:
    """The client in whose documentation to look; for staff who name none the appointment's, or None."""
    if client is not None:
        return find_client(visit, client).id
    if appointment is not None and not _is_client(visit):
        found = appointment_of(visit, appointment, None)
        return found.client_id if found else None
    return visit.caller.client_id if _is_client(visit) else None


def appointment_of(visit: Visit, reference: str | None, client_id: str | None) -> Appointment | None:
    """The appointment that is named, of one client or of anybody; None where none is. Raises NotFound, AmbiguousId."""
    """The appointment that a reference names, of that client's where one is given. Raises NotFound, AmbiguousId."""
    if reference is None:
        return None
    candidates = appointments.candidates(visit.transaction, reference, client_id)
    return references.one(
        candidates,
        "appointment",
        reference,
        lambda found: f"{found.service}, {when(found.starts_at, visit.caller.timezone)}",
    )


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
