"""The lines of a journal: JSON objects of one thing each, proved by a checksum over what follows it."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

_LINE = re.compile(rb'\{"crc":"([0-9a-f]{8})",(.*)\}', re.DOTALL)


class Damaged(Exception):
    """A line that is whole but is not what was written, or is nothing that this program writes."""


def line_of(kind: str, told: Any) -> bytes:
    """One line."""
    body = f'"{kind}":{json.dumps(told, separators=(",", ":"))}'.encode()
    return b'{"crc":"%08x",%b}\n' % (zlib.crc32(body), body)


def lines_in(lines: Iterable[bytes]) -> Iterator[tuple[int, str, Any]]:
    """Where each line ends, its kind, and what it tells; what is behind the last end of a line is none.

    Raises Damaged.
    """
    end = 0
    for line in lines:
        if not line.endswith(b"\n"):
            return
        end += len(line)
        found = _LINE.fullmatch(line[:-1])
        if found is None or zlib.crc32(found[2]) != int(found[1], 16):
            raise Damaged("a line of it is not what was written")
        try:
            told = json.loads(line)
        except ValueError:
            raise Damaged("a line of it is no JSON") from None
        del told["crc"]
        for kind, value in told.items():
            yield end, kind, value
