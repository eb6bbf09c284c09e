"""One account as its owner sees it, and its end."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def about(tx: Transaction, account_id: str, at: int) -> Row:
    """Since when it is there, and how many sessions are open now."""
    found = tx.one(
        "SELECT a.created_at, (SELECT count(*) FROM sessions s WHERE s.account_id = a.id AND s.expires_at > :at"
        " AND s.touched_at + 60 * s.idle_minutes > :at) AS sessions FROM accounts a WHERE a.id = :id",
        id=account_id,
        at=at,
    )
    assert found is not None  # noqa: S101  whoever asks has it
    return found


def drafts(tx: Transaction, author_id: str) -> list[str]:
    """The ids of the notes that somebody has begun and not completed."""
    rows = tx.all(
        "SELECT id FROM documents WHERE owner = :owner AND author_id = :owner AND state = 'draft'"
        " AND deleted_at IS NULL ORDER BY created_at, id",
        owner=author_id,
    )
    return [row["id"] for row in rows]


def erase_drafts(tx: Transaction, author_id: str, at: int) -> None:
    """Delete what somebody has begun and not completed, with what it says."""
    for id in drafts(tx, author_id):  # noqa: A001  the column's name
        tx.run("UPDATE documents SET deleted_at = :at, title = 'erased', name = 'erased' WHERE id = :id", id=id, at=at)


def bury(tx: Transaction, account_id: str, person_id: str, *, token_hash: str, report: str, at: int) -> None:
    """Take person, address, password and everything that let somebody in from an account."""
    given = {"id": account_id}
    for table in ("clients", "related_people"):
        tx.run(f"UPDATE {table} SET account_id = NULL WHERE account_id = :id", **given)  # noqa: S608  our own names
    tx.run("UPDATE accounts SET email = 'deleted ' || id, password_hash = '' WHERE id = :id", **given)
    tx.run(
        "UPDATE resets SET revoked_at = :at WHERE account_id = :id AND used_at IS NULL AND revoked_at IS NULL",
        at=at,
        **given,
    )
    tx.run("UPDATE device_sign_ins SET expires_at = :at WHERE account_id = :id AND expires_at > :at", at=at, **given)
    tx.run("UPDATE clients SET timezone = NULL WHERE id = :person_id", person_id=person_id)
    tx.run("UPDATE profiles SET language = NULL WHERE person_id = :person_id", person_id=person_id)
    tx.run("DELETE FROM notification_settings WHERE person_id = :person_id", person_id=person_id)
    for table in _OF_ACCOUNT:
        tx.run(f"DELETE FROM {table} WHERE account_id = :id", **given)  # noqa: S608  our own names
    tx.run(
        "INSERT INTO deleted_accounts (account_id, token_hash, report, deleted_at)"
        " VALUES (:id, :token_hash, :report, :at)",
        token_hash=token_hash,
        report=report,
        at=at,
        **given,
    )


_OF_ACCOUNT = ("sessions", "idempotency", "second_factors", "recovery_codes", "api_tokens", "email_changes")
"""Tables of what is an account's alone."""


def burial(tx: Transaction, token_hash: str) -> str | None:
    """What the session of that token was told when it deleted its account."""
    found = tx.one("SELECT report FROM deleted_accounts WHERE token_hash = :token_hash", token_hash=token_hash)
    return found["report"] if found else None
