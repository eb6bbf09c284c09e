"""The `:name` parameters of portable SQL: where they stand, and which there are."""

from __future__ import annotations

import re
from functools import lru_cache

PARTS = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|::|:([a-z_][a-z0-9_]*)""")
"""Quoted text, quoted names and casts, which are left as they are, and parameters."""


@lru_cache(maxsize=100)
def names_in(sql: str) -> tuple[str, ...]:
    """The names of a statement's parameters, each once, as they first stand in it."""
    return tuple(dict.fromkeys(part[1] for part in PARTS.finditer(sql) if part[1] is not None))
