"""How backups look."""

from __future__ import annotations

from portalctl.output.columns import Column, Look

LOOKS: dict[str, Look] = {
    "BackupReport": Look(
        "backups",
        (
            Column("File", "file", whole=True),
            Column("Practice", "practice"),
            Column("Taken", "taken_at", whole=True),
            Column("Bytes", "bytes", whole=True),
            Column("SHA-256", "sha256", whole=True),
            Column("Audit rows", "audit_rows", whole=True),
            Column("Documents", "documents", whole=True),
        ),
    ),
    "RestoreReport": Look(
        "restores",
        (
            Column("Portal", "portal", whole=True),
            Column("Practice", "practice"),
            Column("Taken", "taken_at", whole=True),
            Column("Audit rows", "audit_rows", whole=True),
            Column("Documents", "documents", whole=True),
            Column("Changes lost", "changes_lost", whole=True),
            Column("Sessions ended", "sessions_ended", whole=True),
            Column("Links revoked", "links_revoked", whole=True),
            Column("Replaced", "replaced", whole=True),
        ),
    ),
}
