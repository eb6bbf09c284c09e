"""The audit as it is read: who did what, and whether the chains are whole."""

from __future__ import annotations

from portalctl.contract import audit as contract
from portalctl.domain import cursors
from portalctl.domain.clients import find_client
from portalctl.domain.office import Office, Visit
from portalctl.models.audit import AuditChain, AuditEntry, ListAudit, VerifyAudit
from portalctl.models.values import Page
from portalctl.storage import audit
from portalctl.storage.engine import Transaction

PRACTICE = "practice"
"""The chain of what concerns no client."""

ROWS = 50_000
"""A page of chains ends once so many rows were followed, so that an answer comes in seconds."""


class Audits(contract.Audits):
    """The audit of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListAudit) -> Page[AuditEntry]:
        """A chain's rows, newest first."""
        with self._office.visit(contract.Audits.list) as visit:
            before = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            chain = _chain(visit, request.client)
            if before is not None and before[1] != chain:
                raise cursors.not_of_this_list()
            rows = audit.page(
                visit.transaction, chain, before=before[0] if before is not None else None, limit=request.limit + 1
            )
            if chain != PRACTICE:
                visit.record_read(chain, chain)
            shown = [AuditEntry.model_validate(row) for row in rows[: request.limit]]
            more = len(rows) > len(shown)
            return Page(items=shown, next=cursors.pack(shown[-1].position, chain) if more else None)

    def verify(self, request: VerifyAudit) -> Page[AuditChain]:
        """Follow chains from their first row on."""
        with self._office.visit(contract.Audits.verify) as visit:
            after = cursors.unpack(request.cursor, str)[1] if request.cursor is not None else ""
            tx, own = visit.transaction, visit.own_client
            if own is not None:
                return Page(items=[_follow(tx, own)])
            followed: list[AuditChain] = []
            chains = audit.chains(tx, after=after)
            for chain in chains:
                followed.append(_follow(tx, chain))
                if len(followed) == request.limit or sum(each.rows for each in followed) >= ROWS:
                    break
            more = next(chains, None) is not None
            return Page(items=followed, next=cursors.pack("", followed[-1].chain) if more else None)


def _chain(visit: Visit, client: str | None) -> str:
    """The chain that is asked for; a client's is their own. Raises NotFound, AmbiguousId."""
    own = visit.own_client
    if client is None:
        return own or PRACTICE
    return find_client(visit, client).id


def _follow(tx: Transaction, chain: str) -> AuditChain:
    """Compute each hash of a chain again; what follows a fault proves nothing, and is counted only."""
    position, head, fault = 0, audit.ORIGIN, None
    for row in audit.each(tx, chain):
        position += 1
        if fault is not None:
            continue
        if row["position"] != position:
            fault = f"row {position} is missing"
        elif row["previous"] != head or row["hash"] != audit.hash_of(row):
            fault = f"row {position} is not what was written"
        head = row["hash"]
    return AuditChain(chain=chain, rows=position, head=head, fault=fault)
