"""Events of payment providers: which were handled, and which are being handled."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def get(tx: Transaction, event_id: str) -> Row | None:
    """When the event was claimed, and when it was handled."""
    return tx.one("SELECT claimed_at, handled_at FROM gateway_events WHERE id = :id", id=event_id)


def claim(tx: Transaction, event_id: str, *, kind: str, at: int) -> None:
    """Say that the event is being handled from then on."""
    tx.run(
        "INSERT INTO gateway_events (id, kind, claimed_at) VALUES (:id, :kind, :at)"
        " ON CONFLICT (id) DO UPDATE SET claimed_at = excluded.claimed_at",
        id=event_id,
        kind=kind,
        at=at,
    )


def finish(tx: Transaction, event_id: str, *, at: int) -> None:
    """Say that it was handled."""
    tx.run("UPDATE gateway_events SET handled_at = :at WHERE id = :id", id=event_id, at=at)


def release(tx: Transaction, event_id: str) -> None:
    """Leave an event that was not handled to the next who brings it."""
    tx.run("DELETE FROM gateway_events WHERE id = :id AND handled_at IS NULL", id=event_id)


def sweep(tx: Transaction, until: int) -> None:
    """Forget what was claimed then or earlier; an event in another's hands is left for the next time."""
    old = f"SELECT id FROM gateway_events WHERE claimed_at <= :until {tx.skipping_held}"  # noqa: S608  the engine's words
    tx.run(f"DELETE FROM gateway_events WHERE id IN ({old})", until=until)  # noqa: S608  our own words
