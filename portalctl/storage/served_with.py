"""Which portal key the portal was served with: queries and changes."""

from __future__ import annotations

from portalctl.storage.engine import Transaction


def fingerprint(tx: Transaction) -> str | None:
    """The SHA-256 of the key, in hex; None where the portal was never served."""
    row = tx.one("SELECT key_fingerprint FROM served_with")
    return row["key_fingerprint"] if row is not None else None


def keep(tx: Transaction, fingerprint: str) -> None:
    """From now on the portal is served with this key."""
    changed = tx.run("UPDATE served_with SET key_fingerprint = :fingerprint", fingerprint=fingerprint)
    if not changed:
        tx.run("INSERT INTO served_with (key_fingerprint) VALUES (:fingerprint)", fingerprint=fingerprint)
