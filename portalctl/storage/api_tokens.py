"""Tokens for scripts: queries and changes. A token is known by its SHA-256 only."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction

_COLUMNS = "SELECT id, name, scopes, created_at, expires_at, last_used_at FROM api_tokens"


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    token_hash: str,
    account_id: str,
    name: str,
    scopes: str,
    created_at: int,
    expires_at: int,
) -> None:
    """Add a token; `scopes` are words with a space between them."""
    tx.run(
        "INSERT INTO api_tokens (id, token_hash, account_id, name, scopes, created_at, expires_at)"
        " VALUES (:id, :token_hash, :account_id, :name, :scopes, :created_at, :expires_at)",
        id=id,
        token_hash=token_hash,
        account_id=account_id,
        name=name,
        scopes=scopes,
        created_at=created_at,
        expires_at=expires_at,
    )


def of_account(tx: Transaction, account_id: str) -> list[Row]:
    """The tokens of an account, newest first."""
    return tx.all(f"{_COLUMNS} WHERE account_id = :account_id ORDER BY created_at DESC, id DESC", account_id=account_id)


def end(tx: Transaction, id: str) -> None:  # noqa: A002  the column's name
    """End a token, if there is one of that id."""
    tx.run("DELETE FROM api_tokens WHERE id = :id", id=id)


def end_all(tx: Transaction, account_id: str) -> None:
    """End every token of an account."""
    tx.run("DELETE FROM api_tokens WHERE account_id = :account_id", account_id=account_id)


def sweep(tx: Transaction, account_id: str, until: int) -> None:
    """Forget an account's tokens that expired then or earlier."""
    tx.run(
        "DELETE FROM api_tokens WHERE account_id = :account_id AND expires_at <= :until",
        account_id=account_id,
        until=until,
    )


def touch(tx: Transaction, id: str, at: int) -> None:  # noqa: A002  the column's name
    """Write down that the token was just used."""
    tx.run("UPDATE api_tokens SET last_used_at = :at WHERE id = :id AND coalesce(last_used_at, 0) < :at", id=id, at=at)
