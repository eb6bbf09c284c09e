"""Sessions. A token is known by its SHA-256 only."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    token_hash: str,
    account_id: str,
    address: str,
    device: str,
    created_at: int,
    expires_at: int,
    idle_minutes: int,
) -> None:
    """Begin a session."""
    tx.run(
        "INSERT INTO sessions"
        " (id, token_hash, account_id, address, device, created_at, touched_at, expires_at, idle_minutes) VALUES"
        " (:id, :token_hash, :account_id, :address, :device, :created_at, :created_at, :expires_at, :idle_minutes)",
        id=id,
        token_hash=token_hash,
        account_id=account_id,
        address=address,
        device=device,
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


def end_others(tx: Transaction, account_id: str, session_id: str) -> int:
    """End every session of an account but one; how many they were."""
    return tx.run(
        "DELETE FROM sessions WHERE account_id = :account_id AND id <> :id", account_id=account_id, id=session_id
    )


def end_one(tx: Transaction, id: str) -> None:  # noqa: A002  the column's name
    """End the session of that id, if there is one."""
    tx.run("DELETE FROM sessions WHERE id = :id", id=id)


def of_account(tx: Transaction, account_id: str, at: int) -> list[Row]:
    """The sessions of an account that have not run out, the latest used first."""
    return tx.all(
        "SELECT id, address, device, created_at, touched_at, expires_at, idle_minutes FROM sessions"
        " WHERE account_id = :account_id AND expires_at > :at AND touched_at + 60 * idle_minutes > :at"
        " ORDER BY touched_at DESC, created_at DESC, id",
        account_id=account_id,
        at=at,
    )


def sweep(tx: Transaction, account_id: str, at: int) -> None:
    """Forget an account's sessions that have run out."""
    tx.run(
        "DELETE FROM sessions WHERE account_id = :account_id"
        " AND (expires_at <= :at OR touched_at + 60 * idle_minutes <= :at)",
        account_id=account_id,
        at=at,
    )
