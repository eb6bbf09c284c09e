"""How invites look."""

from __future__ import annotations

from portalctl.output.columns import EMAIL, EXPIRES, ID, LINK, NAME, Column, Look

_INVITE = (ID, NAME, EMAIL, Column("Kind", "kind", whole=True), Column("State", "state", whole=True))


LOOKS: dict[str, Look] = {
    "Invite": Look("invites", (*_INVITE, EXPIRES)),
    "IssuedInvite": Look("invites", (*_INVITE, EXPIRES, LINK)),
}
