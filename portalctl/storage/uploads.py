"""Bodies on their way to the portal: queries and changes."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    account_id: str,
    owner: str,
    name: str,
    bytes: int,  # noqa: A002  likewise
    created_at: int,
    expires_at: int,
) -> None:
    """Add an upload of which nothing has arrived."""
    tx.run(
        "INSERT INTO uploads (id, account_id, owner, name, bytes, arrived, created_at, expires_at)"
        " VALUES (:id, :account_id, :owner, :name, :bytes, 0, :created_at, :expires_at)",
        id=id,
        account_id=account_id,
        owner=owner,
        name=name,
        bytes=bytes,
        created_at=created_at,
        expires_at=expires_at,
    )


def of_account(tx: Transaction, account_id: str, prefix: str, at: int) -> list[Row]:
    """Up to ten uploads of an account that have not expired, whose id begins so."""
    return tx.all(
        "SELECT * FROM uploads WHERE id >= :prefix AND id < :beyond AND account_id = :account_id AND expires_at > :at"
        " ORDER BY id LIMIT 10",
        prefix=prefix,
        beyond=prefix + "~",
        account_id=account_id,
        at=at,
    )


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """One upload."""
    return tx.one("SELECT * FROM uploads WHERE id = :id", id=id)


def arrive(tx: Transaction, id: str, *, before: int, after: int, content: bytes | None) -> bool:  # noqa: A002  likewise
    """More has arrived and is safe; whether it continues what had arrived before."""
    return (
        tx.run(
            "UPDATE uploads SET arrived = :after, content = :content"
            " WHERE id = :id AND arrived = :before AND sha256 IS NULL",
            id=id,
            before=before,
            after=after,
            content=content,
        )
        > 0
    )


def complete(tx: Transaction, id: str, *, sha256: str, head: bytes, tail: bytes) -> bool:  # noqa: A002  likewise
    """All has arrived and is kept; whether it was still on its way."""
    return (
        tx.run(
            "UPDATE uploads SET sha256 = :sha256, head = :head, tail = :tail, content = NULL"
            " WHERE id = :id AND sha256 IS NULL",
            id=id,
            sha256=sha256,
            head=head,
            tail=tail,
        )
        > 0
    )


def take(tx: Transaction, id: str, at: int) -> bool:  # noqa: A002  likewise
    """A document is made of it; whether none was before."""
    return (
        tx.run(
            "UPDATE uploads SET taken_at = :at, head = NULL, tail = NULL WHERE id = :id AND taken_at IS NULL",
            id=id,
            at=at,
        )
        > 0
    )


def end(tx: Transaction, id: str, at: int) -> None:  # noqa: A002  likewise
    """It expires now."""
    tx.run("UPDATE uploads SET expires_at = :at WHERE id = :id", id=id, at=at)


def is_over(tx: Transaction, account_id: str, id: str, at: int) -> bool:  # noqa: A002  likewise
    """Whether an upload of the account was there and has expired."""
    found = tx.one(
        "SELECT 1 AS found FROM uploads WHERE id = :id AND account_id = :account_id AND expires_at <= :at",
        id=id,
        account_id=account_id,
        at=at,
    )
    return found is not None


def remove(tx: Transaction, id: str) -> None:  # noqa: A002  likewise
    """Forget it."""
    tx.run("DELETE FROM uploads WHERE id = :id", id=id)


def expired(tx: Transaction, at: int, limit: int) -> list[Row]:
    """Uploads whose time is over."""
    return tx.all(
        "SELECT id, owner, sha256 FROM uploads WHERE expires_at <= :at ORDER BY expires_at LIMIT :limit",
        at=at,
        limit=limit,
    )
