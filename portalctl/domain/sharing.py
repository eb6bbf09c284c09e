"""What is asked before files are shared: the same operations as of the nouns, without their models.

To load those takes longer than to share a hundred files.
"""

from __future__ import annotations

from typing import NamedTuple

from portalctl.contract.operation import Operation
from portalctl.domain.lines import line
from portalctl.domain.office import Office
from portalctl.domain.references import one_client
from portalctl.models.sharing import DocumentTerms, Whom
from portalctl.models.texts import LONGEST_REFERENCE
from portalctl.storage import clients, policy
from portalctl.storage.engine import Transaction

SHOW_CLIENT = Operation("clients", "show", "GET", "")
SHOW_POLICY = Operation("policy", "show", "GET", "")


def whom(office: Office, reference: str) -> Whom:
    """The client that a reference means; see the contract."""
    reference = line("client", reference, LONGEST_REFERENCE)
    with office.visit(SHOW_CLIENT) as visit:
        found = one_client(visit, reference, _named)
        visit.record_read(found.id, found.id)
        return Whom(found.id, found.name)


def document_terms(office: Office) -> DocumentTerms:
    """What the practice takes of documents; see the contract."""
    with office.visit(SHOW_POLICY) as visit:
        return terms_of_practice(visit.transaction)


def terms_of_practice(tx: Transaction) -> DocumentTerms:
    """What the practice takes of documents."""
    found = policy.terms(tx, policy.PRACTICE)
    return DocumentTerms(**{name: value for name, value in found.items() if name in DocumentTerms._fields})


class _Named(NamedTuple):
    id: str
    name: str
    email: str


def _named(tx: Transaction, reference: str) -> list[_Named]:
    return [_Named(row["id"], row["name"], row["email"]) for row in clients.named(tx, reference)]
