"""What the trial gateway keeps: its cards, charges and refunds, apart from the books."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction

_CARD = "reference, attach_key, customer, client_id, brand, last4, exp_month, exp_year, behaviour"
_MOVEMENT = "reference, movement_key, source, is_refund, amount, currency, standing, code, message, begun_at"


def card(tx: Transaction, reference: str) -> Row | None:
    """A card by its reference."""
    return tx.one(f"SELECT {_CARD} FROM trial_cards WHERE reference = :reference", reference=reference)  # noqa: S608  our own names


def card_by_key(tx: Transaction, key: str) -> Row | None:
    """A card by the key that it was attached with."""
    return tx.one(f"SELECT {_CARD} FROM trial_cards WHERE attach_key = :key", key=key)  # noqa: S608  our own names


def insert_card(tx: Transaction, row: Row) -> None:
    """Keep a new card."""
    tx.run(
        f"INSERT INTO trial_cards ({_CARD}) VALUES (:reference, :attach_key, :customer, :client_id, :brand, :last4,"  # noqa: S608  our own names
        " :exp_month, :exp_year, :behaviour)",
        **row,
    )


def delete_card(tx: Transaction, reference: str) -> None:
    """Forget a card."""
    tx.run("DELETE FROM trial_cards WHERE reference = :reference", reference=reference)


def movement(tx: Transaction, reference: str) -> Row | None:
    """A charge or refund by its reference."""
    return tx.one(f"SELECT {_MOVEMENT} FROM trial_movements WHERE reference = :reference", reference=reference)  # noqa: S608  our own names


def movement_by_key(tx: Transaction, key: str) -> Row | None:
    """A charge or refund by its key."""
    return tx.one(f"SELECT {_MOVEMENT} FROM trial_movements WHERE movement_key = :key", key=key)  # noqa: S608  our own names


def movements(tx: Transaction, since: int) -> list[Row]:
    """All that were begun since then, in epoch seconds; the first first."""
    return tx.all(
        f"SELECT {_MOVEMENT} FROM trial_movements WHERE begun_at >= :since ORDER BY begun_at, reference",  # noqa: S608  our own names
        since=since,
    )


def refunded(tx: Transaction, charge: str) -> int:
    """What of a charge went back, in minor units."""
    row = tx.one(
        "SELECT coalesce(CAST(sum(amount) AS BIGINT), 0) AS amount FROM trial_movements"
        " WHERE source = :charge AND is_refund = 1 AND standing = 'succeeded'",
        charge=charge,
    )
    return int(row["amount"]) if row else 0


def put_movement(tx: Transaction, row: Row) -> None:
    """Keep a charge or refund; of one that is there, how it stands now."""
    tx.run(
        f"INSERT INTO trial_movements ({_MOVEMENT}) VALUES (:reference, :movement_key, :source, :is_refund, :amount,"  # noqa: S608  our own names
        " :currency, :standing, :code, :message, :begun_at) ON CONFLICT (reference) DO UPDATE"
        " SET standing = excluded.standing, code = excluded.code, message = excluded.message",
        **row,
    )
