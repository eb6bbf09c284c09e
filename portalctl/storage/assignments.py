"""Assignments of the practice's people to clients."""

from __future__ import annotations

from typing import Any

from portalctl.models.assignments import Assignment
from portalctl.storage.engine import Transaction

_COLUMNS = (
    "SELECT a.client_id, k.name AS client, a.staff_id, s.name AS staff, a.assigned_at FROM assignments a"
    " JOIN clients k ON k.id = a.client_id JOIN staff s ON s.id = a.staff_id"
)


def put(tx: Transaction, client_id: str, staff_id: str, at: int) -> bool:
    """Assign somebody to a client; say whether they were not before."""
    return (
        tx.run(
            "INSERT INTO assignments (client_id, staff_id, assigned_at) VALUES (:client_id, :staff_id, :at)"
            " ON CONFLICT (client_id, staff_id) DO NOTHING",
            client_id=client_id,
            staff_id=staff_id,
            at=at,
        )
        == 1
    )


def delete(tx: Transaction, client_id: str, staff_id: str) -> bool:
    """Take an assignment away; say whether there was one."""
    return (
        tx.run(
            "DELETE FROM assignments WHERE client_id = :client_id AND staff_id = :staff_id",
            client_id=client_id,
            staff_id=staff_id,
        )
        == 1
    )


def get(tx: Transaction, client_id: str, staff_id: str) -> Assignment | None:
    """The assignment of somebody to a client."""
    row = tx.one(
        f"{_COLUMNS} WHERE a.client_id = :client_id AND a.staff_id = :staff_id", client_id=client_id, staff_id=staff_id
    )
    return Assignment.model_validate(row) if row else None


def has_any(tx: Transaction, staff_id: str) -> bool:
    """Whether somebody is assigned to any client."""
    return (
        tx.one("SELECT 1 AS found FROM assignments WHERE staff_id = :staff_id LIMIT 1", staff_id=staff_id) is not None
    )


def has_any_in(tx: Transaction, client_id: str, conversation_id: str) -> bool:
    """Whether anybody who takes part in a client's conversation is assigned to the client."""
    found = tx.one(
        "SELECT 1 AS found FROM conversation_readers r"
        " JOIN assignments a ON a.client_id = :client_id AND a.staff_id = r.person_id"
        " WHERE r.conversation_id = :conversation_id LIMIT 1",
        client_id=client_id,
        conversation_id=conversation_id,
    )
    return found is not None


def of_client(tx: Transaction, client_id: str, limit: int) -> list[Assignment]:
    """Some of those who are assigned to a client and still belong to the practice, by name."""
    rows = tx.all(
        f"{_COLUMNS} WHERE a.client_id = :client_id AND s.disabled_at IS NULL ORDER BY s.name, a.staff_id LIMIT :limit",
        client_id=client_id,
        limit=limit,
    )
    return [Assignment.model_validate(row) for row in rows]


def page(
    tx: Transaction, *, client_id: str | None, staff_id: str | None, after: tuple[str, str] | None, limit: int
) -> list[Assignment]:
    """Assignments by the ids of client and person, continuing behind `after`."""
    conditions: list[str] = []
    values: dict[str, Any] = {"limit": limit}
    if client_id is not None:
        conditions.append("a.client_id = :client_id")
        values["client_id"] = client_id
    if staff_id is not None:
        conditions.append("a.staff_id = :staff_id")
        values["staff_id"] = staff_id
    if after is not None:
        conditions.append("(a.client_id, a.staff_id) > (:after_client, :after_staff)")
        values |= {"after_client": after[0], "after_staff": after[1]}
    condition = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = tx.all(f"{_COLUMNS}{condition} ORDER BY a.client_id, a.staff_id LIMIT :limit", **values)
    return [Assignment.model_validate(row) for row in rows]
