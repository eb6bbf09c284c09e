"""What people tell about themselves, and addresses that wait to become theirs."""

from __future__ import annotations

from typing import Any

from portalctl.storage.engine import Row, Transaction

FIELDS = ("preferred_name", "pronouns", "birth_date", "phone", "address", "language")
"""What a profile holds beyond the name, each as text or not at all."""

_OPEN = "account_id = :account_id AND used_at IS NULL AND revoked_at IS NULL"


def get(tx: Transaction, person_id: str) -> Row:
    """Somebody's profile; empty where they have told nothing."""
    found = tx.one(f"SELECT {', '.join(FIELDS)} FROM profiles WHERE person_id = :person_id", person_id=person_id)  # noqa: S608  our own names
    return found or dict.fromkeys(FIELDS)


def put(tx: Transaction, person_id: str, profile: Row) -> None:
    """Write the whole of a profile down."""
    tx.run(
        f"INSERT INTO profiles (person_id, {', '.join(FIELDS)})"  # noqa: S608  our own names
        f" VALUES (:person_id, {', '.join(f':{field}' for field in FIELDS)})"
        f" ON CONFLICT (person_id) DO UPDATE SET {', '.join(f'{field} = excluded.{field}' for field in FIELDS)}",
        person_id=person_id,
        **{field: profile[field] for field in FIELDS},
    )


def language_of(tx: Transaction, person_id: str) -> str | None:
    """The language that somebody has chosen."""
    row = tx.one("SELECT language FROM profiles WHERE person_id = :person_id", person_id=person_id)
    return row["language"] if row else None


def person(tx: Transaction, person_id: str) -> Row:
    """What somebody is called, and the time zone of their own, if they have one."""
    row = tx.one(f"SELECT name, timezone FROM {_table(person_id)} WHERE id = :id", id=person_id)  # noqa: S608  our own names
    assert row is not None  # noqa: S101  people stay on record
    return row


def put_person(tx: Transaction, person_id: str, *, name: str, timezone: str | None) -> None:
    """Write down what somebody is called, and the time zone of their own."""
    tx.run(
        f"UPDATE {_table(person_id)} SET name = :name, timezone = :timezone WHERE id = :id",  # noqa: S608  our own names
        id=person_id,
        name=name,
        timezone=timezone,
    )


def put_email(tx: Transaction, account_id: str, person_id: str, email: str) -> None:
    """Give an account, and the client or member of staff behind it, another address."""
    tx.run("UPDATE accounts SET email = :email WHERE id = :id", id=account_id, email=email)
    if person_id.partition("_")[0] in _OF_THE_PRACTICE:
        tx.run(f"UPDATE {_table(person_id)} SET email = :email WHERE id = :id", id=person_id, email=email)  # noqa: S608  our own names


def ask_for_email(tx: Transaction, **columns: Any) -> None:
    """Add an address that an account wants: id, account_id, email, created_at, expires_at. One is open per account."""
    tx.run(
        "INSERT INTO email_changes (id, account_id, email, created_at, expires_at)"
        " VALUES (:id, :account_id, :email, :created_at, :expires_at)",
        **columns,
    )


def email_change(tx: Transaction, id: str) -> Row | None:  # noqa: A002  the column's name
    """A change of address by its id."""
    return tx.one(
        "SELECT id, account_id, email, created_at, expires_at, used_at, revoked_at FROM email_changes WHERE id = :id",
        id=id,
    )


def open_email_change(tx: Transaction, account_id: str, at: int) -> Row | None:
    """The address that an account wants and may still confirm."""
    return tx.one(
        f"SELECT id, email, expires_at FROM email_changes WHERE {_OPEN} AND expires_at > :at",  # noqa: S608  our own condition
        account_id=account_id,
        at=at,
    )


def use_email_change(tx: Transaction, id: str, at: int) -> bool:  # noqa: A002  the column's name
    """Use a change of address up, if it is open and has not expired: exactly one of all who try is told yes."""
    changed = tx.run(
        "UPDATE email_changes SET used_at = :at"
        " WHERE id = :id AND used_at IS NULL AND revoked_at IS NULL AND expires_at > :at",
        id=id,
        at=at,
    )
    return changed == 1


def give_up_email_change(tx: Transaction, account_id: str, at: int) -> None:
    """Make the open change of address of an account worthless, if there is one."""
    tx.run(f"UPDATE email_changes SET revoked_at = :at WHERE {_OPEN}", account_id=account_id, at=at)  # noqa: S608  our own condition


_OF_THE_PRACTICE = {"cli": "clients", "stf": "staff"}
_TABLES = {**_OF_THE_PRACTICE, "rlp": "related_people"}


def _table(person_id: str) -> str:
    return _TABLES[person_id.partition("_")[0]]
