"""A document's body on its way out: a file as it was stored, a note as Markdown, a form as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from portalctl import errors
from portalctl.contract.portal import Portal
from portalctl.domain.documentation import find_readable, record_view
from portalctl.domain.office import Office, Visit
from portalctl.domain.quarantine import require_passed
from portalctl.models.documents import Document, DocumentKind
from portalctl.models.uploads import Body, OpenBody
from portalctl.storage import bodies
from portalctl.storage.blobs import lost, verified
from portalctl.storage.engine import Row, Transaction


class Source(NamedTuple):
    """A body: how long it is, its hash, and how it is read from an offset on."""

    size: int
    sha256: str
    read: Callable[[int], Iterator[bytes]]


@contextmanager
def open_body(office: Office, request: OpenBody) -> Iterator[Body]:
    """Read a document. That it was opened is on record before its first byte comes."""
    with office.visit(Portal.open_body) as visit:
        document = find_readable(visit, request.id)
        source = _source(office, visit, document)
        record_view(visit, document)
    is_same = request.sha256 in (None, source.sha256)
    offset = request.offset if is_same and request.offset <= source.size else 0
    chunks = source.read(offset)
    try:
        yield Body(document.name, document.media_type, source.size, source.sha256, offset, chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _source(office: Office, visit: Visit, document: Document) -> Source:
    if document.kind is DocumentKind.NOTE:
        from portalctl.domain.notes import as_markdown

        return _of_text(as_markdown(visit, document))
    if document.kind is DocumentKind.FORM:
        from portalctl.domain.forms import as_json

        return _of_text(as_json(visit, document))
    require_passed(document)
    return file_source(office, visit.transaction, document.id)


def file_source(office: Office, tx: Transaction, document_id: str) -> Source:
    """How the body of a file is read. Raises BodyDamaged."""
    row = bodies.of_document(tx, document_id)
    if row is None:
        raise lost(document_id)
    return _of_row(office, row, bodies.parts(tx, row["place"] or ""))


def _of_row(office: Office, row: Row, parts: list[bodies.Part]) -> Source:
    size, sha256, place = row["bytes"], row["sha256"], row["place"]
    content: bytes | None = row["content"]

    def read(offset: int) -> Iterator[bytes]:
        if content is not None:
            return verified(iter([content]), size, sha256, offset, "a row of the database")
        if row["starts_at"] is not None:
            return _from_pack(office, row, offset)
        return office.bodies().read(place, parts, size, sha256, offset)

    return Source(size, sha256, read)


def _from_pack(office: Office, row: Row, offset: int) -> Iterator[bytes]:
    """A body in a pack, which may have been written anew under another name since the row was read."""
    try:
        content = office.bodies().from_pack(row["place"], row["starts_at"], row["bytes"])
    except errors.BodyDamaged:
        with office.store.reading() as tx:
            now = bodies.get(tx, row["owner"], row["sha256"])
            if now is None or now["place"] == row["place"]:
                raise
            return _of_row(office, now, bodies.parts(tx, now["place"] or "")).read(offset)
    return verified(iter([content] if content else []), row["bytes"], row["sha256"], offset, row["place"])


def _of_text(content: bytes) -> Source:
    return Source(len(content), hashlib.sha256(content).hexdigest(), lambda offset: iter([content[offset:]]))
