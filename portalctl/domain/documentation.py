"""What everybody asks of documents: whose they are, who sees them, how one is made and found, who opened it."""

from __future__ import annotations

from collections.abc import Sequence

from portalctl import errors
from portalctl.domain import cursors, references
from portalctl.domain.clients import find_client
from portalctl.domain.ids import new_id
from portalctl.domain.office import Visit
from portalctl.domain.owners import is_client, owner_of
from portalctl.domain.wording import when
from portalctl.models.appointments import Appointment
from portalctl.models.documents import Document, DocumentKind, DocumentState, ListDocuments
from portalctl.models.values import Page
from portalctl.storage import appointments, documents
from portalctl.storage.documents import Part, Sight
from portalctl.storage.owners import PRACTICE


def sight_of(visit: Visit) -> Sight:
    """What the caller may see of the documents: staff all, a client what stands in their documentation."""
    if not is_client(visit):
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
    added_at: int | None = None,
    bytes: int | None = None,  # noqa: A002  the column's name
    sha256: str | None = None,
) -> Document:
    """Add a document by the caller, standing in a client's documentation where one is named.

    `owner` is the caller's side unless it is said, and `added_at`, since when it stands there, is now. Who calls this
    records it in the audit.
    """
    tx, document_id = visit.transaction, new_id("doc")
    documents.insert(
        tx,
        id=document_id,
        kind=kind.value,
        owner=owner or owner_of(visit),
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
            added_at=visit.second if added_at is None else added_at,
            added_by=visit.caller.person_id,
        )
    return find_document(visit, document_id)


def page(visit: Visit, request: ListDocuments) -> Page[Document]:
    """The documents that are asked for, newest first. Raises NotFound, AmbiguousId, InvalidInput."""
    after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
    client_id = whose(visit, request.client, request.appointment)
    from_client = None if request.from_me == request.shared else request.from_me == is_client(visit)
    kind = request.kind.value if request.kind is not None else None
    part = Part(kind, from_client, request.new, after, request.limit + 1, request.quarantined)
    tx, sight = visit.transaction, sight_of(visit)
    if client_id is None:
        rows = documents.page_of_all(tx, sight, part)
    else:
        appointment = appointment_of(visit, request.appointment, client_id)
        appointment_id = appointment.id if appointment else None
        hidden = request.hidden or not is_client(visit)
        rows = documents.page_of_client(tx, client_id, sight, part, appointment_id=appointment_id, hidden=hidden)
    shown = rows[: request.limit]
    of_clients = dict.fromkeys(row["client_id"] for row in shown if row["client_id"] is not None)
    for subject in of_clients if client_id is None else (client_id,):
        visit.record_read(subject, subject)
    following = cursors.pack(shown[-1]["sort_at"], shown[-1]["id"]) if len(rows) > len(shown) else None
    return Page(items=[documents.read(row) for row in shown], next=following)


def find_document(visit: Visit, reference: str) -> Document:
    """The document that an id or its beginning names, if the caller may see it. Raises NotFound, AmbiguousId."""
    return _named(visit, documents.candidates(visit.transaction, reference, sight_of(visit)), reference)


def find_readable(visit: Visit, reference: str) -> Document:
    """Like `find_document`, for reading alone: also what was shared with clients to whom the caller is close.

    Raises NotFound, AmbiguousId.
    """
    candidates = documents.candidates(visit.transaction, reference, sight_of(visit))
    if visit.caller.related_id is not None and is_client(visit):
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
    if document.from_client != is_client(visit):
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


def _named(visit: Visit, candidates: Sequence[Document], reference: str) -> Document:
    return references.one(
        candidates,
        "document",
        reference,
        lambda found: f"{found.title}, {when(found.created_at, visit.caller.timezone)}",
    )


def whose(visit: Visit, client: str | None, appointment: str | None) -> str | None:
    """The client in whose documentation to look; for staff who name none the appointment's, or None."""
    if client is not None:
        return find_client(visit, client).id
    if appointment is not None and not is_client(visit):
        found = appointment_of(visit, appointment, None)
        return found.client_id if found else None
    return visit.caller.client_id if is_client(visit) else None


def appointment_of(visit: Visit, reference: str | None, client_id: str | None) -> Appointment | None:
    """The appointment that is named, of that client's where one is given; None where none is named.

    Raises NotFound, AmbiguousId.
    """
    if reference is None:
        return None
    candidates = appointments.candidates(visit.transaction, reference, client_id)
    return references.one(
        candidates,
        "appointment",
        reference,
        lambda found: f"{found.service}, {when(found.starts_at, visit.caller.timezone)}",
    )
