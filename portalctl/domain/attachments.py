"""Documents that go with messages: what may be attached, and that it stands in the client's documentation."""

from __future__ import annotations

from collections.abc import Sequence

from portalctl import errors
from portalctl.domain.documentation import find_document
from portalctl.domain.office import Visit
from portalctl.models.documents import Document, DocumentKind, DocumentState
from portalctl.storage import documents


def found(visit: Visit, references: Sequence[str], client_id: str | None = None) -> list[Document]:
    """The documents to attach to what is written to a client, each once.

    They are complete, and the caller's side made them or they stand in that client's documentation already. Raises
    NotFound, AmbiguousId.
    """
    attached = [_attachable(visit, reference, client_id) for reference in references]
    return list({document.id: document for document in attached}.values())


def put_into_documentation(visit: Visit, attached: Sequence[Document], client_id: str) -> None:
    """Have what staff attach stand in the client's documentation; what a client attaches stands there already."""
    if visit.caller.client_id is not None:
        return
    for document in attached:
        documents.put_into(
            visit.transaction,
            client_id=client_id,
            document_id=document.id,
            appointment_id=None,
            added_at=visit.second,
            added_by=visit.caller.person_id,
        )


def _attachable(visit: Visit, reference: str, client_id: str | None) -> Document:
    document = find_document(visit, reference)
    if document.state is not DocumentState.DRAFT:
        is_own = document.from_client == (visit.caller.client_id is not None)
        if is_own and document.kind is not DocumentKind.FORM:
            return document
        if client_id is not None and client_id in documents.readers(visit.transaction, document.id):
            return document
    raise errors.NotFound(
        f"there is no document {reference!r} that you can attach",
        "a draft has to be completed before; what a client made goes to nobody else",
    )
