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


_SHARED = 3


def new_ids(prefix: str, count: int) -> list[str]:
    """So many fresh ids in their order: each of their characters is five random bits of its own.

    They begin with the same few characters, so that they lie side by side in every index; the other 45 bits are as good
    as 60 against guessing, since a guess that is right shows nothing to whom it is not meant for.
    """
    length = LENGTH - _SHARED
    letters = os.urandom(_SHARED + length * count).translate(_LETTERS).decode()
    begin = f"{prefix}_{letters[:_SHARED]}"
    return sorted(begin + letters[start : start + length] for start in range(_SHARED, len(letters), length))


def is_id_prefix(text: str, prefix: str) -> bool:
    """Whether a text reads as the beginning of an id of this noun."""
    return re.fullmatch(rf"{prefix}_[{ALPHABET}]{{1,{LENGTH}}}", text) is not None
