"""Charges and refunds: money on its way for invoices, and what became of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from portalctl.models.invoices import ChargeState
from portalctl.storage.engine import Row, Transaction

_COLUMNS = (
    "SELECT m.*, p.brand, p.last4, coalesce(s.name, c.name, m.made_by) AS maker, o.reference AS charge_reference"
    " FROM movements m JOIN payment_methods p ON p.id = m.method_id"
    " LEFT JOIN staff s ON s.id = m.made_by LEFT JOIN clients c ON c.id = m.made_by"
    " LEFT JOIN movements o ON o.id = m.charge_id"
)


class Part(NamedTuple):
    """Which part of a list is asked for: behind a key, so many."""

    after: tuple[int, str] | None
    limit: int


def insert(tx: Transaction, *, invoice_id: str, **columns: Any) -> None:
    """Write a charge or refund down that is about to be asked for. The caller holds `invoice:ID`."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(
        f"INSERT INTO movements (invoice_id, turn, state, {names})"  # noqa: S608  names are our own keywords
        " SELECT :invoice_id, coalesce(max(turn), 0) + 1, 'pending',"
        f" {values} FROM movements WHERE invoice_id = :invoice_id",
        invoice_id=invoice_id,
        **columns,
    )


def keep_reference(tx: Transaction, id: str, reference: str) -> None:  # noqa: A002  the column's name
    """Keep what the provider calls a charge or refund that is under way; the first that is kept stays."""
    tx.run(
        "UPDATE movements SET reference = :reference WHERE id = :id AND reference IS NULL AND state = 'pending'",
        id=id,
        reference=reference,
    )


def settle(
    tx: Transaction,
    id: str,  # noqa: A002  the column's name
    *,
    state: ChargeState,
    reference: str | None,
    code: str | None,
    message: str | None,
    at: int,
) -> None:
    """Write down what became of a charge or refund that was under way."""
    tx.run(
        "UPDATE movements SET state = :state, reference = coalesce(reference, :reference), code = :code,"
        " message = :message, settled_at = :at WHERE id = :id AND state = 'pending'",
        id=id,
        state=state.value,
        reference=reference,
        code=code,
        message=message,
        at=at,
    )


def get(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """A charge or refund by its id."""
    return tx.one(f"{_COLUMNS} WHERE m.id = :id", id=id)


def by_reference(tx: Transaction, gateway: str, reference: str) -> Row | None:
    """A charge or refund by what its provider calls it."""
    return tx.one(
        f"{_COLUMNS} WHERE m.gateway = :gateway AND m.reference = :reference", gateway=gateway, reference=reference
    )


def by_intent(tx: Transaction, intent: str) -> Row | None:
    """The charge or refund that came from an intent."""
    return tx.one(f"{_COLUMNS} WHERE m.intent = :intent", intent=intent)


def running(tx: Transaction, invoice_id: str) -> Row | None:
    """The charge or refund of an invoice that is under way."""
    return tx.one(f"{_COLUMNS} WHERE m.invoice_id = :invoice_id AND m.state = 'pending'", invoice_id=invoice_id)


def of_invoice(tx: Transaction, invoice_id: str) -> list[Row]:
    """All charges of an invoice, oldest first."""
    return tx.all(
        f"{_COLUMNS} WHERE m.invoice_id = :invoice_id AND m.charge_id IS NULL ORDER BY m.turn", invoice_id=invoice_id
    )


def refundable(tx: Transaction, invoice_id: str) -> Row | None:
    """The charge of an invoice of which most is left that has not gone back, and how much that is as `left_over`."""
    return tx.one(
        "SELECT * FROM (SELECT m.*, m.amount - (SELECT coalesce(CAST(sum(r.amount) AS BIGINT), 0) FROM movements r"
        " WHERE r.charge_id = m.id AND r.state = 'succeeded') AS left_over FROM movements m"
        " WHERE m.invoice_id = :invoice_id AND m.charge_id IS NULL AND m.state = 'succeeded') AS paid"
        " WHERE left_over > 0 ORDER BY left_over DESC, turn LIMIT 1",
        invoice_id=invoice_id,
    )


def to_settle(tx: Transaction, part: Part) -> list[Row]:
    """Charges and refunds that are under way, the oldest first."""
    return _oldest_first(tx, " AND m.state = 'pending'", part)


def begun(tx: Transaction, part: Part) -> list[Row]:
    """Charges and refunds, the oldest first."""
    return _oldest_first(tx, "", part)


def gateways(tx: Transaction) -> list[str]:
    """The providers that charges or refunds were begun with."""
    return [row["gateway"] for row in tx.all("SELECT DISTINCT gateway FROM movements ORDER BY gateway")]


def _oldest_first(tx: Transaction, condition: str, part: Part) -> list[Row]:
    at, id = part.after or (0, "")  # noqa: A001  the column's name
    return tx.all(
        f"{_COLUMNS} WHERE (m.created_at, m.id) > (:at, :id){condition} ORDER BY m.created_at, m.id LIMIT :limit",
        at=at,
        id=id,
        limit=part.limit,
    )


def receipts(tx: Transaction, client_id: str | None, part: Part) -> list[Row]:
    """Money that moved, newest first: of one client's invoices, or of all."""
    of_whom = "" if client_id is None else " AND m.client_id = :client_id"
    whom = {} if client_id is None else {"client_id": client_id}
    before = "" if part.after is None else " AND (m.settled_at, m.id) < (:at, :id)"
    key = {} if part.after is None else {"at": part.after[0], "id": part.after[1]}
    return tx.all(
        "SELECT m.id, m.charge_id, m.invoice_id, i.number, m.client_id, c.name AS client, p.brand, p.last4, m.amount,"  # noqa: S608  our own words
        " m.currency, m.settled_at FROM movements m JOIN invoices i ON i.id = m.invoice_id"
        " JOIN clients c ON c.id = m.client_id JOIN payment_methods p ON p.id = m.method_id"
        f" WHERE m.state = 'succeeded'{of_whom}{before} ORDER BY m.settled_at DESC, m.id DESC LIMIT :limit",
        limit=part.limit,
        **whom,
        **key,
    )
