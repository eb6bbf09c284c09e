"""Appointments: queries and changes. A client's reach is a `client_id`; None reaches all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portalctl.models.appointments import Appointment
from portalctl.models.money import Money
from portalctl.storage.engine import Row, Transaction

LONGEST_BLOCK = 172_800
"""No appointment blocks more seconds than this, so an overlap begins at most this long before."""

LONGEST = 86_400
"""No appointment lasts longer than this many seconds."""

_FIELDS = (
    "SELECT a.id AS id, a.status, a.starts_at AS starts_at, a.ends_at, a.service_id, s.name AS service,"
    " a.practitioner_id, p.name AS practitioner,"
    " p.timezone AS practitioner_timezone, a.client_id, c.name AS client, a.place, a.note, a.reason, a.confirmed_at,"
    " a.starts_at - 60 * a.cancellation_notice_minutes AS cancellable_until,"
    " a.starts_at - 60 * a.reschedule_notice_minutes AS reschedulable_until,"
    " a.reason_required, a.late_cancellation_recorded, a.series_id, a.sequence, a.created_at, a.updated_at"
)
_OF_PEOPLE = (
    " JOIN services s ON s.id = a.service_id"
    " JOIN staff p ON p.id = a.practitioner_id JOIN clients c ON c.id = a.client_id"
)
_COLUMNS = f"{_FIELDS} FROM appointments a{_OF_PEOPLE}"


def insert(tx: Transaction, **columns: Any) -> None:
    """Add an appointment. The database refuses an overlap: SlotTaken, ClientBusy."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO appointments ({names}) VALUES ({values})", **columns)  # noqa: S608  names are our own keywords


def change(tx: Transaction, id: str, **columns: Any) -> None:  # noqa: A002  the column's name
    """Change an appointment. The database refuses an overlap: SlotTaken, ClientBusy."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    tx.run(f"UPDATE appointments SET {changes} WHERE id = :id", id=id, **columns)  # noqa: S608  names are our own keywords


def get(tx: Transaction, id: str) -> Appointment:  # noqa: A002  the column's name
    """An appointment that is known to exist."""
    row = tx.one(f"{_COLUMNS} WHERE a.id = :id", id=id)
    return Appointment.model_validate(row)


def candidates(tx: Transaction, prefix: str, client_id: str | None) -> list[Appointment]:
    """Up to ten appointments whose id begins so."""
    own = " AND a.client_id = :client_id" if client_id is not None else ""
    reach = {"client_id": client_id} if client_id is not None else {}
    rows = tx.all(
        f"{_COLUMNS} WHERE a.id >= :prefix AND a.id < :beyond{own} ORDER BY a.id LIMIT 10",
        prefix=prefix,
        beyond=prefix + "~",
        **reach,
    )
    return [Appointment.model_validate(row) for row in rows]


def room_url(tx: Transaction, id: str) -> str | None:  # noqa: A002  the column's name
    """Where the appointment's video room is."""
    row = tx.one("SELECT room_url FROM appointments WHERE id = :id", id=id)
    return row["room_url"] if row else None


def price(tx: Transaction, id: str) -> Money | None:  # noqa: A002  the column's name
    """What an appointment cost when it was booked; None where its service had no price."""
    row = tx.one("SELECT price_amount AS amount, price_currency AS currency FROM appointments WHERE id = :id", id=id)
    return Money.model_validate(row) if row is not None and row["currency"] is not None else None


def lengths(tx: Transaction, id: str) -> Row:  # noqa: A002  the column's name
    """What an appointment that is known to exist takes, in minutes and by the names that a service has for them."""
    row = tx.one(
        "SELECT (ends_at - starts_at) / 60 AS duration_minutes,"
        " (starts_at - blocked_from) / 60 AS buffer_before_minutes,"
        " (blocked_until - ends_at) / 60 AS buffer_after_minutes FROM appointments WHERE id = :id",
        id=id,
    )
    assert row is not None  # noqa: S101  the caller has just read it
    return row


def page(
    tx: Transaction,
    *,
    client_id: str | None,
    practitioner_id: str | None,
    statuses: Sequence[str] | None,
    starts_from: int | None,
    starts_before: int | None,
    ends_after: int | None,
    ended_by: int | None,
    newest_first: bool,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Appointment]:
    """Appointments by start, then id, continuing behind `after`."""
    if statuses is not None and not statuses:
        return []
    conditions: list[str] = []
    values: dict[str, Any] = {}

    def require(condition: str, **given: Any) -> None:
        if None not in given.values():
            conditions.append(condition)
            values.update(given)

    require("a.client_id = :client_id", client_id=client_id)
    require("a.practitioner_id = :practitioner_id", practitioner_id=practitioner_id)
    require("a.starts_at >= :starts_from", starts_from=starts_from)
    require("a.starts_at < :starts_before", starts_before=starts_before)
    if ends_after is not None:
        require(
            "a.ends_at > :ends_after AND a.starts_at > :may_run_at",
            ends_after=ends_after,
            may_run_at=ends_after - LONGEST,
        )
    require("a.ends_at <= :ended_by AND a.starts_at < :ended_by", ended_by=ended_by)
    if after is not None:
        order = "<" if newest_first else ">"
        require(f"(a.starts_at, a.id) {order} (:after_start, :after_id)", after_start=after[0], after_id=after[1])
    chosen = {f"status{number}": status for number, status in enumerate(dict.fromkeys(statuses or ()))}
    direction = " DESC" if newest_first else ""
    order = f" ORDER BY a.starts_at{direction}, a.id{direction} LIMIT :limit"
    found = _stretches(conditions, list(chosen), order, of_one_person=bool(client_id or practitioner_id))
    rows = tx.all(f"{_FIELDS} FROM ({found}) AS a{_OF_PEOPLE}{order}", limit=limit, **values, **chosen)
    return [Appointment.model_validate(row) for row in rows]


def _stretches(conditions: list[str], statuses: list[str], order: str, *, of_one_person: bool) -> str:
    """The first rows that meet the conditions, and have one of the statuses (parameters' names) if there are any.

    One person's are found by that person's index and then sorted out by status; the empty text keeps the engine from
    the index by status. A practice's are read status by status, each in order, and merged: a few requests among a
    million other appointments are found at once.
    """
    if statuses and of_one_person:
        conditions = [*conditions, f"a.status || '' IN ({', '.join(':' + name for name in statuses)})"]
    each = (
        [conditions] if of_one_person or not statuses else [[*conditions, f"a.status = :{name}"] for name in statuses]
    )
    parts = []
    for number, required in enumerate(each):
        condition = f" WHERE {' AND '.join(required)}" if required else ""
        parts.append(f"SELECT * FROM (SELECT * FROM appointments a{condition}{order}) AS part{number}")  # noqa: S608  our own words
    return " UNION ALL ".join(parts)


def held_of_practitioner(
    tx: Transaction, practitioner_id: str, begin: int, end: int, ignoring: str | None = None
) -> list[tuple[int, int]]:
    """The blocked stretches that meet [begin, end), in order; they never overlap."""
    rows = tx.all(
        "SELECT blocked_from, blocked_until FROM appointments WHERE holds = 1 AND practitioner_id = :practitioner_id"
        " AND blocked_from > :earliest AND blocked_from < :end AND blocked_until > :begin AND id <> :ignoring"
        " ORDER BY blocked_from",
        practitioner_id=practitioner_id,
        earliest=begin - LONGEST_BLOCK,
        begin=begin,
        end=end,
        ignoring=ignoring or "",
    )
    return [(row["blocked_from"], row["blocked_until"]) for row in rows]


def counted_of_client(tx: Transaction, client_id: str, begin: int, end: int, ignoring: str | None = None) -> list[Row]:
    """A client's appointments that start in [begin, end) and were not cancelled or declined, in order."""
    return tx.all(
        "SELECT starts_at, ends_at, holds FROM appointments WHERE client_id = :client_id AND starts_at >= :begin"
        " AND starts_at < :end AND (holds = 1 OR status = 'requested') AND id <> :ignoring ORDER BY starts_at",
        client_id=client_id,
        begin=begin,
        end=end,
        ignoring=ignoring or "",
    )
