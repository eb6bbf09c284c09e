"""People related to clients: who they are, and the account each has or will have."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction

_COLUMNS = (
    "SELECT r.id, r.account_id, r.name, r.timezone, coalesce(a.email, r.email) AS email"
    " FROM related_people r LEFT JOIN accounts a ON a.id = r.account_id"
)


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    account_id: str | None,
    name: str,
    email: str,
    created_at: int,
) -> None:
    """Add a person; where they have no account, the address has nobody else who waits for one."""
    tx.run(
        "INSERT INTO related_people (id, account_id, name, email, created_at)"
        " VALUES (:id, :account_id, :name, :email, :created_at)",
        id=id,
        account_id=account_id,
        name=name,
        email=email,
        created_at=created_at,
    )


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """The person of that id: id, account_id, name, timezone and today's email."""
    return tx.one(f"{_COLUMNS} WHERE r.id = :id", id=id)


def by_email(tx: Transaction, email: str) -> Row | None:
    """Whose address that is today: by their account, or as one who waits for one."""
    return tx.one(f"{_COLUMNS} WHERE a.email = :email", email=email) or tx.one(
        f"{_COLUMNS} WHERE r.account_id IS NULL AND r.email = :email", email=email
    )
