"""How much one request, one connection and one caller may ask of the server."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Sizes in bytes, times in seconds, rates in requests per second.

    A body that is streamed may be of any length and take any time, as long as `least_streamed` bytes of it arrive
    within each `body_seconds`.

    `grace_seconds` is how long a server that stops still takes what was on its way to it. A rate comes with how many
    requests may come at once before it counts: of one session, and of one address for requests without a session that
    is known to be alive.
    """

    target: int = 8 << 10
    head: int = 32 << 10
    header_count: int = 100
    body: int = 1 << 20
    depth: int = 32
    fields: int = 200
    head_seconds: float = 10
    body_seconds: float = 30
    least_streamed: int = 16 << 10
    idle_seconds: int = 30
    unread_seconds: float = 30
    grace_seconds: float = 0.3
    connections: int = 16_000
    session_rate: float = 100
    session_burst: int = 300
    address_rate: float = 20
    address_burst: int = 100
