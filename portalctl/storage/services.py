"""What the practice offers: queries and changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalctl.models.services import Service
from portalctl.models.staff import StaffMember
from portalctl.models.versions import stamped
from portalctl.storage import staff
from portalctl.storage.engine import Row, Transaction

_SELECT = (
    "SELECT id, name, duration_minutes, buffer_before_minutes, buffer_after_minutes, price_amount, price_currency,"
    " place, room_url, archived_at IS NOT NULL AS archived, created_at FROM services"
)


def insert(tx: Transaction, **columns: Any) -> None:
    """Add a service."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO services ({names}) VALUES ({values})", **columns)  # noqa: S608  names are our own keywords


def change(tx: Transaction, id: str, **columns: Any) -> None:  # noqa: A002  the column's name
    """Write some columns of a service."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    tx.run(f"UPDATE services SET {changes} WHERE id = :id", id=id, **columns)  # noqa: S608  names are our own keywords


def set_practitioners(tx: Transaction, id: str, practitioner_ids: Iterable[str]) -> None:  # noqa: A002  the column's name
    """Say who offers a service, in place of whoever did."""
    tx.run("DELETE FROM service_practitioners WHERE service_id = :id", id=id)
    for staff_id in set(practitioner_ids):
        tx.run(
            "INSERT INTO service_practitioners (service_id, staff_id) VALUES (:id, :staff_id)", id=id, staff_id=staff_id
        )


def get(tx: Transaction, id: str) -> Service | None:  # noqa: A002  the column's name
    """One service, archived or not."""
    row = tx.one(f"{_SELECT} WHERE id = :id", id=id)
    return _service(row, _offering(tx, id)) if row else None


def listing(tx: Transaction, *, archived: bool) -> list[Service]:
    """Every service by name; those archived only when asked."""
    rows = tx.all(_SELECT if archived else f"{_SELECT} WHERE archived_at IS NULL")
    offering = _offering(tx)
    return [_service(row, offering) for row in sorted(rows, key=_by_name)]


def candidates(tx: Transaction, reference: str) -> list[Service]:
    """What an id, the beginning of one or an exact name may mean, in any case. An archived service has only its id."""
    folded = reference.casefold()
    rows: list[Row] = []
    if folded.startswith("svc_") and folded != "svc_":
        rows = tx.all(
            f"{_SELECT} WHERE id >= :prefix AND id < :beyond AND (archived_at IS NULL OR id = :prefix)"
            " ORDER BY id LIMIT 10",
            prefix=folded,
            beyond=folded + "~",
        )
    if not rows:
        current = tx.all(f"{_SELECT} WHERE archived_at IS NULL ORDER BY id")
        rows = [row for row in current if row["name"].casefold() == folded]
    offering = _offering(tx, rows[0]["id"] if len(rows) == 1 else None)
    return [_service(row, offering) for row in rows]


def offered(tx: Transaction, service_id: str | None, practitioner_id: str | None) -> list[tuple[Service, StaffMember]]:
    """Who can be booked for what now, by service name, then practitioner name; in two queries.

    A service that is asked for with one practitioner names only that one.
    """
    only = {"service_id": service_id} if service_id is not None else {}
    rows = tx.all(f"{_SELECT} WHERE archived_at IS NULL{' AND id = :service_id' if only else ''}", **only)
    offering = _offering(tx, service_id, practitioner_id)
    return [
        (service, practitioner)
        for service in (_service(row, offering) for row in sorted(rows, key=_by_name))
        for practitioner in offering.get(service.id, [])
    ]


def _offering(
    tx: Transaction, service_id: str | None = None, practitioner_id: str | None = None
) -> dict[str, list[StaffMember]]:
    """Who offers each service, or one, by name; each person is made once."""
    wanted = {"service_id": service_id, "staff_id": practitioner_id}
    only = {name: value for name, value in wanted.items() if value is not None}
    rows = tx.all(
        f"SELECT o.service_id, {staff.COLUMNS} FROM service_practitioners o JOIN staff m ON m.id = o.staff_id"  # noqa: S608  our own columns
        f" WHERE {staff.GIVES_APPOINTMENTS}{''.join(f' AND o.{name} = :{name}' for name in only)}",
        **only,
    )
    people: dict[str, StaffMember] = {}
    offering: dict[str, list[StaffMember]] = {}
    for row in sorted(rows, key=_by_name):
        if row["id"] not in people:
            people[row["id"]] = staff.member(row)
        offering.setdefault(row["service_id"], []).append(people[row["id"]])
    return offering


def _service(row: Row, offering: dict[str, list[StaffMember]]) -> Service:
    price = {"amount": row["price_amount"], "currency": row["price_currency"]} if row["price_currency"] else None
    names = [practitioner.name for practitioner in offering.get(row["id"], [])]
    return stamped(Service.model_validate({**row, "price": price, "practitioners": names}))


def _by_name(row: Row) -> tuple[str, str]:
    return row["name"].casefold(), row["id"]
