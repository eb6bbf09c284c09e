"""Invites. One is open until it is redeemed or revoked; whether it has expired is a matter of the clock."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction

_COLUMNS = "SELECT id, kind, person_id, name, email, created_at, expires_at, redeemed_at, revoked_at FROM invites"


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    kind: str,
    person_id: str,
    name: str,
    email: str,
    created_at: int,
    expires_at: int,
) -> None:
    """Add an invite; the database allows one open invite per address."""
    tx.run(
        "INSERT INTO invites (id, kind, person_id, name, email, created_at, expires_at)"
        " VALUES (:id, :kind, :person_id, :name, :email, :created_at, :expires_at)",
        id=id,
        kind=kind,
        person_id=person_id,
        name=name,
        email=email,
        created_at=created_at,
        expires_at=expires_at,
    )


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """The invite of that id."""
    return tx.one(f"{_COLUMNS} WHERE id = :id", id=id)


def open_for(tx: Transaction, email: str) -> Row | None:
    """The one invite for an address that is neither redeemed nor revoked; it may have expired."""
    return tx.one(f"{_COLUMNS} WHERE email = :email AND redeemed_at IS NULL AND revoked_at IS NULL", email=email)


def candidates(tx: Transaction, prefix: str) -> list[Row]:
    """Up to ten invites whose id begins so."""
    return tx.all(
        f"{_COLUMNS} WHERE id >= :prefix AND id < :beyond ORDER BY id LIMIT 10", prefix=prefix, beyond=prefix + "~"
    )


def page(tx: Transaction, *, after: tuple[int, str] | None, limit: int) -> list[Row]:
    """Invites, newest first, continuing behind `after`."""
    condition = " WHERE (created_at, id) < (:after_at, :after_id)" if after else ""
    key = {"after_at": after[0], "after_id": after[1]} if after else {}
    return tx.all(f"{_COLUMNS}{condition} ORDER BY created_at DESC, id DESC LIMIT :limit", limit=limit, **key)


def redeem(tx: Transaction, id: str, at: int) -> bool:  # noqa: A002  the column's name
    """Use an invite up, if it is open and has not expired: of any number of tries exactly one is told yes."""
    return (
        tx.run(
            "UPDATE invites SET redeemed_at = :at"
            " WHERE id = :id AND redeemed_at IS NULL AND revoked_at IS NULL AND expires_at > :at",
            id=id,
            at=at,
        )
        == 1
    )


def revoke(tx: Transaction, id: str, at: int) -> bool:  # noqa: A002  the column's name
    """Make an open invite worthless, expired or not."""
    return (
        tx.run(
            "UPDATE invites SET revoked_at = :at WHERE id = :id AND redeemed_at IS NULL AND revoked_at IS NULL",
            id=id,
            at=at,
        )
        == 1
    )
