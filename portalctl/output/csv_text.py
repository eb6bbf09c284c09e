"""Records as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence

from portalctl.output.json_text import json_text

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Formula starts, full-width ones too, and what spreadsheets skip on the way to one."""


class _Line:
    """What the writer writes a line to: it hands it back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(
    names: Sequence[str], rows: Iterable[Sequence[object]], *, raw: bool, shown: Callable[[str], str] = str
) -> Iterator[str]:
    """A header and a line for each row of JSON values; what nests is a cell of JSON.

    Text that a spreadsheet would run gets a `'` before it, unless `raw`. `shown` is applied to text from people.
    """

    def cell(value: object) -> str:
        if isinstance(value, str):
            return shown(value if raw else _harmless(value))
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, int) else shown(json_text(value))

    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield writer.writerow(names)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def _harmless(text: str) -> str:
    return "'" + text if text.startswith(_RUN_BY_SPREADSHEETS) or "\0" in text else text
