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
    import tabulate

    tabulate.MIN_PADDING = 0
    if width is not None:
        rows = _fitted(headers, rows, width, whole)
    return tabulate.tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True).split("\n")


def pairs(rows: Sequence[tuple[str, str]]) -> list[str]:
    """The lines of a detail view: labels, and values in full."""
    from tabulate import tabulate

    return tabulate(rows, tablefmt="plain", disable_numparse=True).split("\n")


def shortened(text: str, width: int) -> str:
    """The text within so many cells; an ellipsis tells that some is cut away. No character loses its marks."""
    from wcwidth import iter_graphemes, wcswidth

    if wcswidth(text) <= width:
        return text
    kept, used = [], 0
    for character in iter_graphemes(text):
        used += max(wcswidth(character), 0)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def _fitted(
    headers: Sequence[str], rows: Sequence[Sequence[str]], width: int, whole: Sequence[bool]
) -> Sequence[Sequence[str]]:
    """The rows with their flexible columns cut at one width, the greatest at which everything fits."""
    from wcwidth import wcswidth

    least = [wcswidth(header) for header in headers]
    widths = [max(wcswidth(text) for text in column) for column in zip(headers, *rows, strict=True)]
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
