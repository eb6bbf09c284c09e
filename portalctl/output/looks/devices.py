"""How devices look."""

from __future__ import annotations

from portalctl.output.columns import EXPIRES, Column, Look

LOOKS: dict[str, Look] = {
    "Device": Look(
        "devices",
        (
            Column("Code", "user_code", whole=True),
            Column("Program", "name"),
            Column("From", "address", whole=True),
            Column("State", "state", whole=True),
            Column("Asked", "requested_at", whole=True),
            EXPIRES,
        ),
    ),
}
