"""Tables for people: aligned by the width of characters on a terminal, shortened only where a terminal reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TextIO

_GAP = 2
_SHORTEST = 8
_FALLBACK_WIDTH = 80


def terminal_width(stdout: TextIO, environment: Mapping[str, str]) -> int | None:
    """How many cells a line has; None when the output is not a terminal. A sane COLUMNS wins."""
    if not stdout.isatty():
        return None
    asked = environment.get("COLUMNS", "")
    if asked.isascii() and asked.isdecimal() and len(asked) <= 4 and 20 <= int(asked) <= 1000:
        return int(asked)
    try:
        return os.get_terminal_size(stdout.fileno()).columns or _FALLBACK_WIDTH
    except OSError:
        return _FALLBACK_WIDTH


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None, whole: Sequence[bool] = ()
) -> list[str]:
    """The lines of a table of safe texts. With a `width`, columns that are not `whole` are shortened to fit it."""
    rows = _stripped(rows)
    if width is not None:
        rows = _fitted(headers, rows, width, whole)
    widths = _widths([headers, *rows])
    return [_line(row, widths) for row in (headers, ["-" * each for each in widths], *rows)]


def pairs(rows: Sequence[tuple[str, str]]) -> list[str]:
    """The lines of a detail view: labels, and values in full."""
    lines = _stripped(rows)
    widths = _widths(lines)
    return [_line(line, widths) for line in lines]


def shortened(text: str, width: int) -> str:
    """The text within so many cells; an ellipsis tells that some is cut away. No character loses its marks."""
    if _width(text) <= width:
        return text
    from wcwidth import iter_graphemes, wcswidth

    kept, used = [], 0
    for character in iter_graphemes(text):
        used += max(wcswidth(character), 0)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def _width(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # what knows all characters takes long to load

    return wcswidth(text)


def _stripped(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[text.strip() for text in row] for row in rows]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(_width, column)) for column in zip(*rows, strict=True)]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True))
    return (" " * _GAP).join(padded).rstrip()


def _fitted(
    headers: Sequence[str], rows: Sequence[Sequence[str]], width: int, whole: Sequence[bool]
) -> Sequence[Sequence[str]]:
    """The rows with their flexible columns cut at one width, the greatest at which everything fits."""
    least = [_width(header) for header in headers]
    widths = _widths([headers, *rows])
    left = width - _GAP * (len(widths) - 1)

    def taken(most: int) -> int:
        columns = zip(least, widths, whole, strict=True)
        return sum(used if keep else max(header, min(used, most)) for header, used, keep in columns)

    most = max(widths)
    while most > _SHORTEST and taken(most) > left:
        most -= 1
    if most == max(widths):
        return rows
    return [
        [
            text if keep else shortened(text, max(most, header))
            for text, keep, header in zip(row, whole, least, strict=True)
        ]
        for row in rows
    ]
