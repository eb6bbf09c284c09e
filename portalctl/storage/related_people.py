"""People related to clients: who they are, and the account each has or will have."""

from __future__ import annotations

from typing import NamedTuple

from portalctl.storage.engine import Row, Transaction


class RelatedPerson(NamedTuple):
    """Somebody who is related to clients and nothing else in the portal."""

    id: str
    name: str
    email: str


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


def candidates(tx: Transaction, reference: str) -> list[RelatedPerson]:
    """Up to ten people whom an id, an e-mail address or an exact name may mean; no clients or staff are among them."""
    rows = tx.all(
        f"{_COLUMNS} WHERE (r.id = :folded OR coalesce(a.email, r.email) = :folded OR r.name = :name)"  # noqa: S608  our own columns
        " AND NOT EXISTS (SELECT 1 FROM clients c WHERE c.account_id = r.account_id)"
        " AND NOT EXISTS (SELECT 1 FROM staff m WHERE m.account_id = r.account_id) ORDER BY r.id LIMIT 10",
        folded=reference.casefold(),
        name=reference,
    )
    return [RelatedPerson(row["id"], row["name"], row["email"]) for row in rows]
