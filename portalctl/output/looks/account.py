"""How an account looks."""

from __future__ import annotations

from portalctl.output.columns import CREATED, EMAIL, ID, NAME, Column, Look

LOOKS: dict[str, Look] = {
    "Account": Look(
        "accounts",
        (
            ID,
            NAME,
            EMAIL,
            Column("Role", "role", whole=True),
            Column("Practice", "practice"),
            CREATED,
            Column("Open sessions", "sessions", whole=True),
        ),
    ),
    "ExportReport": Look(
        "exports",
        (
            Column("File", "file", whole=True),
            Column("Files", "files", whole=True),
            Column("Documents", "documents", whole=True),
            Column("Bytes", "bytes", whole=True),
            Column("SHA-256", "sha256", whole=True),
            Column("Not readable", lambda report: "; ".join(report.unread) or None),
        ),
    ),
    "ExportCheck": Look(
        "checks",
        (
            Column("File", "file", whole=True),
            Column("Whole", "whole", whole=True),
            Column("Files", "files", whole=True),
            Column("Account", "account_id", whole=True),
            Column("Exported", "exported_at", whole=True),
            Column("Faults", lambda check: "; ".join(check.faults) or "none"),
        ),
    ),
    "Deletion": Look(
        "deletions",
        (
            Column("Account", "account_id", whole=True),
            Column("Coming appointments", "coming_appointments", whole=True),
            Column("Sessions", "sessions", whole=True),
            Column("Drafts", "drafts", whole=True),
            Column("Erased", lambda deletion: "; ".join(deletion.erased)),
            Column("Kept by the practice", lambda deletion: "; ".join(deletion.kept)),
            Column("Deleted", "deleted_at", whole=True),
        ),
    ),
}
