"""How services look."""

from __future__ import annotations

from portalctl.output.cells import minutes
from portalctl.output.columns import CREATED, ID, NAME, PLACE, Column, Look

LOOKS: dict[str, Look] = {
    "Service": Look(
        "services",
        (
            ID,
            NAME,
            Column("Length", lambda service: minutes(service.duration_minutes), whole=True),
            Column("Price", "price", whole=True),
            PLACE,
            Column("Practitioners", "practitioners"),
        ),
        (
            ID,
            NAME,
            Column("Length", lambda service: minutes(service.duration_minutes)),
            Column("Buffer before", lambda service: minutes(service.buffer_before_minutes)),
            Column("Buffer after", lambda service: minutes(service.buffer_after_minutes)),
            Column("Price", "price"),
            PLACE,
            Column("Room", "room_url"),
            Column("Practitioners", "practitioners"),
            Column("Archived", "archived"),
            CREATED,
        ),
    ),
}
