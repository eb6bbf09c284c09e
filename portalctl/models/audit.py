"""The audit: who read or changed what, in chains that prove that nothing was taken out or altered."""

from portalctl.models.values import Instant, Limit, Record, Reference, Request


class AuditEntry(Record):
    """One row of a chain. `actor` is the name behind `actor_id`, where there is one; `subject` is what it was about."""

    chain: str
    position: int
    at: Instant
    actor_id: str
    actor: str | None = None
    role: str
    action: str
    subject: str
    hash: str


class AuditChain(Record):
    """One chain as it was followed from its first row on: `fault` says where it breaks, if it does.

    `head` is the hash of its last row: who keeps it can tell later whether rows are missing at the end.
    """

    chain: str
    rows: int
    head: str
    fault: str | None = None


class AuditReport(Record):
    """What following all chains came to."""

    chains: int
    rows: int
    whole: bool
    faults: list[AuditChain]


class ListAudit(Request):
    """The rows of a client's chain, newest first; for owners without `client` those of the practice's own chain."""

    client: Reference | None = None
    limit: Limit = 100
    cursor: str | None = None


class VerifyAudit(Request):
    """Follow chains in the order of their names: all of them, or for a client their own."""

    limit: Limit = 1000
    cursor: str | None = None
