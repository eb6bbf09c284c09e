"""Cursors: the key of a page's last item, packed so that callers pass it on without reading it."""

from __future__ import annotations

import base64
import json
from typing import TypeVar

from portalctl import errors

Key = TypeVar("Key", str, int)


def pack(key: str | int, id: str) -> str:  # noqa: A002  the item's name for it
    """The cursor that continues behind the item of this sort key and id."""
    return base64.urlsafe_b64encode(json.dumps([key, id], separators=(",", ":")).encode()).rstrip(b"=").decode()


def unpack(cursor: str, kind: type[Key]) -> tuple[Key, str]:
    """The sort key, which is of this kind, and the id. Raises InvalidInput for anything that `pack` did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key, id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))  # noqa: A001  see pack
    except (ValueError, TypeError, RecursionError):
        key = id = None  # noqa: A001  see pack
    if type(key) is not kind or not isinstance(id, str) or (isinstance(key, int) and abs(key) >= 2**63):
        raise not_of_this_list()
    return key, id


def not_of_this_list() -> errors.InvalidInput:
    """The answer to a cursor that this list did not give."""
    return errors.InvalidInput("that cursor is not one of this list", "start the list again without a cursor")
