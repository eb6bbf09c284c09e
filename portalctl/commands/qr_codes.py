"""QR codes: drawn on a terminal in half blocks, or written to a PNG file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TextIO

QUIET_ZONES = (4, 2)
"""Light modules around a code: what ISO/IEC 18004 asks for where there is room, else what scanners do with."""

ROWS, COLUMNS = 24, 49
"""A terminal of so many rows and columns shows a code of any text of ours, with a line to spare for the shell."""

PIXELS = 8
"""Of a module in a PNG file."""

_BLOCKS = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}


def can_draw(stream: TextIO, encoding: str | None, environment: Mapping[str, str]) -> bool:
    """Whether a stream is a terminal that shows half blocks, in the encoding it reads, and is large enough."""
    reads = (encoding or "").lower().replace("-", "")
    if not stream.isatty() or reads != "utf8" or environment.get("TERM", "dumb") == "dumb":
        return False
    columns, rows = _size(stream)
    return columns >= COLUMNS and rows >= ROWS


def on_terminal(text: str, environment: Mapping[str, str]) -> list[str]:
    """The lines of a code that leave one of 24 free: light on dark whatever the terminal's own colours are."""
    fitting = [lines for lines in (qr_lines(text, zone) for zone in QUIET_ZONES) if len(lines) < ROWS]
    lines = fitting[0] if fitting else qr_lines(text, QUIET_ZONES[-1])
    return lines if environment.get("NO_COLOR") else [f"\x1b[40;97m{line}\x1b[0m" for line in lines]


def qr_lines(text: str, quiet_zone: int = 2) -> list[str]:
    """A QR code in half blocks, its light parts drawn: so a terminal with dark ground shows it as a scanner expects."""
    dark = _matrix(text, quiet_zone)
    if len(dark) % 2:
        dark.append([True] * len(dark[0]))
    return [
        "".join(_BLOCKS[upper, lower] for upper, lower in zip(*pair, strict=True))
        for pair in zip(dark[::2], dark[1::2], strict=True)
    ]


def as_png(text: str) -> bytes:
    """A QR code as a PNG file of black and white."""
    import struct
    import zlib

    rows = _matrix(text, QUIET_ZONES[0])
    size = PIXELS * len(rows)

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    lines = (b"\0" + b"".join((b"\0" if dark else b"\xff") * PIXELS for dark in row) for row in rows)
    pixels = b"".join(line * PIXELS for line in lines)
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _matrix(text: str, quiet_zone: int) -> list[Sequence[bool]]:
    """Which modules are dark, row by row."""
    import qrcode

    code = qrcode.QRCode(border=quiet_zone, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    code.make()
    rows: list[Sequence[bool]] = list(code.get_matrix())
    return rows


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    return columns or 80, rows or 24
