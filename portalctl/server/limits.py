"""How much one request, and one caller, may ask of the server."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Sizes in bytes, times in seconds, rates in requests per second."""

    body: int = 1 << 20
    depth: int = 32
    fields: int = 200
