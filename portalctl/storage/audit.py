"""The audit: one hash chain per client and one for the practice. Rows are appended, never changed."""

from __future__ import annotations

import hashlib
import json

from portalctl.storage.engine import Row, Transaction

ORIGIN = "0" * 64
"""What stands before the first row of a chain."""


def row_hash(
    previous: str, chain: str, position: int, at: int, actor: str, role: str, action: str, subject: str
) -> str:
    """SHA-256 over the hash before it and the row, as a JSON array without spaces."""
    content = json.dumps([previous, chain, position, at, actor, role, action, subject], separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def append(tx: Transaction, *, chain: str, at: int, actor: str, role: str, action: str, subject: str) -> None:
    """Add one row to a chain."""
    last = tx.one("SELECT position, hash FROM audit WHERE chain = :chain ORDER BY position DESC LIMIT 1", chain=chain)
    position, previous = (last["position"] + 1, last["hash"]) if last else (1, ORIGIN)
    tx.run(
        "INSERT INTO audit (chain, position, at, actor, role, action, subject, previous, hash)"
        " VALUES (:chain, :position, :at, :actor, :role, :action, :subject, :previous, :hash)",
        chain=chain,
        position=position,
        at=at,
        actor=actor,
        role=role,
        action=action,
        subject=subject,
        previous=previous,
        hash=row_hash(previous, chain, position, at, actor, role, action, subject),
    )


def rows(tx: Transaction, chain: str) -> list[Row]:
    """A whole chain, oldest first."""
    return tx.all("SELECT * FROM audit WHERE chain = :chain ORDER BY position", chain=chain)


def count(tx: Transaction) -> int:
    """How many rows all chains have together."""
    found = tx.one("SELECT count(*) AS rows FROM audit")
    return int(found["rows"]) if found else 0
