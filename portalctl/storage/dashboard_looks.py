"""When clients last looked at their dashboard."""

from __future__ import annotations

from portalctl.storage.engine import Transaction


def get(tx: Transaction, client_id: str) -> int | None:
    """When the client last looked, in epoch seconds."""
    found = tx.one("SELECT looked_at FROM dashboard_looks WHERE client_id = :client_id", client_id=client_id)
    return found["looked_at"] if found else None


def put(tx: Transaction, client_id: str, at: int) -> None:
    """Write down that the client looked; a later look stands."""
    tx.run(
        "INSERT INTO dashboard_looks (client_id, looked_at) VALUES (:client_id, :at) ON CONFLICT (client_id)"
        " DO UPDATE SET looked_at = excluded.looked_at WHERE dashboard_looks.looked_at < excluded.looked_at",
        client_id=client_id,
        at=at,
    )
