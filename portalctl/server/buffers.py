"""Memory for what arrives, kept for what arrives next: else each piece is asked of the system and given back to it."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""What GNU's C library calls these settings (mallopt(3))."""

KEPT = 16 << 20
"""Bytes of freed memory that are kept, at the most, for those who work at once."""

PIECE = 1 << 20
"""Bytes of a piece of memory up to which it comes from what is kept."""


def keep_buffers() -> bool:
    """Have the C library keep freed memory; whether it can be told to."""
    try:
        tell = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(tell(_TRIM_THRESHOLD, KEPT)) and bool(tell(_MMAP_THRESHOLD, PIECE))
