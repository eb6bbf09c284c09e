"""How the parts of the dashboard look."""

from __future__ import annotations

from portalctl.output.columns import SERVICE, WHEN, Column, Look

LOOKS: dict[str, Look] = {
    "Notice": Look(
        "news",
        (
            Column("At", "at", whole=True),
            Column("What", lambda notice: notice.kind.replace("_", " "), whole=True),
            SERVICE,
            WHEN,
            Column("By", "by"),
            Column("Appointment", "appointment_id", whole=True),
        ),
    ),
}
