"""Invoices: queries and changes. A client's reach is a `client_id`, who sees none that was never issued."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from portalctl.models.invoices import Invoice, InvoiceItem, InvoiceState
from portalctl.storage.engine import Row, Transaction

OPEN = (InvoiceState.ISSUED, InvoiceState.PARTLY_PAID)
"""The states in which something is still to be paid."""

_OPEN = "i.state IN ('issued', 'partly_paid')"
_FIELDS = (
    "SELECT i.id AS id, i.number, i.state, i.client_id, c.name AS client, i.provider_id, p.name AS provider,"
    " i.appointment_id, i.reason, i.items, i.currency, i.tax_rate, i.net, i.tax, i.paid, i.refunded, i.due_on,"
    " i.document_id, i.created_at AS created_at, i.issued_at, i.settled_at"
)
_OF_PEOPLE = " JOIN clients c ON c.id = i.client_id LEFT JOIN staff p ON p.id = i.provider_id"
_COLUMNS = f"{_FIELDS} FROM invoices i{_OF_PEOPLE}"


class Part(NamedTuple):
    """Which part of the list is asked for: with something open, or overdue, behind a key, so many.

    The key is when an invoice was made, or of those that are overdue the day on which they were due.
    """

    unpaid: bool
    overdue: bool
    after: tuple[int | str, str] | None
    limit: int


def insert(tx: Transaction, *, items: Sequence[InvoiceItem], **columns: Any) -> None:
    """Add a draft."""
    written = json.dumps([item.model_dump() for item in items], ensure_ascii=False, separators=(",", ":"))
    columns = {**columns, "items": written, "state": InvoiceState.DRAFT.value}
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO invoices ({names}) VALUES ({values})", **columns)  # noqa: S608  names are our own keywords


def change(tx: Transaction, id: str, **columns: Any) -> None:  # noqa: A002  the column's name
    """Write some columns of an invoice."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    tx.run(f"UPDATE invoices SET {changes} WHERE id = :id", id=id, **columns)  # noqa: S608  names are our own keywords


def next_number(tx: Transaction) -> int:
    """The next number. It is given for good by the transaction that takes it, and by no other meanwhile."""
    (row,) = tx.all("UPDATE invoice_numbers SET last = last + 1 WHERE only_row = 1 RETURNING last")
    number: int = row["last"]
    return number


def get(tx: Transaction, id: str, today: date) -> Invoice:  # noqa: A002  the column's name
    """An invoice that is known to exist, as it is on a day of the practice's."""
    row = tx.one(f"{_COLUMNS} WHERE i.id = :id", id=id)
    assert row is not None  # noqa: S101  invoices are never deleted
    return read(row, today)


def by_intent(tx: Transaction, intent: str) -> Row | None:
    """The id of the invoice that an intent led to, however long ago, and what was asked for then."""
    return tx.one("SELECT id, asked FROM invoices WHERE intent = :intent", intent=intent)


def void_draft(tx: Transaction, id: str) -> bool:  # noqa: A002  the column's name
    """Void an invoice if it is a draft still; whether it was."""
    return tx.run("UPDATE invoices SET state = 'void' WHERE id = :id AND state = 'draft'", id=id) == 1


def fee(tx: Transaction, appointment_id: str, reason: str) -> Row | None:
    """The id and state of the fee for an appointment that still stands."""
    return tx.one(
        "SELECT id, state FROM invoices WHERE appointment_id = :appointment_id AND reason = :reason"
        " AND reason IS NOT NULL AND state <> 'void'",
        appointment_id=appointment_id,
        reason=reason,
    )


def candidates(tx: Transaction, reference: str, client_id: str | None, today: date) -> list[Invoice]:
    """Up to ten invoices whose id begins so, or the one of that number."""
    own = "" if client_id is None else " AND i.client_id = :client_id AND i.number IS NOT NULL"
    reach = {} if client_id is None else {"client_id": client_id}
    if reference.isdecimal():
        rows = tx.all(f"{_COLUMNS} WHERE i.number = :number{own}", number=int(reference), **reach)
    else:
        rows = tx.all(
            f"{_COLUMNS} WHERE i.id >= :prefix AND i.id < :beyond{own} ORDER BY i.id LIMIT 10",
            prefix=reference,
            beyond=reference + "~",
            **reach,
        )
    return [read(row, today) for row in rows]


def page(tx: Transaction, client_id: str | None, part: Part, today: date, *, issued_only: bool) -> list[Invoice]:
    """Invoices newest first, or those that are overdue by their day, of one client or of all."""
    key = "due_on" if part.overdue else "created_at"
    conditions: list[str] = []
    values: dict[str, Any] = {"limit": part.limit}
    if client_id is not None:
        conditions.append("i.client_id = :client_id")
        values["client_id"] = client_id
    if issued_only:
        conditions.append("i.number IS NOT NULL")
    if part.unpaid or part.overdue:
        conditions.append(_OPEN)
    if part.overdue:
        conditions.append("i.due_on < :today")
        values["today"] = today.isoformat()
    if part.after is not None:
        conditions.append(f"(i.{key}, i.id) < (:after_at, :after_id)")
        values |= {"after_at": part.after[0], "after_id": part.after[1]}
    condition = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY i.{key} DESC, i.id DESC LIMIT :limit"
    found = f"SELECT * FROM invoices i{condition}{order}"  # noqa: S608  our own words
    return [read(row, today) for row in tx.all(f"{_FIELDS} FROM ({found}) AS i{_OF_PEOPLE}{order}", **values)]


def read(row: Row, today: date) -> Invoice:
    """The invoice that a row tells of, as it is on that day."""
    currency, total = row["currency"], row["net"] + row["tax"]
    is_open = row["state"] in OPEN
    said = f"{row['id']}\0{row['state']}\0{row['number']}\0{row['paid']}\0{row['refunded']}\0{row['settled_at']}"
    amounts = {
        "net": row["net"],
        "tax": row["tax"],
        "total": total,
        "paid": row["paid"],
        "refunded": row["refunded"],
        "open": total - row["paid"] if is_open else 0,
    }
    return Invoice.model_validate(
        {
            **row,
            **{name: {"amount": amount, "currency": currency} for name, amount in amounts.items()},
            "number": f"{row['number']:04}" if row["number"] is not None else None,
            "items": json.loads(row["items"]),
            "overdue": is_open and row["due_on"] is not None and row["due_on"] < today.isoformat(),
            "version": hashlib.sha256(said.encode()).hexdigest()[:16],
        }
    )
