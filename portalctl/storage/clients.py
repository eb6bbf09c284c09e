"""The practice's clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from portalctl.storage.engine import Row, Transaction
from portalctl.storage.listing import listed

if TYPE_CHECKING:
    from portalctl.models.clients import Client

_COLUMNS = (
    "SELECT id, name, email, timezone, account_id IS NOT NULL AS signed_up, created_at,"
    " preferred_name, pronouns, birth_date, phone, address FROM clients LEFT JOIN profiles ON person_id = id"
)
_NAMED = "WHERE (id >= :prefix AND id < :beyond) OR email = :email OR name = :name"
_IDENTITY = "SELECT id, name, email, birth_date FROM clients LEFT JOIN profiles ON person_id = id"


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    name: str,
    email: str,
    created_at: int,
    timezone: str | None = None,
    account_id: str | None = None,
) -> None:
    """Add a client, whose account usually comes later with an invite."""
    tx.run(
        "INSERT INTO clients (id, account_id, name, email, timezone, created_at)"
        " VALUES (:id, :account_id, :name, :email, :timezone, :created_at)",
        id=id,
        account_id=account_id,
        name=name,
        email=email,
        timezone=timezone,
        created_at=created_at,
    )


def get(tx: Transaction, id: str) -> Client | None:  # noqa: A002  the column's name
    """The client of that id."""
    row = tx.one(f"{_COLUMNS} WHERE id = :id", id=id)
    return _client(row) if row else None


def by_email(tx: Transaction, email: str) -> Client | None:
    """The client of that address."""
    row = tx.one(f"{_COLUMNS} WHERE email = :email", email=email)
    return _client(row) if row else None


def account_of(tx: Transaction, id: str) -> str | None:  # noqa: A002  the column's name
    """The account of a client who has signed up."""
    row = tx.one("SELECT account_id FROM clients WHERE id = :id", id=id)
    return row["account_id"] if row else None


def rename(tx: Transaction, id: str, name: str) -> None:  # noqa: A002  the column's name
    """Give a client another name."""
    tx.run("UPDATE clients SET name = :name WHERE id = :id", id=id, name=name)


def candidates(tx: Transaction, reference: str) -> list[Client]:
    """Up to ten clients that a reference may name: by id or its beginning, by e-mail address, by exact name."""
    rows = tx.all(f"{_COLUMNS} {_NAMED} ORDER BY id LIMIT 10", **_meanings(reference))
    return [_client(row) for row in rows]


def named(tx: Transaction, reference: str) -> list[Row]:
    """The same, of each no more than id, name, address and date of birth."""
    return tx.all(f"{_IDENTITY} {_NAMED} ORDER BY id LIMIT 10", **_meanings(reference))


def is_named(tx: Transaction, id: str, reference: str) -> bool:  # noqa: A002  the column's name
    """Whether a reference may name this client, whomever else it names too."""
    found = tx.one(
        "SELECT 1 AS found FROM clients WHERE id = :id"
        " AND ((id >= :prefix AND id < :beyond) OR email = :email OR name = :name)",
        id=id,
        **_meanings(reference),
    )
    return found is not None


def recognised(tx: Transaction, ids: Sequence[str], emails: Sequence[str]) -> list[Row]:
    """The clients of these ids and addresses: id, name, address and date of birth of each."""
    by_id, named = listed("id", ids)
    by_email, addressed = listed("email", emails)
    return tx.all(f"{_IDENTITY} WHERE id IN {by_id} UNION {_IDENTITY} WHERE email IN {by_email}", **named, **addressed)


def beginning(tx: Transaction, prefix: str) -> list[Row]:
    """Two at the most of the clients whose id begins so, like `recognised`."""
    return tx.all(
        f"{_IDENTITY} WHERE id >= :prefix AND id < :beyond ORDER BY id LIMIT 2", prefix=prefix, beyond=prefix + "~"
    )


def page(tx: Transaction, *, after: tuple[str, str] | None, limit: int) -> list[Client]:
    """Clients by name, then id, continuing behind `after`."""
    condition = " WHERE (name, id) > (:after_name, :after_id)" if after else ""
    key = {"after_name": after[0], "after_id": after[1]} if after else {}
    rows = tx.all(f"{_COLUMNS}{condition} ORDER BY name, id LIMIT :limit", limit=limit, **key)
    return [_client(row) for row in rows]


def _client(row: Row) -> Client:
    from portalctl.models.clients import Client

    return Client.model_validate(row)


def _meanings(reference: str) -> dict[str, str]:
    """An id is matched from its noun's prefix on: nothing shorter names anybody."""
    folded = reference.casefold()
    prefix = folded if folded.startswith("cli_") and len(folded) > len("cli_") else "cli_~"
    return {"prefix": prefix, "beyond": prefix + "~", "email": folded, "name": reference}
