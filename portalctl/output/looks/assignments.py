"""How assignments look."""

from __future__ import annotations

from portalctl.output.columns import Column, Look

LOOKS: dict[str, Look] = {
    "Assignment": Look(
        "assignments",
        (
            Column("Client", "client"),
            Column("Client ID", "client_id", whole=True),
            Column("Assigned", "staff"),
            Column("Since", "assigned_at", whole=True),
        ),
    ),
}
