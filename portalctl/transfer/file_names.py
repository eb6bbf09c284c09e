"""The name under which somebody else's file may be saved here: one that cannot leave its folder, hide or misbehave."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 180
"""Bytes: what is added to a name while its file arrives still fits into 255."""

NAMELESS = "document"

_SEPARATOR = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A plain name made of one that somebody gave: its last part, composed (NFC), nothing invisible in it.

    What Windows keeps for devices, and what begins with a dot or a dash, is given an underscore.
    """
    last = _SEPARATOR.split(unicodedata.normalize("NFC", name))[-1]
    shown = "".join(each for each in last if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))
    shown = _FORBIDDEN.sub("_", shown).strip().rstrip(". ")
    stem, dot, ending = shown.rpartition(".")
    if not shown.strip("._- "):
        return NAMELESS
    if _RESERVED.fullmatch(shown.partition(".")[0].strip()):
        shown, stem = f"_{shown}", f"_{stem}"
    if shown[0] in ".-~":
        shown = f"_{shown[1:]}"
        stem = f"_{stem[1:]}"
    if len(shown.encode()) <= LONGEST:
        return shown
    suffix = f".{ending}" if dot and len(ending.encode()) <= 16 else ""
    return _shortened(stem if suffix else shown, LONGEST - len(suffix.encode())).rstrip(". ") + suffix


def numbered(name: str, number: int) -> str:
    """The name of the second, third and further file of one name: `report (2).pdf`."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"


def alike(name: str) -> str:
    """What is the same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def _shortened(text: str, length: int) -> str:
    """As much of it as fits into so many bytes."""
    return text.encode()[:length].decode(errors="ignore")
