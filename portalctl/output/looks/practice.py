"""How a practice looks."""

from __future__ import annotations

from portalctl.output.columns import CREATED, EMAIL, ID, NAME, ZONE, Look

LOOKS: dict[str, Look] = {
    "Practice": Look("practices", (ID, NAME, EMAIL, ZONE, CREATED)),
}
