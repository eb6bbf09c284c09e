"""Reset links: queries and changes. One is open until it is used or revoked."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def insert(tx: Transaction, *, id: str, account_id: str, created_at: int, expires_at: int) -> None:  # noqa: A002  the column's name
    """Add a reset link; the database allows one open link per account."""
    tx.run(
        "INSERT INTO resets (id, account_id, created_at, expires_at)"
        " VALUES (:id, :account_id, :created_at, :expires_at)",
        id=id,
        account_id=account_id,
        created_at=created_at,
        expires_at=expires_at,
    )


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """The reset link of that id."""
    return tx.one(
        "SELECT id, account_id, created_at, expires_at, used_at, revoked_at FROM resets WHERE id = :id", id=id
    )


def open_for(tx: Transaction, account_id: str) -> Row | None:
    """The one reset link of an account that is neither used nor revoked; it may have expired."""
    return tx.one(
        "SELECT id, expires_at FROM resets WHERE account_id = :account_id AND used_at IS NULL AND revoked_at IS NULL",
        account_id=account_id,
    )


def use(tx: Transaction, id: str, at: int) -> bool:  # noqa: A002  the column's name
    """Use a reset link up, if it is open and has not expired: of any number of tries exactly one is told yes."""
    return (
        tx.run(
            "UPDATE resets SET used_at = :at"
            " WHERE id = :id AND used_at IS NULL AND revoked_at IS NULL AND expires_at > :at",
            id=id,
            at=at,
        )
        == 1
    )


def revoke_open(tx: Transaction, account_id: str, at: int) -> None:
    """Make the open reset link of an account worthless, if there is one."""
    tx.run(
        "UPDATE resets SET revoked_at = :at WHERE account_id = :account_id AND used_at IS NULL AND revoked_at IS NULL",
        account_id=account_id,
        at=at,
    )
