"""How long texts may be, and what a line of one is. There are no models here."""

LONGEST_LINE = 200
"""Characters that one line may have."""

LONGEST_REFERENCE = 254
"""Characters that the name of a thing or person may have where it stands for them: an e-mail address has no more."""

LONGEST_TEXT = 65_536
"""Bytes of UTF-8 that a long text may have."""


def printable(text: str) -> str:
    """The text without spaces around it. Raises ValueError where it is blank, or has control characters."""
    if not text.strip():
        raise ValueError("must not be blank")
    if not text.isprintable() and any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text):
        raise ValueError("must not contain control characters")
    return text.strip()
