"""How a session looks."""

from __future__ import annotations

from portalctl.output.columns import EMAIL, ID, NAME, ZONE, Column, Look

LOOKS: dict[str, Look] = {
    "Session": Look(
        "sessions",
        (
            ID,
            Column("Current", lambda session: "*" if session.current else "", whole=True),
            Column("Device", "device"),
            Column("Address", "address", whole=True),
            Column("Since", "started_at", whole=True),
            Column("Last use", "used_at", whole=True),
        ),
        (
            ID,
            Column("Current", "current"),
            Column("Device", "device"),
            Column("Address", "address"),
            Column("Since", "started_at"),
            Column("Last use", "used_at"),
            Column("Until", "expires_at"),
        ),
    ),
    "SessionsEnded": Look("sessions", (Column("Sessions ended", "ended", whole=True),)),
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
