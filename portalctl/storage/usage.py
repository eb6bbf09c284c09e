"""How much is kept: for each client what stands in their documentation, and what the practice keeps altogether.

Everything that makes, deletes, shares or takes out a document counts it here. What a transaction has counted is
written at its end, so that nobody waits for a counter longer than that. The practice's total is spread over a few rows,
of which each transaction takes one by chance: those who add for different clients do not wait for each other.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple

from portalctl.storage.engine import Transaction
from portalctl.storage.listing import listed

_PRACTICE = "practice"
_SHARES = 16


class Used(NamedTuple):
    """So many documents, and so many bytes of their files."""

    documents: int = 0
    bytes: int = 0


def count(tx: Transaction, client_id: str | None, documents: int, bytes: int) -> None:  # noqa: A002  the column's name
    """So much more stands in a client's documentation, or (None) is kept altogether; less where it is negative."""
    before = tx.usage.get(client_id or _PRACTICE, (0, 0))
    tx.usage[client_id or _PRACTICE] = (before[0] + documents, before[1] + bytes)


def of_clients(tx: Transaction, client_ids: Iterable[str]) -> dict[str, Used]:
    """What stands in the documentation of each of these clients, where that is anything."""
    found, values = listed("id", client_ids)
    rows = tx.all(f"SELECT holder, documents, bytes FROM usage WHERE holder IN {found}", **values)  # noqa: S608  our own names
    return {row["holder"]: Used(row["documents"], row["bytes"]) for row in rows}


def of_practice(tx: Transaction) -> Used:
    """What is kept altogether."""
    row = tx.one(
        "SELECT sum(documents) AS documents, sum(bytes) AS bytes FROM usage"
        " WHERE holder >= 'practice/' AND holder < 'practice0'"
    )
    return Used(int(row["documents"] or 0), int(row["bytes"] or 0)) if row else Used()


def settle(tx: Transaction) -> None:
    """Write what the transaction has counted."""
    counted, tx.usage = tx.usage, {}
    rows = [
        {
            "holder": f"{holder}/{secrets.randbelow(_SHARES)}" if holder == _PRACTICE else holder,
            "documents": documents,
            "bytes": number,
        }
        for holder, (documents, number) in sorted(counted.items())
        if documents or number
    ]
    if rows:
        tx.run_many(
            "INSERT INTO usage (holder, documents, bytes) VALUES (:holder, :documents, :bytes)"
            " ON CONFLICT (holder) DO UPDATE SET documents = usage.documents + excluded.documents,"
            " bytes = usage.bytes + excluded.bytes",
            rows,
        )
