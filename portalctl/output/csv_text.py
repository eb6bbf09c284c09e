"""Records as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from portalctl.output.json_text import json_text

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Formula starts, full-width ones too, and what spreadsheets skip on the way to one."""


def csv_text(
    names: Sequence[str], rows: Iterable[Sequence[object]], *, raw: bool, shown: Callable[[str], str] = str
) -> str:
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

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _harmless(text: str) -> str:
    return "'" + text if text.startswith(_RUN_BY_SPREADSHEETS) or "\0" in text else text
