"""The outbox: letters that wait, and what became of those that do not. Rows hold ids, addresses and moments only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from portalctl.storage.engine import Row, Transaction

_COLUMNS = (
    "SELECT id, kind, recipient, person_id, subject_id, details, state, created_at, due_at, claimed_until, attempts,"
    " last_error, settled_at FROM outbox"
)


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    kind: str,
    recipient: str,
    person_id: str,
    subject_id: str,
    details: Mapping[str, Any],
    created_at: int,
    due_at: int,
) -> None:
    """Add a letter that waits until it is due."""
    tx.run(
        "INSERT INTO outbox (id, kind, recipient, person_id, subject_id, details, created_at, due_at)"
        " VALUES (:id, :kind, :recipient, :person_id, :subject_id, :details, :created_at, :due_at)",
        id=id,
        kind=kind,
        recipient=recipient,
        person_id=person_id,
        subject_id=subject_id,
        details=json.dumps(details, sort_keys=True),
        created_at=created_at,
        due_at=due_at,
    )


def candidates(tx: Transaction, prefix: str) -> list[Row]:
    """Up to ten letters whose id begins so."""
    rows = tx.all(
        f"{_COLUMNS} WHERE id >= :prefix AND id < :beyond ORDER BY id LIMIT 10", prefix=prefix, beyond=prefix + "~"
    )
    return [_read(row) for row in rows]


def page(tx: Transaction, *, state: str | None, after: tuple[int, str] | None, limit: int) -> list[Row]:
    """Letters, newest first, continuing behind `after`. Those that wait have an index of their own."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if state == "waiting":
        conditions.append("state = 'waiting'")
    elif state is not None:
        conditions.append("state = :state AND state <> 'waiting'")
        values["state"] = state
    if after is not None:
        conditions.append("(created_at, id) < (:after_at, :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    condition = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = tx.all(f"{_COLUMNS}{condition} ORDER BY created_at DESC, id DESC LIMIT :limit", limit=limit, **values)
    return [_read(row) for row in rows]


def is_due(tx: Transaction, at: int) -> bool:
    """Whether a letter is due that nobody is sending."""
    found = tx.one(
        "SELECT 1 AS found FROM outbox WHERE state = 'waiting' AND due_at <= :at AND claimed_until <= :at LIMIT 1",
        at=at,
    )
    return found is not None


def queue(tx: Transaction, at: int) -> tuple[int, int]:
    """How many letters wait, and for how many seconds the oldest of those that are due has been."""
    row = tx.one("SELECT count(*) AS letters, min(due_at) AS due_at FROM outbox WHERE state = 'waiting'")
    if row is None or row["due_at"] is None:
        return 0, 0
    return row["letters"], max(0, at - row["due_at"])


def is_clearable(tx: Transaction, *, due_before: int, settled_before: int) -> bool:
    """Whether a letter has been due, or was settled, since before then."""
    found = tx.one(
        "SELECT id FROM outbox WHERE state = 'waiting' AND due_at < :due_before"
        " UNION ALL SELECT id FROM outbox WHERE state <> 'waiting' AND settled_at < :settled_before LIMIT 1",
        due_before=due_before,
        settled_before=settled_before,
    )
    return found is not None


def claim(tx: Transaction, at: int, until: int) -> Row | None:
    """The letter that has been due the longest, from now on the caller's alone until then; None where none is due.

    This counts as an attempt, so that a letter whose sender dies over it is not tried for ever.
    """
    row = tx.one(
        f"{_COLUMNS} WHERE state = 'waiting' AND due_at <= :at AND claimed_until <= :at"
        f" ORDER BY due_at, id LIMIT 1 {tx.skipping_held}",
        at=at,
    )
    if row is None:
        return None
    tx.run(
        "UPDATE outbox SET claimed_until = :until, attempts = attempts + 1 WHERE id = :id", until=until, id=row["id"]
    )
    return _read({**row, "claimed_until": until, "attempts": row["attempts"] + 1})


def settle(tx: Transaction, id: str, state: str, at: int, why: str | None = None) -> None:  # noqa: A002  the column's name
    """Write down what became of a letter; that it was sent stays true whatever was decided meanwhile."""
    tx.run(
        "UPDATE outbox SET state = :state, settled_at = :at, last_error = :why, claimed_until = 0"
        " WHERE id = :id AND (state = 'waiting' OR (:state = 'sent' AND state <> 'sent'))",
        id=id,
        state=state,
        at=at,
        why=why,
    )


def postpone(tx: Transaction, id: str, *, attempt: int, due_at: int, why: str) -> None:  # noqa: A002  the column's name
    """Let a letter wait until it is due again, unless somebody else has claimed or settled it since that attempt."""
    tx.run(
        "UPDATE outbox SET due_at = :due_at, last_error = :why, claimed_until = 0"
        " WHERE id = :id AND state = 'waiting' AND attempts = :attempt",
        id=id,
        attempt=attempt,
        due_at=due_at,
        why=why,
    )


def put_about(tx: Transaction, id: str, *, person_id: str, subject_id: str) -> None:  # noqa: A002  the column's name
    """Write down whom and what a letter is about, once that is known."""
    tx.run(
        "UPDATE outbox SET person_id = :person_id, subject_id = :subject_id WHERE id = :id",
        id=id,
        person_id=person_id,
        subject_id=subject_id,
    )


def redirect(tx: Transaction, person_id: str, *, old: str, new: str, but: Sequence[str]) -> None:
    """Send what waits for somebody to their new address, but for letters of some kinds."""
    kinds = {f"kind{number}": kind for number, kind in enumerate(but)}
    tx.run(
        "UPDATE outbox SET recipient = :new WHERE state = 'waiting' AND person_id = :person_id AND recipient = :old"  # noqa: S608  our own parameters
        f" AND kind NOT IN ({', '.join(f':{name}' for name in kinds)})",
        person_id=person_id,
        old=old,
        new=new,
        **kinds,
    )


def is_waiting_for(tx: Transaction, person_id: str, subject_id: str, kind: str) -> bool:
    """Whether a letter of that kind about one thing waits for somebody, and nobody is sending it."""
    found = tx.one(
        "SELECT 1 AS found FROM outbox WHERE subject_id = :subject_id AND state = 'waiting' AND person_id = :person_id"
        " AND kind = :kind AND claimed_until = 0 LIMIT 1",
        subject_id=subject_id,
        person_id=person_id,
        kind=kind,
    )
    return found is not None


def drop_about(tx: Transaction, subject_id: str, kind: str, at: int, why: str) -> None:
    """Drop the waiting letters of one kind about one thing."""
    tx.run(
        "UPDATE outbox SET state = 'dropped', settled_at = :at, last_error = :why, claimed_until = 0"
        " WHERE subject_id = :subject_id AND kind = :kind AND state = 'waiting'",
        subject_id=subject_id,
        kind=kind,
        at=at,
        why=why,
    )


def drop_older(tx: Transaction, *, due_before: int, at: int, why: str, limit: int) -> int:
    """Drop some of the letters that have been due since before then; how many they were."""
    return tx.run(
        "UPDATE outbox SET state = 'dropped', settled_at = :at, last_error = :why, claimed_until = 0 WHERE id IN ("  # noqa: S608  the engine's own words
        " SELECT id FROM outbox WHERE state = 'waiting' AND due_at < :due_before AND claimed_until <= :at"
        f" ORDER BY due_at, id LIMIT :limit {tx.skipping_held})",
        due_before=due_before,
        at=at,
        why=why,
        limit=limit,
    )


def forget(tx: Transaction, *, settled_before: int, limit: int) -> int:
    """Delete some of the letters that were settled before then; how many they were."""
    return tx.run(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"  # noqa: S608  the engine's own words
        " WHERE state <> 'waiting' AND settled_at < :settled_before"
        f" ORDER BY settled_at LIMIT :limit {tx.skipping_held})",
        settled_before=settled_before,
        limit=limit,
    )


def _read(row: Row) -> Row:
    return {**row, "details": json.loads(row["details"])}
