"""Which intents were already carried out. Rows hold ids only, never what was said."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def get(tx: Transaction, account_id: str, key: str, since: int) -> Row | None:
    """What the key was used for, unless that is older than `since`."""
    return tx.one(
        "SELECT fingerprint, result FROM idempotency"
        " WHERE account_id = :account_id AND key = :key AND created_at > :since",
        account_id=account_id,
        key=key,
        since=since,
    )


def put(
    tx: Transaction,
    *,
    account_id: str,
    key: str,
    operation: str,
    fingerprint: str,
    result: str,
    created_at: int,
    since: int,
) -> None:
    """Remember an intent, also in place of an older one of the key, and forget those older than `since`."""
    old = f"SELECT account_id, key FROM idempotency WHERE created_at <= :since {tx.skipping_held}"  # noqa: S608  the engine's words
    tx.run(f"DELETE FROM idempotency WHERE (account_id, key) IN ({old})", since=since)  # noqa: S608  our own words
    tx.run(
        "INSERT INTO idempotency (account_id, key, operation, fingerprint, result, created_at)"
        " VALUES (:account_id, :key, :operation, :fingerprint, :result, :created_at)"
        " ON CONFLICT (account_id, key) DO UPDATE SET operation = excluded.operation,"
        " fingerprint = excluded.fingerprint, result = excluded.result, created_at = excluded.created_at",
        account_id=account_id,
        key=key,
        operation=operation,
        fingerprint=fingerprint,
        result=result,
        created_at=created_at,
    )
