"""The practice's row."""

from __future__ import annotations

from portalctl.models.practice import Practice
from portalctl.storage.engine import Transaction


def insert(tx: Transaction, *, id: str, name: str, email: str, timezone: str, created_at: int) -> None:  # noqa: A002  the column's name
    """Make the practice; a portal has one."""
    tx.run(
        "INSERT INTO practice (id, name, email, timezone, created_at)"
        " VALUES (:id, :name, :email, :timezone, :created_at)",
        id=id,
        name=name,
        email=email,
        timezone=timezone,
        created_at=created_at,
    )


def get(tx: Transaction) -> Practice | None:
    """The practice, once it is set up."""
    row = tx.one("SELECT id, name, email, timezone, created_at FROM practice")
    return Practice.model_validate(row) if row else None
