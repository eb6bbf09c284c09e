"""Garbage is collected while nobody waits for it.

What is looked through at once bounds the pause: ten thousand connections are a quarter of a million objects, a sixth of
a second. So the young are looked through in small steps, and everything only while there are few connections.
"""

from __future__ import annotations

import gc

STEP = 1_000
"""After so many new objects the young are looked through: they and as many before them, a millisecond or two."""

ENOUGH = 20
"""After so many steps everything is looked through, in a quiet moment."""

TOO_LONG = 2_000
"""After so many steps everything is looked through in any case."""

FEW = 500
"""With no more connections than that the moment is quiet: everything takes some ten milliseconds."""


def collect_in_small_steps() -> None:
    """Leave what exists by now out of all collections, and bound the usual ones."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(STEP, 1, TOO_LONG)


def collect_when_quiet(connections: int) -> None:
    """Look through everything, if there is enough that is new and so few connections that nobody notices."""
    if connections <= FEW and gc.get_count()[2] >= ENOUGH:
        gc.collect()
