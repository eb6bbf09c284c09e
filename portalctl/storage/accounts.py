"""Accounts, and the client, member of staff or related person behind each."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def insert(tx: Transaction, *, id: str, email: str, password_hash: str, created_at: int) -> None:  # noqa: A002  the column's name
    """Add an account; an address has one."""
    tx.run(
        "INSERT INTO accounts (id, email, password_hash, created_at) VALUES (:id, :email, :password_hash, :created_at)",
        id=id,
        email=email,
        password_hash=password_hash,
        created_at=created_at,
    )


def by_email(tx: Transaction, email: str) -> Row | None:
    """The account of an address, with the ids of its person: client_id, staff_id, related_id; its role; and active."""
    return tx.one(f"{_WITH_PERSON} WHERE a.email = :email", email=email)


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """The account of that id, with the same columns."""
    return tx.one(f"{_WITH_PERSON} WHERE a.id = :id", id=id)


def is_member(tx: Transaction, email: str) -> bool:
    """Whether the address has an account or belongs to somebody of the practice."""
    found = tx.one(
        "SELECT id FROM accounts WHERE email = :email UNION SELECT id FROM staff WHERE email = :email", email=email
    )
    return found is not None


def set_password(tx: Transaction, id: str, password_hash: str) -> None:  # noqa: A002  the column's name
    """Give the account another password."""
    tx.run("UPDATE accounts SET password_hash = :password_hash WHERE id = :id", id=id, password_hash=password_hash)


def person(tx: Transaction, kind: str, id: str) -> Row | None:  # noqa: A002  the column's name
    """The client, member of staff or related person of that id: account_id, and whether they are active."""
    return tx.one(f"{_PERSONS[kind]} WHERE id = :id", id=id)


def join(tx: Transaction, kind: str, person_id: str, *, account_id: str, name: str, timezone: str | None) -> None:
    """Give a person who has none their account; a zone of None keeps theirs."""
    table = {"client": "clients", "staff": "staff", "related": "related_people"}[kind]
    tx.run(
        f"UPDATE {table} SET account_id = :account_id, name = :name, timezone = coalesce(:timezone, timezone)"  # noqa: S608  our own table names
        " WHERE id = :id AND account_id IS NULL",
        id=person_id,
        account_id=account_id,
        name=name,
        timezone=timezone,
    )


def adopt_related(tx: Transaction, account_id: str) -> None:
    """Give whoever was to be invited as somebody's relative, by the account's own address, that account."""
    tx.run(
        "UPDATE related_people SET account_id = :account_id WHERE account_id IS NULL"
        " AND email = (SELECT email FROM accounts WHERE id = :account_id)"
        " AND NOT EXISTS (SELECT 1 FROM related_people o WHERE o.account_id = :account_id)",
        account_id=account_id,
    )


def person_id(account: Row) -> str:
    """Who is behind an account: the client, member of staff or related person."""
    found: str = account["client_id"] or account["staff_id"] or account["related_id"]
    return found


_MAY_ENTER = (
    "EXISTS (SELECT 1 FROM relationships x WHERE x.related_id = r.id AND x.portal_access = 1 AND x.removed_at IS NULL)"
)
"""Whether a related person `r` has portal access by any relationship."""

_PERSONS = {
    "client": "SELECT account_id, 1 AS active FROM clients",
    "staff": "SELECT account_id, CASE WHEN disabled_at IS NULL THEN 1 ELSE 0 END AS active FROM staff",
    "related": f"SELECT account_id, CASE WHEN {_MAY_ENTER} THEN 1 ELSE 0 END AS active FROM related_people r",  # noqa: S608  our own condition
}

_WITH_PERSON = (
    "SELECT a.id AS account_id, a.password_hash, a.email, coalesce(c.name, m.name, r.name) AS name,"  # noqa: S608  our own condition
    " c.id AS client_id, m.id AS staff_id, r.id AS related_id,"
    " CASE WHEN c.id IS NOT NULL THEN 'client' ELSE coalesce(m.role, 'related') END AS role,"
    " CASE WHEN m.disabled_at IS NOT NULL THEN 0 WHEN c.id IS NOT NULL OR m.id IS NOT NULL"
    f" OR {_MAY_ENTER} THEN 1 ELSE 0 END AS active"
    " FROM accounts a LEFT JOIN clients c ON c.account_id = a.id LEFT JOIN staff m ON m.account_id = a.id"
    " LEFT JOIN related_people r ON r.account_id = a.id"
)
