"""How appointments look."""

from __future__ import annotations

from portalctl.output.columns import ID, PLACE, PRACTITIONER, SERVICE, STATUS, WHEN, Column, Look

LOOKS: dict[str, Look] = {
    "Appointment": Look(
        "appointments",
        (ID, WHEN, SERVICE, PRACTITIONER, Column("Client", "client"), PLACE, STATUS),
        (
            ID,
            STATUS,
            WHEN,
            Column("Until", "ends_at"),
            SERVICE,
            PRACTITIONER,
            Column("Client", "client"),
            PLACE,
            Column("Note", "note"),
            Column("Reason", "reason"),
            Column("Confirmed", "confirmed_at"),
            Column("Cancel until", "cancellable_until"),
            Column("Move until", "reschedulable_until"),
            Column("Series", "series_id"),
            Column("Booked", "created_at"),
        ),
    ),
    "Verdict": Look(
        "answers",
        (
            Column("Allowed", "allowed", whole=True),
            Column("Reason", "reason"),
            Column("Code", "code", whole=True),
            Column("From", "allowed_from", whole=True),
            Column("Until", "allowed_until", whole=True),
        ),
    ),
    "Room": Look(
        "rooms",
        (
            Column("Appointment", "appointment_id", whole=True),
            Column("Room", "url", whole=True),
            Column("Opens", "opens_at", whole=True),
            Column("Closes", "closes_at", whole=True),
        ),
    ),
}
