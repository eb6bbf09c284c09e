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
