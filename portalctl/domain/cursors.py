"""Cursors: the key of a page's last item, packed so that callers pass it on without reading it."""

from __future__ import annotations

import base64
import binascii
import json

from portalctl import errors


def pack(*key: str | int) -> str:
    """The cursor that continues behind this key."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).rstrip(b"=").decode()


def unpack(cursor: str, *kinds: type[str] | type[int]) -> tuple[str | int, ...]:
    """The key, whose parts are of these kinds. Raises InvalidInput for anything that `pack` did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeError, binascii.Error, ValueError, RecursionError):
        key = None
    fits = isinstance(key, list) and [type(part) for part in key] == list(kinds)
    if not fits or any(isinstance(part, int) and not -(2**63) <= part < 2**63 for part in key):
        raise errors.InvalidInput("that cursor is not one of this list", "start the list again without a cursor")
    return tuple(key)
