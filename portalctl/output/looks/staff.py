"""How staff look."""

from __future__ import annotations

from portalctl.output.columns import EMAIL, ID, NAME, SIGNED_UP, ZONE, Column, Look

LOOKS: dict[str, Look] = {
    "Practitioner": Look("practitioners", (ID, NAME, ZONE, Column("Services", "services"))),
    "StaffMember": Look(
        "staff", (ID, NAME, EMAIL, Column("Role", "role", whole=True), ZONE, Column("Active", "active"), SIGNED_UP)
    ),
}
