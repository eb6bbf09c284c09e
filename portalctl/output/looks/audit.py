"""How the audit looks."""

from __future__ import annotations

from portalctl.output.columns import Column, Look

_ROW = (
    Column("At", "at", whole=True),
    Column("Who", lambda entry: entry.actor or entry.actor_id),
    Column("As", "role", whole=True),
    Column("What", lambda entry: entry.action.replace(".", " ").replace("_", " "), whole=True),
    Column("About", "subject", whole=True),
)
_FAULT = Column("Fault", "fault")

LOOKS: dict[str, Look] = {
    "AuditEntry": Look("entries", _ROW),
    "AuditChain": Look(
        "faults",
        (
            Column("Chain", "chain", whole=True),
            Column("Rows", "rows", whole=True),
            _FAULT,
            Column("Last hash", "head"),
        ),
    ),
    "AuditReport": Look(
        "reports",
        (
            Column("Whole", "whole", whole=True),
            Column("Chains", "chains", whole=True),
            Column("Rows", "rows", whole=True),
            Column("Faults", lambda report: "; ".join(f"{one.chain}: {one.fault}" for one in report.faults) or "none"),
        ),
    ),
}
