"""How API tokens look."""

from __future__ import annotations

from portalctl.output.columns import EXPIRES, ID, NAME, Column, Look

_TOKEN = (
    ID,
    NAME,
    Column("Scopes", lambda token: ", ".join(token.scopes)),
    Column("Last used", "last_used_at", whole=True),
    EXPIRES,
)

LOOKS: dict[str, Look] = {
    "ApiToken": Look("tokens", _TOKEN),
    "IssuedToken": Look("tokens", (*_TOKEN, Column("Token", "token", whole=True))),
}
