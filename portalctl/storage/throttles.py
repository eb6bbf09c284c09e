"""How many attempts failed lately, per bucket."""

from __future__ import annotations

from portalctl.storage.engine import Row, Transaction


def get(tx: Transaction, bucket: str) -> Row | None:
    """The bucket's failures, failed_at and blocked_until."""
    return tx.one("SELECT failures, failed_at, blocked_until FROM throttles WHERE bucket = :bucket", bucket=bucket)


def put(tx: Transaction, bucket: str, *, failures: int, failed_at: int, blocked_until: int) -> None:
    """Write the bucket, in place of what it held."""
    tx.run(
        "INSERT INTO throttles (bucket, failures, failed_at, blocked_until)"
        " VALUES (:bucket, :failures, :failed_at, :blocked_until) ON CONFLICT (bucket) DO UPDATE"
        " SET failures = excluded.failures, failed_at = excluded.failed_at, blocked_until = excluded.blocked_until",
        bucket=bucket,
        failures=failures,
        failed_at=failed_at,
        blocked_until=blocked_until,
    )


def clear(tx: Transaction, bucket: str) -> None:
    """Forget the bucket."""
    tx.run("DELETE FROM throttles WHERE bucket = :bucket", bucket=bucket)


def sweep(tx: Transaction, until: int) -> None:
    """Forget every bucket whose last failure was then or earlier; one in another's hands is left for the next time."""
    old = f"SELECT bucket FROM throttles WHERE failed_at <= :until {tx.skipping_held}"  # noqa: S608  the engine's words
    tx.run(f"DELETE FROM throttles WHERE bucket IN ({old})", until=until)  # noqa: S608  our own words
