"""The audit: one hash chain per client and one for the practice. Rows are appended, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import NamedTuple

from portalctl.storage.engine import Row, Transaction

ORIGIN = "0" * 64
"""What stands before the first row of a chain."""

_COLUMNS = ("chain", "position", "at", "actor", "role", "action", "subject", "previous", "hash")

_AT_ONCE = 500
"""Chains whose ends one statement finds."""

_as_json = json.encoder.encode_basestring_ascii


def row_hash(
    previous: str, chain: str, position: int, at: int, actor: str, role: str, action: str, subject: str
) -> str:
    """SHA-256 over the hash before it and the row, as a JSON array without spaces."""
    words = f"{_as_json(actor)},{_as_json(role)},{_as_json(action)},{_as_json(subject)}"
    content = f"[{_as_json(previous)},{_as_json(chain)},{position},{at},{words}]"
    return hashlib.sha256(content.encode()).hexdigest()


class Entry(NamedTuple):
    """What a row tells, before it has its place in the chain."""

    chain: str
    at: int
    actor: str
    role: str
    action: str
    subject: str


def append(tx: Transaction, *, chain: str, at: int, actor: str, role: str, action: str, subject: str) -> None:
    """Add one row to a chain, when the transaction ends."""
    tx.entries.append(Entry(chain, at, actor, role, action, subject))


def seal(tx: Transaction) -> None:
    """Chain what the transaction has added, holding each chain until it ends: the last that a transaction does."""
    entries, tx.entries = tx.entries, []
    if not entries:
        return
    chains = sorted({entry.chain for entry in entries})
    tx.hold(*(f"chain:{chain}" for chain in chains))
    heads: dict[str, tuple[int, str]] = {}
    for start in range(0, len(chains), _AT_ONCE):
        heads |= _heads(tx, chains[start : start + _AT_ONCE])
    rows = []
    for chain, at, actor, role, action, subject in entries:
        position, previous = heads.get(chain, (0, ORIGIN))
        position += 1
        found = row_hash(previous, chain, position, at, actor, role, action, subject)
        heads[chain] = (position, found)
        rows.append((chain, position, at, actor, role, action, subject, previous, found))
    tx.add_many("audit", _COLUMNS, rows)


def _heads(tx: Transaction, chains: list[str]) -> dict[str, tuple[int, str]]:
    """The position and hash of each chain's last row, each found at the end of its stretch of the index."""
    wanted = ", ".join(f"(:chain{number})" for number in range(len(chains)))
    rows = tx.all(
        f"WITH wanted (chain) AS (VALUES {wanted}) SELECT a.chain, a.position, a.hash FROM wanted JOIN audit a"  # noqa: S608  our own names
        " ON a.chain = wanted.chain AND a.position = (SELECT max(position) FROM audit WHERE chain = wanted.chain)",
        **{f"chain{number}": chain for number, chain in enumerate(chains)},
    )
    return {row["chain"]: (row["position"], row["hash"]) for row in rows}


def hash_of(row: Row) -> str:
    """The hash that a row should have."""
    return row_hash(row["previous"], *(row[name] for name in _COLUMNS[:7]))


def page(tx: Transaction, chain: str, *, before: int | None, limit: int) -> list[Row]:
    """Rows of a chain, newest first, below a position, each with its actor's name."""
    return tx.all(
        "SELECT a.chain, a.position, a.at, a.actor AS actor_id, coalesce(c.name, m.name, r.name) AS actor, a.role,"
        " a.action, a.subject, a.hash FROM audit a LEFT JOIN clients c ON c.id = a.actor"
        " LEFT JOIN staff m ON m.id = a.actor LEFT JOIN related_people r ON r.id = a.actor"
        " WHERE a.chain = :chain AND a.position < :before ORDER BY a.position DESC LIMIT :limit",
        chain=chain,
        before=before if before is not None else 2**62,
        limit=limit,
    )


def chains(tx: Transaction, *, after: str) -> Iterator[str]:
    """The names of the chains behind one, in order; each is found by one look at the index."""
    while found := tx.one("SELECT min(chain) AS chain FROM audit WHERE chain > :after", after=after):
        if found["chain"] is None:
            return
        after = found["chain"]
        yield after


def each(tx: Transaction, chain: str) -> Iterator[Row]:
    """A whole chain, oldest first, without holding it all."""
    after = 0
    while rows := tx.all(
        "SELECT * FROM audit WHERE chain = :chain AND position > :after ORDER BY position LIMIT 1000",
        chain=chain,
        after=after,
    ):
        yield from rows
        after = rows[-1]["position"]


def rows(tx: Transaction, chain: str) -> list[Row]:
    """A whole chain, oldest first."""
    return tx.all("SELECT * FROM audit WHERE chain = :chain ORDER BY position", chain=chain)


def count(tx: Transaction) -> int:
    """How many rows all chains have together."""
    found = tx.one("SELECT count(*) AS rows FROM audit")
    return int(found["rows"]) if found else 0
