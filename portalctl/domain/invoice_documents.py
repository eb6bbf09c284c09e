"""The document of an issued invoice: a PDF of the practice's, in the client's documentation from the first."""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

from portalctl.domain import letters
from portalctl.domain.documentation import make
from portalctl.domain.office import Visit
from portalctl.models.documents import DocumentKind, DocumentState
from portalctl.models.invoices import Invoice
from portalctl.papers.invoice import Letterhead, invoice_pdf
from portalctl.storage import bodies, clients, practice
from portalctl.storage.owners import PRACTICE

FOLDER = "Invoices"
"""Where a client finds them."""


def add(visit: Visit, invoice: Invoice) -> str:
    """Draw it, put it into the client's documentation, and tell them: the document's id."""
    tx = visit.transaction
    content = _drawn(visit, invoice)
    sha256 = hashlib.sha256(content).hexdigest()
    tx.hold(f"body:{PRACTICE}")
    bodies.put(tx, owner=PRACTICE, sha256=sha256, bytes=len(content), content=content, place=None)
    made = make(
        visit,
        kind=DocumentKind.FILE,
        title=f"Invoice {invoice.number}",
        name=f"invoice-{invoice.number}.pdf",
        folder=FOLDER,
        media_type="application/pdf",
        state=DocumentState.COMPLETED,
        client_id=invoice.client_id,
        appointment_id=invoice.appointment_id,
        owner=PRACTICE,
        bytes=len(content),
        sha256=sha256,
    )
    client = clients.get(tx, invoice.client_id)
    if client is not None and client.email:
        letters.tell_of_documents(tx, visit.second, {client.id: client.email})
    return made.id


def _drawn(visit: Visit, invoice: Invoice) -> bytes:
    here, client = practice.get(visit.transaction), clients.get(visit.transaction, invoice.client_id)
    assert here is not None  # noqa: S101  a session exists only where a practice does
    assert client is not None  # noqa: S101  the invoice refers to them
    at = visit.now.astimezone(ZoneInfo(here.timezone)).replace(microsecond=0)
    address = [line for line in (client.address or "").splitlines() if line.strip()]
    return invoice_pdf(invoice, Letterhead(here.name, here.email, invoice.client, address, at.date()), at)
