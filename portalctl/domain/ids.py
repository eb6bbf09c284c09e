"""Ids: a noun prefix and 12 random characters of Crockford base32 (60 bits), never guessable, never reused."""

from __future__ import annotations

import os
import re
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 12


def new_id(prefix: str) -> str:
    """A fresh id such as `apt_7k2m9x4qv3bd`."""
    bits = secrets.randbits(5 * LENGTH)
    return f"{prefix}_" + "".join(ALPHABET[(bits >> (5 * place)) & 31] for place in range(LENGTH))


_LETTERS = (ALPHABET * 8).encode()


def new_ids(prefix: str, count: int) -> list[str]:
    """So many fresh ids: each of their characters is five random bits of its own."""
    letters = os.urandom(LENGTH * count).translate(_LETTERS).decode()
    return [f"{prefix}_{letters[start : start + LENGTH]}" for start in range(0, LENGTH * count, LENGTH)]


def is_id_prefix(text: str, prefix: str) -> bool:
    """Whether a text reads as the beginning of an id of this noun."""
    return re.fullmatch(rf"{prefix}_[{ALPHABET}]{{1,{LENGTH}}}", text) is not None
