"""Links that carry a right: invites, resets, and the setting up of a server.

A code is the record's id and an HMAC of it with the portal's key: the portal can make it again, and stores it nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum

from portalctl.domain.ids import LENGTH, is_id_prefix

LONGEST_CODE = 100
"""A genuine code has 60 characters; nothing much longer is looked at."""


class LinkKind(StrEnum):
    """What a link is for: its place in the URL, and what its code is bound to."""

    INVITE = "invite"
    RESET = "reset"
    SETUP = "setup"
    EMAIL = "email"

    @property
    def prefix(self) -> str:
        """How the ids of its records begin."""
        return {"invite": "inv", "reset": "rst", "setup": "set", "email": "emc"}[self.value]


def link(portal_url: str, kind: LinkKind, id: str, key: bytes) -> str:  # noqa: A002  the record's name for it
    """The link for a record, to be shown once."""
    return f"{portal_url.rstrip('/')}/{kind}/{code(kind, id, key)}"


def code(kind: LinkKind, id: str, key: bytes) -> str:  # noqa: A002  the record's name for it
    """The part of a link behind its kind: the id, a dot, and 43 characters that only the portal can make."""
    digest = hmac.new(key, f"{kind}:{id}".encode(), hashlib.sha256).digest()
    return f"{id}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def id_in(kind: LinkKind, given: str, key: bytes) -> str | None:
    """The id in a code that this portal made; None for any other text, compared in constant time."""
    claimed = given.partition(".")[0]
    if (
        len(given) > LONGEST_CODE
        or len(claimed) != len(kind.prefix) + 1 + LENGTH
        or not is_id_prefix(claimed, kind.prefix)
    ):
        return None
    genuine = hmac.compare_digest(code(kind, claimed, key).encode(), given.encode(errors="replace"))
    return claimed if genuine else None
