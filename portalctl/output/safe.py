"""Text from people, made safe to show: it cannot move the cursor, reorder the line or pose as another row."""

from __future__ import annotations

import re

_HIDDEN = (
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters, ESC and the C1 set among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\u00ad\u180e\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # invisible, or breaking the line
    "\ud800-\udfff"  # halves of a character
    "\U000e0000-\U000e007f"  # invisible tags
    "]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MARKS = 4
"""How many combining marks one character may carry: more than any script needs, too few to cover the lines around."""


def visible(text: str) -> str:
    """The text on one line, with control, bidi and invisible characters as `\\x1b`, `\\n`, `\\u202e`.

    Joiners within emoji and scripts stay; of a stack of combining marks the first four stay.
    """
    shown = text if text.isprintable() else re.sub(_HIDDEN, _escape, text)
    return shown if shown.isascii() else _with_few_marks(shown)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if code <= 0xFF:
        return _NAMED.get(character) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _with_few_marks(text: str) -> str:
    from unicodedata import category

    kept: list[str] = []
    marks = _MARKS
    for character in text:
        if character > "\u02ff" and category(character) in ("Mn", "Me"):
            marks += 1
            if not kept:
                kept.append("\u25cc")
                marks = 1
        else:
            marks = 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)
