"""One account as its owner sees it, and its end."""

from __future__ import annotations

from portalctl.storage import documents
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


def drafts(tx: Transaction, client_id: str) -> list[Row]:
    """The id and kind of what somebody has begun and not completed: their notes, and forms they have half filled in."""
    return tx.all(
        "SELECT id, kind FROM documents WHERE owner = :client_id AND state = 'draft' AND deleted_at IS NULL"
        " UNION ALL SELECT d.id, d.kind FROM documentation r JOIN documents d ON d.id = r.document_id"
        " WHERE r.client_id = :client_id AND r.kind = 'form' AND r.removed_at IS NULL AND d.state = 'begun'",
        client_id=client_id,
    )


def erase_drafts(tx: Transaction, client_id: str, at: int) -> None:
    """Erase what drafts say: a note is gone, a form waits again. What was sent and never used comes to its end."""
    for draft in drafts(tx, client_id):
        if draft["kind"] == "form":
            for sql in _UNFILL:
                tx.run(sql, id=draft["id"], at=at)
        else:
            tx.run("UPDATE notes SET text = '' WHERE document_id = :id", id=draft["id"])
            documents.change(tx, draft["id"], title="erased", name="erased")
            documents.delete(tx, draft["id"], at)
    tx.run(
        "UPDATE uploads SET expires_at = :at WHERE owner = :client_id AND taken_at IS NULL AND expires_at > :at",
        client_id=client_id,
        at=at,
    )


_UNFILL = (
    "UPDATE form_responses SET items = NULL, answered = 0, revision = revision + 1 WHERE document_id = :id",
    "UPDATE documents SET state = 'waiting', updated_at = :at WHERE id = :id",
)


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
