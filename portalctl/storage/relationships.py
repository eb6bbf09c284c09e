"""Relationships: who is close to a client and what they may; one that has ended stays as a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portalctl.storage.engine import Row, Transaction

_FIELDS = (
    "SELECT x.id, x.client_id, c.name AS client, x.related_id, x.name, x.kind, coalesce(a.email, r.email) AS email,"
    " x.portal_access, x.information_access, x.emergency_contact, r.account_id, r.account_id IS NOT NULL AS signed_up,"
    " x.created_at, x.removed_at"
    " FROM relationships x JOIN clients c ON c.id = x.client_id JOIN related_people r ON r.id = x.related_id"
    " LEFT JOIN accounts a ON a.id = r.account_id"
)
_STANDS = "x.removed_at IS NULL"
_MAY_READ = "removed_at IS NULL AND portal_access = 1 AND information_access = 1"


def insert(tx: Transaction, **columns: Any) -> None:
    """Add a relationship; a client has one with each person."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO relationships ({names}) VALUES ({values})", **columns)  # noqa: S608  names are our own keywords


def change(tx: Transaction, id: str, **columns: Any) -> None:  # noqa: A002  the column's name
    """Change a relationship."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    tx.run(f"UPDATE relationships SET {changes} WHERE id = :id", id=id, **columns)  # noqa: S608  names are our own keywords


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """The relationship of that id, ended or not."""
    return tx.one(f"{_FIELDS} WHERE x.id = :id", id=id)


def with_person(tx: Transaction, client_id: str, related_id: str) -> Row | None:
    """The one in which a client and a person stand, if they do."""
    return tx.one(
        f"{_FIELDS} WHERE x.client_id = :client_id AND x.related_id = :related_id AND {_STANDS}",
        client_id=client_id,
        related_id=related_id,
    )


def beginning(tx: Transaction, prefix: str) -> list[Row]:
    """Up to ten relationships, ended or not, whose id begins so."""
    return tx.all(
        f"{_FIELDS} WHERE x.id >= :prefix AND x.id < :beyond ORDER BY x.id LIMIT 10",
        prefix=prefix,
        beyond=prefix + "~",
    )


def named(tx: Transaction, reference: str) -> list[Row]:
    """Up to ten relationships of a person, or of a client, of that name, address or id."""
    folded = reference.casefold()
    clients = "SELECT id FROM clients WHERE id = :folded OR email = :folded OR name = :name"
    people = "SELECT r.id FROM related_people r LEFT JOIN accounts a ON a.id = r.account_id"
    return tx.all(
        f"{_FIELDS} WHERE {_STANDS} AND (x.name = :name OR x.client_id IN ({clients})"
        f" OR x.related_id IN ({people} WHERE coalesce(a.email, r.email) = :folded)) ORDER BY x.id LIMIT 10",
        name=reference,
        folded=folded,
    )


def page(
    tx: Transaction, *, client_id: str | None, related_id: str | None, after: tuple[int, str] | None, limit: int
) -> list[Row]:
    """Relationships, newest first, continuing behind `after`: of a client, and where a person has portal access.

    Without client and person they are all.
    """
    conditions, values = [_STANDS], dict[str, Any](limit=limit)
    sides = ["x.client_id = :client_id"] if client_id is not None else []
    if related_id is not None:
        sides.append("(x.related_id = :related_id AND x.portal_access = 1)")
    if sides:
        conditions.append(f"({' OR '.join(sides)})")
        values |= {"client_id": client_id, "related_id": related_id}
    if after is not None:
        conditions.append("(x.created_at, x.id) < (:after_at, :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    order = "ORDER BY x.created_at DESC, x.id DESC LIMIT :limit"
    return tx.all(f"{_FIELDS} WHERE {' AND '.join(conditions)} {order}", **values)


def readable(tx: Transaction, related_id: str) -> list[str]:
    """The clients whose documentation a person may see."""
    rows = tx.all(
        f"SELECT client_id FROM relationships WHERE related_id = :related_id AND {_MAY_READ} ORDER BY client_id",  # noqa: S608  our own condition
        related_id=related_id,
    )
    return [row["client_id"] for row in rows]


def may_enter(tx: Transaction, related_id: str) -> bool:
    """Whether a person has portal access by any relationship."""
    found = tx.one(
        "SELECT 1 AS found FROM relationships WHERE related_id = :related_id AND portal_access = 1"
        " AND removed_at IS NULL LIMIT 1",
        related_id=related_id,
    )
    return found is not None


def opened(tx: Transaction, viewer_id: str, client_id: str, document_ids: Sequence[str]) -> set[str]:
    """Which of these documents somebody has opened in a client's documentation."""
    if not document_ids:
        return set()
    asked = {f"document{number}": each for number, each in enumerate(document_ids)}
    rows = tx.all(
        "SELECT DISTINCT document_id FROM document_views WHERE viewer_id = :viewer_id AND client_id = :client_id"  # noqa: S608  our own names
        f" AND document_id IN ({', '.join(':' + name for name in asked)})",
        viewer_id=viewer_id,
        client_id=client_id,
        **asked,
    )
    return {row["document_id"] for row in rows}


def starts(tx: Transaction, appointment_ids: Sequence[str]) -> dict[str, int]:
    """When appointments begin, by their ids."""
    if not appointment_ids:
        return {}
    asked = {f"appointment{number}": each for number, each in enumerate(appointment_ids)}
    rows = tx.all(
        f"SELECT id, starts_at FROM appointments WHERE id IN ({', '.join(':' + name for name in asked)})",  # noqa: S608  our own names
        **asked,
    )
    return {row["id"]: row["starts_at"] for row in rows}
