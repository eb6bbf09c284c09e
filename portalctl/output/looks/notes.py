"""How notes look."""

from __future__ import annotations

from portalctl.output.columns import ID, Column, Look

_NOTE = (
    ID,
    Column("Title", "title"),
    Column("State", "state", whole=True),
    Column("From", "author"),
    Column("Client", "client"),
)

LOOKS: dict[str, Look] = {
    "Note": Look(
        "notes",
        _NOTE,
        (
            *_NOTE,
            Column("Appointment", "appointment_id"),
            Column("Amends", "amends"),
            Column("Amended by", "amended_by"),
            Column("Created", "created_at"),
            Column("Changed", "updated_at"),
            Column("Completed", "completed_at"),
        ),
    ),
}
