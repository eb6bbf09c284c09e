"""How slots look."""

from __future__ import annotations

from portalctl.output.columns import ID, PLACE, PRACTITIONER, SERVICE, WHEN, Look

LOOKS: dict[str, Look] = {
    "Slot": Look("free slots", (ID, WHEN, SERVICE, PRACTITIONER, PLACE)),
}
