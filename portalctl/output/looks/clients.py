"""How clients look."""

from __future__ import annotations

from portalctl.output.columns import CREATED, EMAIL, EXPIRES, ID, LINK, NAME, SIGNED_UP, ZONE, Column, Look

LOOKS: dict[str, Look] = {
    "Client": Look("clients", (ID, NAME, EMAIL, ZONE, SIGNED_UP, CREATED)),
    "ResetLink": Look("links", (Column("For", "person_id", whole=True), EXPIRES, LINK)),
}
