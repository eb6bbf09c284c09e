"""Device sign-ins under way: queries and changes. A device code is known by its SHA-256 only."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction

_COLUMNS = (
    "SELECT id, user_code, name, address, state, account_id, interval_seconds, polled_at, created_at, expires_at"
    " FROM device_sign_ins"
)


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    device_hash: str,
    user_code: str,
    name: str,
    address: str,
    interval_seconds: int,
    created_at: int,
    expires_at: int,
) -> bool:
    """Begin a device sign-in; False where another one has that user code."""
    return (
        tx.run(
            "INSERT INTO device_sign_ins"
            " (id, device_hash, user_code, name, address, interval_seconds, created_at, expires_at)"
            " VALUES (:id, :device_hash, :user_code, :name, :address, :interval_seconds, :created_at, :expires_at)"
            " ON CONFLICT DO NOTHING",
            id=id,
            device_hash=device_hash,
            user_code=user_code,
            name=name,
            address=address,
            interval_seconds=interval_seconds,
            created_at=created_at,
            expires_at=expires_at,
        )
        == 1
    )


def by_device(tx: Transaction, device_hash: str) -> Row | None:
    """The device sign-in of a device code."""
    return tx.one(f"{_COLUMNS} WHERE device_hash = :device_hash", device_hash=device_hash)


def by_user_code(tx: Transaction, user_code: str) -> Row | None:
    """The device sign-in of a user code, whatever has become of it."""
    return tx.one(f"{_COLUMNS} WHERE user_code = :user_code", user_code=user_code)


def polled(tx: Transaction, id: str, *, at: int, interval_seconds: int) -> None:  # noqa: A002  the column's name
    """Write down that the device asked, and how long it is to wait from now on."""
    tx.run(
        "UPDATE device_sign_ins SET polled_at = :at, interval_seconds = :interval_seconds WHERE id = :id",
        id=id,
        at=at,
        interval_seconds=interval_seconds,
    )


def settle(tx: Transaction, id: str, *, state: str, account_id: str | None) -> None:  # noqa: A002  the column's name
    """Write what has become of a device sign-in, and for whose account."""
    tx.run(
        "UPDATE device_sign_ins SET state = :state, account_id = :account_id WHERE id = :id",
        id=id,
        state=state,
        account_id=account_id,
    )


def take_back(tx: Transaction, account_id: str) -> None:
    """Refuse what an account has allowed and has not come for its session yet."""
    tx.run(
        "UPDATE device_sign_ins SET state = 'refused', account_id = NULL"
        " WHERE account_id = :account_id AND state = 'allowed'",
        account_id=account_id,
    )


def sweep(tx: Transaction, until: int) -> None:
    """Forget those that ended then or earlier; one that another transaction has in hand is left for the next time."""
    old = f"SELECT id FROM device_sign_ins WHERE expires_at <= :until {tx.skipping_held}"  # noqa: S608  the engine's words
    tx.run(f"DELETE FROM device_sign_ins WHERE id IN ({old})", until=until)  # noqa: S608  our own words
