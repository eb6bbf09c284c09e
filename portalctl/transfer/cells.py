"""What may stand in one cell of a manifest. Nothing is guessed: another form is refused, and those taken are told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from portalctl import errors
from portalctl.models.batch_words import FileKind

Value = TypeVar("Value")

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

LONGEST_LINE = 200
LONGEST_WORD = 254
"""Characters."""

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_ERROR_VALUES = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!)")
_YES = {"yes", "true", "1"}
_NO = {"", "no", "false", "0"}


def as_line(text: str) -> str:
    """One line of text, such as a title. Raises InvalidInput."""
    found = _checked(text, LONGEST_LINE)
    if not found:
        raise errors.InvalidInput("it is blank", "write some text, or leave it out")
    return found


def as_word(text: str) -> str:
    """A reference or a name, composed. Raises InvalidInput."""
    found = _checked(text, LONGEST_WORD)
    return found if found.isascii() else unicodedata.normalize("NFC", found)


def as_day(text: str) -> date:
    """A day such as `1984-05-30`. Raises InvalidInput."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise errors.InvalidInput(f"{text!r} is not a day", "write year, month and day: 1984-05-30")


def as_moment(text: str, now: datetime) -> datetime:
    """A moment with its offset that has been, such as `2024-03-01T09:00:00Z`. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text.upper()) if _MOMENT.fullmatch(text) else None
        if moment is not None and EARLIEST <= moment <= now:
            return moment
    except ValueError:
        moment = None
    if moment is not None:
        raise errors.InvalidInput(f"{text!r} is not between 1900 and now", "write when it was shared")
    raise errors.InvalidInput(
        f"{text!r} is not a moment with its offset", "write 2024-03-01T09:00:00Z or 2024-03-01T09:00:00+01:00"
    )


def as_kind(text: str) -> FileKind:
    """`file` or `note`. Raises InvalidInput."""
    try:
        return FileKind(text.casefold())
    except ValueError:
        raise errors.InvalidInput(f"{text!r} is no kind", "write file or note, or leave it out") from None


def as_yes(text: str) -> bool:
    """`yes` or `no`, `true` or `false`; nothing is no. Raises InvalidInput."""
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise errors.InvalidInput(f"{text!r} is neither yes nor no", "write yes or no, or leave it out")


def check_value(text: str) -> None:
    """Let pass what is no spreadsheet's formula or error. Raises InvalidInput."""
    if text.startswith("=") or _ERROR_VALUES.fullmatch(text):
        raise errors.InvalidInput(
            f"{text[:LONGEST_LINE]!r} is a spreadsheet's formula or error", "save the sheet with its values"
        )


def _checked(text: str, longest: int) -> str:
    found = text.strip()
    if len(found) > longest:
        raise errors.InvalidInput(f"it has {len(found):,} characters", f"write at most {longest}")
    if not found.isprintable() and _UNFIT.search(found):
        raise errors.InvalidInput("it has control characters, or is not UTF-8", "write one line of plain text")
    return found


class Cells:
    """The cells of one row: what they say, and what is wrong with them, by column."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, errors.InvalidInput]] = []

    def read(self, column: str, cell: str, read: Callable[[str], Value]) -> Value | None:
        """What a cell says, as that function reads it; None for an empty or wrong one."""
        text = cell.strip()
        if not text:
            return None
        try:
            if text[0] in "=#":
                check_value(text)
            return read(text)
        except errors.InvalidInput as problem:
            self.problems.append((column, problem))
            return None

    def missing(self, column: str, what: str) -> None:
        """Remember that there should be something."""
        self.problems.append((column, errors.InvalidInput("it is empty", f"write {what}")))
