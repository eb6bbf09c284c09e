"""How profiles look."""

from __future__ import annotations

from portalctl.output.columns import EMAIL, NAME, Column, Look

LOOKS: dict[str, Look] = {
    "ProfileRow": Look(
        "profiles",
        (
            NAME,
            Column("Current", lambda profile: "*" if profile.current else "", whole=True),
            Column("Portal", "portal", whole=True),
            EMAIL,
            Column("Store", "store", whole=True),
        ),
    ),
}
