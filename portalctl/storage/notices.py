"""What happened to a client's appointments."""

from __future__ import annotations

from portalctl.models.dashboard import Notice
from portalctl.storage.engine import Transaction


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    client_id: str,
    kind: str,
    appointment_id: str,
    starts_at: int,
    by_account: str,
    by_name: str,
    at: int,
) -> None:
    """Add one."""
    tx.run(
        "INSERT INTO notices (id, client_id, kind, appointment_id, starts_at, by_account, by_name, at)"
        " VALUES (:id, :client_id, :kind, :appointment_id, :starts_at, :by_account, :by_name, :at)",
        id=id,
        client_id=client_id,
        kind=kind,
        appointment_id=appointment_id,
        starts_at=starts_at,
        by_account=by_account,
        by_name=by_name,
        at=at,
    )


def news(tx: Transaction, client_id: str, *, not_by: str, since: int, limit: int) -> list[Notice]:
    """What others did, newest first."""
    rows = tx.all(
        "SELECT n.id, n.kind, n.appointment_id, s.name AS service, p.name AS practitioner, n.starts_at, n.at,"
        " n.by_name AS by FROM notices n JOIN appointments a ON a.id = n.appointment_id"
        " JOIN services s ON s.id = a.service_id JOIN staff p ON p.id = a.practitioner_id"
        " WHERE n.client_id = :client_id AND n.at >= :since AND n.by_account <> :not_by"
        " ORDER BY n.at DESC, n.id DESC LIMIT :limit",
        client_id=client_id,
        since=since,
        not_by=not_by,
        limit=limit,
    )
    return [Notice.model_validate(row) for row in rows]
