"""Broadcasts: one message to many clients, and how far each is."""

from __future__ import annotations

from collections.abc import Sequence

from portalctl.storage.engine import Row, Transaction


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    staff_id: str,
    subject: str,
    body: str,
    document_ids: Sequence[str],
    clients: int,
    at: int,
) -> None:
    """Add a broadcast that has reached nobody yet."""
    tx.run(
        "INSERT INTO broadcasts (id, staff_id, subject, body, clients, sent, reached, created_at)"
        " VALUES (:id, :staff_id, :subject, :body, :clients, 0, '', :at)",
        id=id,
        staff_id=staff_id,
        subject=subject,
        body=body,
        clients=clients,
        at=at,
    )
    for place, document_id in enumerate(document_ids):
        tx.run(
            "INSERT INTO broadcast_documents (broadcast_id, place, document_id) VALUES (:id, :place, :document_id)",
            id=id,
            place=place,
            document_id=document_id,
        )


def get(tx: Transaction, id: str) -> Row:  # noqa: A002  the column's name
    """One broadcast that exists."""
    row = tx.one(
        "SELECT id, staff_id, subject, body, clients, sent, reached, created_at FROM broadcasts WHERE id = :id", id=id
    )
    assert row is not None  # noqa: S101  broadcasts are never deleted
    return row


def documents(tx: Transaction, id: str) -> list[str]:  # noqa: A002  the column's name
    """The documents that go with it, in order."""
    rows = tx.all("SELECT document_id FROM broadcast_documents WHERE broadcast_id = :id ORDER BY place", id=id)
    return [row["document_id"] for row in rows]


def advance(tx: Transaction, id: str, *, reached: str, more: int) -> None:  # noqa: A002  the column's name
    """Write down whom it has reached last, and how many more."""
    tx.run(
        "UPDATE broadcasts SET reached = :reached, sent = sent + :more WHERE id = :id",
        id=id,
        reached=reached,
        more=more,
    )


def complete(tx: Transaction, id: str) -> None:  # noqa: A002  the column's name
    """Write down that there is nobody left: it was for as many as have it."""
    tx.run("UPDATE broadcasts SET clients = sent WHERE id = :id", id=id)


def count_clients(tx: Transaction, *, roster_of: str | None) -> int:
    """How many clients there are, or somebody is assigned to."""
    if roster_of is None:
        row = tx.one("SELECT count(*) AS clients FROM clients")
    else:
        row = tx.one("SELECT count(*) AS clients FROM assignments WHERE staff_id = :staff_id", staff_id=roster_of)
    return row["clients"] if row else 0


def next_clients(tx: Transaction, *, roster_of: str | None, known_at: int, after: str, limit: int) -> list[Row]:
    """The id and address of clients who were known at a second, by id, continuing behind `after`."""
    if roster_of is None:
        return tx.all(
            "SELECT id, email FROM clients WHERE id > :after AND created_at <= :known_at ORDER BY id LIMIT :limit",
            after=after,
            known_at=known_at,
            limit=limit,
        )
    return tx.all(
        "SELECT k.id AS id, k.email FROM assignments a JOIN clients k ON k.id = a.client_id"
        " WHERE a.staff_id = :staff_id AND a.client_id > :after AND k.created_at <= :known_at"
        " ORDER BY a.client_id LIMIT :limit",
        staff_id=roster_of,
        after=after,
        known_at=known_at,
        limit=limit,
    )
