"""From portable SQL and Python values to what PostgreSQL's protocol carries."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from portalctl import errors
from portalctl.storage.parameters import PARTS


@lru_cache(maxsize=4096)
def numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with `$1`, `$2`, … in place of `:name`, and the names in that order."""
    names: dict[str, int] = {}

    def number(part: re.Match[str]) -> str:
        name = part[1]
        if name is None:
            return part[0]
        return f"${names.setdefault(name, len(names) + 1)}"

    return PARTS.sub(number, sql).encode(), tuple(names)


def dumped(value: Any) -> bytes | None:
    """A value in the protocol's text format. Raises InvalidInput for text and numbers that no column can hold."""
    if value is None:
        return None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise errors.InvalidInput("a number is too large", "check what was given")
        return b"%d" % value
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    raise TypeError(f"{type(value).__name__} is no kind of value that a column has")


def _text(value: str) -> bytes:
    """The protocol ends a text at its first NUL, which would make another text of it."""
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise errors.InvalidInput("a text has characters that cannot be kept", "leave out NUL and half characters")
    return encoded
