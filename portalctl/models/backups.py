"""What a backup or a restore did."""

from __future__ import annotations

from portalctl.models.values import Instant, Record


class BackupReport(Record):
    """A finished backup, read back and found whole. `audit_rows` is the length of the audit in it."""

    file: str
    practice: str
    taken_at: Instant
    bytes: int
    sha256: str
    audit_rows: int


class RestoreReport(Record):
    """A finished restore. Sessions end and open links are revoked, so that nothing revoked since the backup lives again.

    `changes_lost` counts the audit rows that the portal had after the backup was taken.
    """

    portal: str
    practice: str
    taken_at: Instant
    audit_rows: int
    changes_lost: int
    sessions_ended: int
    links_revoked: int
