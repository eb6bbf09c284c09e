"""Sessions. A token is known by its SHA-256 only."""

from __future__ import annotations

from portalctl.storage.engine import Transaction


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    token_hash: str,
    account_id: str,
    created_at: int,
    expires_at: int,
    idle_minutes: int,
) -> None:
    """Begin a session."""
    tx.run(
        "INSERT INTO sessions (id, token_hash, account_id, created_at, touched_at, expires_at, idle_minutes)"
        " VALUES (:id, :token_hash, :account_id, :created_at, :created_at, :expires_at, :idle_minutes)",
        id=id,
        token_hash=token_hash,
        account_id=account_id,
        created_at=created_at,
        expires_at=expires_at,
        idle_minutes=idle_minutes,
    )


def end(tx: Transaction, token_hash: str) -> None:
    """End the session of a token, if there is one."""
    tx.run("DELETE FROM sessions WHERE token_hash = :token_hash", token_hash=token_hash)


def end_all(tx: Transaction, account_id: str) -> None:
    """End every session of an account."""
    tx.run("DELETE FROM sessions WHERE account_id = :account_id", account_id=account_id)


def sweep(tx: Transaction, account_id: str, at: int) -> None:
    """Forget an account's sessions that have run out."""
    tx.run(
        "DELETE FROM sessions WHERE account_id = :account_id"
        " AND (expires_at <= :at OR touched_at + 60 * idle_minutes <= :at)",
        account_id=account_id,
        at=at,
    )
