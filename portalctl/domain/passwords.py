"""Passwords: which are accepted, and how they are kept. Only argon2id hashes of them are ever stored."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from portalctl import errors

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 15
"""Characters that a password needs at least."""

SHORTEST_BESIDE_A_CODE = 8
"""Characters that it needs at least where a second factor is asked for too."""

LONGEST = 1024
"""Bytes in UTF-8 that it may have at most."""

COMMON = 10_000
"""So many of the most common passwords are refused."""

REST = 8
"""Characters that must remain of a password without the account's own words, digits and punctuation."""

LONGEST_PATTERN = 8
"""A password that only repeats a pattern of up to so many characters is refused."""

MEMORY = 46 * 1024
"""KiB that it takes to compute a hash."""

NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$5DIe+M8E1yCXWArDVXUjHQ$9+prJHIgXCUJz2a+/2sXFIWF/9lK0BfmXt3Ql0SnBrE"
"""The hash of a random password that nobody knows: checking against it costs what checking a real account costs."""

_HINT = "use a sentence of several words that do not belong together"

_at_most_four = threading.BoundedSemaphore(4)
"""Each hash takes 46 MiB while it is computed."""


def check(password: str, own_words: Iterable[str], shortest: int = SHORTEST) -> None:
    """Refuse what is easily guessed; `own_words` are the account's names and addresses.

    `shortest` is how many characters it needs at least, which is less beside a second factor.

    Raises WeakPassword, saying why, and InvalidInput for text that is not Unicode.
    """
    why = _weakness(password, len(_encoded(password)), own_words, shortest)
    if why is not None:
        raise errors.WeakPassword(why, _HINT)


def make_hash(password: str) -> str:
    """The argon2id hash to keep; at most four are computed at once."""
    with _at_most_four:
        return _hasher().hash(_encoded(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the hash is this password's. Without an account, None, it does the same work and says no."""
    from argon2.exceptions import VerifyMismatchError

    given = _encoded(password)
    with _at_most_four:
        try:
            _hasher().verify(password_hash or NOBODY, given)
        except VerifyMismatchError:
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=MEMORY, parallelism=1)


def _encoded(password: str) -> bytes:
    try:
        return password.encode()
    except UnicodeEncodeError:
        raise errors.InvalidInput("the password is not valid Unicode text", "type it again") from None


def _weakness(password: str, size: int, own_words: Iterable[str], shortest: int) -> str | None:
    if len(password) < shortest:
        return f"the password has {len(password)} characters and needs at least {shortest}"
    if size > LONGEST:
        return f"the password has {size} bytes and may have at most {LONGEST}"
    if _is_pattern(password):
        return "the password only repeats or counts up a short pattern"
    if _is_built_from(password.casefold(), own_words):
        return "the password is built from your own name, address or practice"
    if _is_common(password):
        return f"the password is one of the {COMMON:,} most common"
    return None


def _is_common(password: str) -> bool:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # it ships no types

    return password.casefold() in FREQUENCY_LISTS["passwords"][:COMMON]


def _is_pattern(password: str) -> bool:
    longest = min(LONGEST_PATTERN, (len(password) + 1) // 2)
    if any(password[:-length] == password[length:] for length in range(1, longest + 1)):
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) == 1 or (password.isdecimal() and len({step % 10 for step in steps}) == 1)


def _is_built_from(folded: str, own_words: Iterable[str]) -> bool:
    rest = folded
    for word in sorted(set(_words(own_words)), key=len, reverse=True):
        rest = rest.replace(word, " ")
    return rest != folded and sum(not _is_filler(character) for character in rest) < REST


def _words(texts: Iterable[str]) -> Iterator[str]:
    """The words of at least three characters in names and addresses; the last label of a domain is nobody's own."""
    for text in texts:
        name, at, domain = text.casefold().rpartition("@")
        own = f"{name} {domain.rpartition('.')[0]}" if at else text.casefold()
        yield from (word for word in re.split(r"[\W_]+", own) if len(word) >= 3)


def _is_filler(character: str) -> bool:
    return unicodedata.category(character)[0] in "NPSZ"
