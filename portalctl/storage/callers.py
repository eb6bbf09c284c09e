"""Who is behind a token: of a session, or of a script."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def by_token(tx: Transaction, token_hash: str) -> Row | None:
    """The session or API token with its account and person, unless the person was disabled or has no access any more.

    `scopes` is None for a session. A token that nobody has used was touched at 0.
    """
    return tx.one(f"{_SESSION}{_PERSON}", token_hash=token_hash) or tx.one(
        f"{_BY_SCRIPT}{_PERSON}", token_hash=token_hash
    )


def touch(tx: Transaction, session_id: str, at: int) -> None:
    """Write down that the session was just used; a clock that steps back never shortens or lengthens a session."""
    tx.run("UPDATE sessions SET touched_at = :at WHERE id = :id AND touched_at < :at", id=session_id, at=at)


_SESSION = (
    "WITH key AS (SELECT id, account_id, touched_at, expires_at, idle_minutes, NULL AS scopes FROM sessions"
    " WHERE token_hash = :token_hash)"
)
_BY_SCRIPT = (
    "WITH key AS (SELECT id, account_id, coalesce(last_used_at, 0) AS touched_at, expires_at, 0 AS idle_minutes, scopes"
    " FROM api_tokens WHERE token_hash = :token_hash)"
)
_PERSON = (
    " SELECT s.id AS session_id, s.account_id, s.touched_at, s.expires_at, s.idle_minutes, s.scopes, a.email,"
    " c.id AS client_id, m.id AS staff_id, r.id AS related_id, coalesce(c.name, m.name, r.name) AS name,"
    " CASE WHEN c.id IS NOT NULL THEN 'client' ELSE coalesce(m.role, 'related') END AS role,"
    " coalesce(c.timezone, m.timezone, r.timezone, p.timezone) AS timezone"
    " FROM key s JOIN accounts a ON a.id = s.account_id"
    " LEFT JOIN clients c ON c.account_id = a.id"
    " LEFT JOIN staff m ON m.account_id = a.id"
    " LEFT JOIN related_people r ON r.account_id = a.id AND EXISTS (SELECT 1 FROM relationships x"
    " WHERE x.related_id = r.id AND x.portal_access = 1 AND x.removed_at IS NULL)"
    " CROSS JOIN practice p"
    " WHERE m.disabled_at IS NULL AND (c.id IS NOT NULL OR m.id IS NOT NULL OR r.id IS NOT NULL)"
)
