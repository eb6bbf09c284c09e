"""How clients look."""

from __future__ import annotations

from portalctl.output.cells import in_one_line
from portalctl.output.columns import CREATED, EMAIL, EXPIRES, ID, LINK, NAME, SIGNED_UP, ZONE, Column, Look

LOOKS: dict[str, Look] = {
    "Client": Look(
        "clients",
        (ID, NAME, EMAIL, ZONE, SIGNED_UP, CREATED),
        (
            ID,
            NAME,
            Column("Called", "preferred_name"),
            Column("Pronouns", "pronouns"),
            Column("Born", "birth_date"),
            EMAIL,
            Column("Phone", "phone"),
            Column("Address", in_one_line),
            ZONE,
            SIGNED_UP,
            CREATED,
        ),
    ),
    "ResetLink": Look("links", (Column("For", "person_id", whole=True), EXPIRES, LINK)),
}
