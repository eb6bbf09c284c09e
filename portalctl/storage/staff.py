"""The practice's people: queries and changes."""

from __future__ import annotations

from portalctl.models.staff import StaffMember
from portalctl.models.versions import stamped
from portalctl.storage.engine import Row, Transaction

COLUMNS = (
    "m.id, m.name, m.email, m.role, m.timezone, m.disabled_at IS NULL AS active,"
    " m.account_id IS NOT NULL AS signed_up, m.created_at"
)
"""What a StaffMember is made of, from `staff m`."""

GIVES_APPOINTMENTS = "m.disabled_at IS NULL AND m.role IN ('owner', 'practitioner')"
"""The condition on `staff m` that makes somebody a practitioner."""


def insert(
    tx: Transaction,
    *,
    id: str,  # noqa: A002  the column's name
    account_id: str | None,
    name: str,
    email: str,
    role: str,
    timezone: str,
    created_at: int,
) -> None:
    """Add a person; `account_id` is None until they sign up."""
    tx.run(
        "INSERT INTO staff (id, account_id, name, email, role, timezone, created_at)"
        " VALUES (:id, :account_id, :name, :email, :role, :timezone, :created_at)",
        id=id,
        account_id=account_id,
        name=name,
        email=email,
        role=role,
        timezone=timezone,
        created_at=created_at,
    )


def change(tx: Transaction, id: str, *, name: str, role: str, timezone: str) -> None:  # noqa: A002  the column's name
    """Write what may be edited of a person."""
    tx.run(
        "UPDATE staff SET name = :name, role = :role, timezone = :timezone WHERE id = :id",
        id=id,
        name=name,
        role=role,
        timezone=timezone,
    )


def get(tx: Transaction, id: str) -> StaffMember | None:  # noqa: A002  the column's name
    """One person, disabled or not."""
    row = tx.one(f"SELECT {COLUMNS} FROM staff m WHERE m.id = :id", id=id)  # noqa: S608  our own columns
    return member(row) if row else None


def everyone(tx: Transaction) -> list[StaffMember]:
    """Everyone of the practice, disabled or not, by name."""
    rows = tx.all(f"SELECT {COLUMNS} FROM staff m")  # noqa: S608  our own columns
    return [member(row) for row in sorted(rows, key=_by_name)]


def practitioners(tx: Transaction) -> list[StaffMember]:
    """Everybody who gives appointments now, by name."""
    rows = tx.all(f"SELECT {COLUMNS} FROM staff m WHERE {GIVES_APPOINTMENTS}")  # noqa: S608  our own columns
    return [member(row) for row in sorted(rows, key=_by_name)]


def candidates(tx: Transaction, reference: str) -> list[StaffMember]:
    """Whom an id, the beginning of one, an e-mail address or an exact name may mean; case does not matter."""
    folded = reference.casefold()
    rows: list[Row] = []
    if folded.startswith("stf_") and folded != "stf_":
        rows = tx.all(
            f"SELECT {COLUMNS} FROM staff m WHERE m.id >= :prefix AND m.id < :beyond ORDER BY m.id LIMIT 10",  # noqa: S608  our own columns
            prefix=folded,
            beyond=folded + "~",
        )
    if not rows:
        everybody = tx.all(f"SELECT {COLUMNS} FROM staff m ORDER BY m.id")  # noqa: S608  our own columns
        rows = [row for row in everybody if folded in (row["email"], row["name"].casefold())]
    return [member(row) for row in rows]


def by_email(tx: Transaction, email: str) -> StaffMember | None:
    """Whoever of the practice has this address, disabled or not."""
    row = tx.one(f"SELECT {COLUMNS} FROM staff m WHERE m.email = :email", email=email)  # noqa: S608  our own columns
    return member(row) if row else None


def other_owner_exists(tx: Transaction, id: str) -> bool:  # noqa: A002  the column's name
    """Whether somebody else is an owner who can sign in."""
    found = tx.one(
        "SELECT 1 AS found FROM staff WHERE role = 'owner' AND disabled_at IS NULL AND account_id IS NOT NULL"
        " AND id <> :id LIMIT 1",
        id=id,
    )
    return found is not None


def account_of(tx: Transaction, id: str) -> str | None:  # noqa: A002  the column's name
    """The account of a person who has signed up."""
    row = tx.one("SELECT account_id FROM staff WHERE id = :id", id=id)
    return row["account_id"] if row else None


def disable(tx: Transaction, id: str, at: int) -> None:  # noqa: A002  the column's name
    """Write down that a person belongs to the practice no more."""
    tx.run("UPDATE staff SET disabled_at = :at WHERE id = :id AND disabled_at IS NULL", id=id, at=at)


def enable(tx: Transaction, id: str) -> None:  # noqa: A002  the column's name
    """Undo that a person was disabled."""
    tx.run("UPDATE staff SET disabled_at = NULL WHERE id = :id", id=id)


def member(row: Row) -> StaffMember:
    """A person from a row of COLUMNS."""
    return stamped(StaffMember.model_validate(row))


def _by_name(row: Row) -> tuple[str, str]:
    return row["name"].casefold(), row["id"]
