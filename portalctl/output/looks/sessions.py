"""How a session looks."""

from __future__ import annotations

from portalctl.output.columns import EMAIL, NAME, ZONE, Column, Look

LOOKS: dict[str, Look] = {
    "Identity": Look(
        "accounts",
        (
            Column("ID", "account_id", whole=True),
            NAME,
            EMAIL,
            Column("Role", "role", whole=True),
            Column("Practice", "practice"),
            ZONE,
            Column("Session until", "session_expires_at", whole=True),
        ),
    ),
}
