"""Payment methods, who may charge them, and cards on a provider's page: queries and changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from portalctl.models.money import Money
from portalctl.models.payment_methods import WHOLE_PRACTICE
from portalctl.storage.engine import Row, Transaction

_COLUMNS = "SELECT m.*, c.name AS client FROM payment_methods m JOIN clients c ON c.id = m.client_id"


def insert(tx: Transaction, **columns: Any) -> None:
    """Add a method, which is nobody's default yet."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO payment_methods ({names}, is_default) VALUES ({values}, 0)", **columns)  # noqa: S608  names are our own keywords


def of_client(tx: Transaction, client_id: str) -> list[Row]:
    """A client's methods, the default one first, then the newest first."""
    return tx.all(
        f"{_COLUMNS} WHERE m.client_id = :client_id AND m.removed_at IS NULL"
        " ORDER BY m.is_default DESC, m.created_at DESC, m.id DESC",
        client_id=client_id,
    )


def candidates(tx: Transaction, prefix: str, client_id: str | None) -> list[Row]:
    """Up to ten methods whose id begins so: of one client, or of any."""
    of_whom = " AND m.client_id = :client_id" if client_id is not None else ""
    return tx.all(
        f"{_COLUMNS} WHERE m.id >= :prefix AND m.id < :beyond AND m.removed_at IS NULL{of_whom} ORDER BY m.id LIMIT 10",
        prefix=prefix,
        beyond=prefix + "~",
        **({"client_id": client_id} if client_id is not None else {}),
    )


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """A method by its id, also one that was removed."""
    return tx.one(f"{_COLUMNS} WHERE m.id = :id", id=id)


def by_reference(tx: Transaction, gateway: str, reference: str) -> Row | None:
    """A method by what its provider calls it."""
    return tx.one(
        f"{_COLUMNS} WHERE m.gateway = :gateway AND m.reference = :reference AND m.removed_at IS NULL",
        gateway=gateway,
        reference=reference,
    )


def customer_of(tx: Transaction, client_id: str, gateway: str) -> str | None:
    """What a provider calls a client who has had a method there."""
    found = tx.one(
        "SELECT customer FROM payment_methods WHERE client_id = :client_id AND gateway = :gateway"
        " ORDER BY created_at, id LIMIT 1",
        client_id=client_id,
        gateway=gateway,
    )
    return found["customer"] if found else None


def set_default(tx: Transaction, client_id: str, id: str) -> None:  # noqa: A002  the column's name
    """Make one method the client's default, and no other."""
    tx.run(
        "UPDATE payment_methods SET is_default = 0 WHERE client_id = :client_id AND is_default = 1", client_id=client_id
    )
    tx.run("UPDATE payment_methods SET is_default = 1 WHERE id = :id", id=id)


def remove(tx: Transaction, id: str, at: int) -> None:  # noqa: A002  the column's name
    """Charge a method no more; its provider has yet to forget it."""
    tx.run("UPDATE payment_methods SET removed_at = :at, is_default = 0 WHERE id = :id", id=id, at=at)
    tx.run("DELETE FROM payment_authorizations WHERE method_id = :id", id=id)


def to_detach(tx: Transaction, limit: int) -> list[Row]:
    """Removed methods that their provider has yet to forget."""
    return tx.all(
        "SELECT id, gateway, reference FROM payment_methods WHERE removed_at IS NOT NULL AND detached_at IS NULL"
        " ORDER BY removed_at, id LIMIT :limit",
        limit=limit,
    )


def detach(tx: Transaction, id: str, at: int) -> None:  # noqa: A002  the column's name
    """The provider has forgotten the method."""
    tx.run("UPDATE payment_methods SET detached_at = :at WHERE id = :id AND detached_at IS NULL", id=id, at=at)


def authorize(
    tx: Transaction, method_id: str, provider_id: str, *, limit: Money | None, until: date | None, since: int
) -> None:
    """Let a provider charge a method; what was allowed them before is replaced."""
    tx.run(
        "INSERT INTO payment_authorizations (method_id, provider_id, limit_amount, limit_currency, until, since)"
        " VALUES (:method_id, :provider_id, :limit_amount, :limit_currency, :until, :since)"
        " ON CONFLICT (method_id, provider_id) DO UPDATE SET limit_amount = excluded.limit_amount,"
        " limit_currency = excluded.limit_currency, until = excluded.until, since = excluded.since",
        method_id=method_id,
        provider_id=provider_id,
        limit_amount=limit.amount if limit is not None else None,
        limit_currency=limit.currency if limit is not None else None,
        until=until.isoformat() if until is not None else None,
        since=since,
    )


def revoke(tx: Transaction, method_id: str, provider_id: str) -> bool:
    """Let a provider charge a method no more; whether they could."""
    return (
        tx.run(
            "DELETE FROM payment_authorizations WHERE method_id = :method_id AND provider_id = :provider_id",
            method_id=method_id,
            provider_id=provider_id,
        )
        > 0
    )


def authorizations(tx: Transaction, method_id: str) -> list[Row]:
    """Who may charge a method, by name; the whole practice first."""
    return tx.all(
        "SELECT a.*, s.name AS provider FROM payment_authorizations a LEFT JOIN staff s ON s.id = a.provider_id"
        " WHERE a.method_id = :method_id ORDER BY s.name IS NOT NULL, s.name, a.provider_id",
        method_id=method_id,
    )


def is_needed(tx: Transaction, method_id: str) -> bool:
    """Whether a provider may charge a method for an invoice of its owner's that is not paid."""
    found = tx.one(
        "SELECT 1 AS found FROM invoices i JOIN payment_methods m ON m.client_id = i.client_id"
        " JOIN payment_authorizations a ON a.method_id = m.id"
        " WHERE m.id = :method_id AND i.state IN ('issued', 'partly_paid')"
        " AND (a.provider_id = :practice OR a.provider_id = i.provider_id) LIMIT 1",
        method_id=method_id,
        practice=WHOLE_PRACTICE,
    )
    return found is not None


def insert_setup(tx: Transaction, **columns: Any) -> None:
    """Add a card on its way through a provider's page."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO payment_setups ({names}) VALUES ({values})", **columns)  # noqa: S608  names are our own keywords


def setup(tx: Transaction, client_id: str, prefix: str) -> list[Row]:
    """Up to ten of a client's setups whose id begins so."""
    return tx.all(
        "SELECT * FROM payment_setups WHERE client_id = :client_id AND id >= :prefix AND id < :beyond"
        " ORDER BY id LIMIT 10",
        client_id=client_id,
        prefix=prefix,
        beyond=prefix + "~",
    )


def setup_by_reference(tx: Transaction, gateway: str, reference: str) -> Row | None:
    """The setup that a provider calls so."""
    return tx.one(
        "SELECT * FROM payment_setups WHERE gateway = :gateway AND reference = :reference",
        gateway=gateway,
        reference=reference,
    )


def drop_setups(tx: Transaction, client_id: str) -> None:
    """Forget what a client began on a provider's page."""
    tx.run("DELETE FROM payment_setups WHERE client_id = :client_id", client_id=client_id)


def finish_setup(tx: Transaction, id: str, method_id: str) -> None:  # noqa: A002  the column's name
    """The card of a setup is a payment method now."""
    tx.run("UPDATE payment_setups SET method_id = :method_id WHERE id = :id", id=id, method_id=method_id)
