"""Accounts, and the client or member of staff behind each."""

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
    """The account of an address: account_id, password_hash, email, name, client_id, staff_id, role, active."""
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
    """The client or member of staff of that id: account_id, and whether they are active."""
    return tx.one(f"{_PERSONS[kind]} WHERE id = :id", id=id)


def join(tx: Transaction, kind: str, person_id: str, *, account_id: str, name: str, timezone: str | None) -> None:
    """Give a client or member of staff who has none their account; a zone of None keeps theirs."""
    table = {"client": "clients", "staff": "staff"}[kind]
    tx.run(
        f"UPDATE {table} SET account_id = :account_id, name = :name, timezone = coalesce(:timezone, timezone)"  # noqa: S608  our own table names
        " WHERE id = :id AND account_id IS NULL",
        id=person_id,
        account_id=account_id,
        name=name,
        timezone=timezone,
    )


_PERSONS = {
    "client": "SELECT account_id, 1 AS active FROM clients",
    "staff": "SELECT account_id, CASE WHEN disabled_at IS NULL THEN 1 ELSE 0 END AS active FROM staff",
}

_WITH_PERSON = (
    "SELECT a.id AS account_id, a.password_hash, a.email, coalesce(c.name, m.name) AS name, c.id AS client_id,"
    " m.id AS staff_id, coalesce(m.role, 'client') AS role,"
    " CASE WHEN m.disabled_at IS NULL THEN 1 ELSE 0 END AS active"
    " FROM accounts a LEFT JOIN clients c ON c.account_id = a.id LEFT JOIN staff m ON m.account_id = a.id"
)
