"""More paths than a command line takes: read from a file or from standard input."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

LONGEST = 64 << 20
"""Bytes that such a list may have."""


def read_paths(stdin: TextIO, file: str, *, ends_with_nul: bool) -> list[str]:
    """The paths in a list, each on a line of its own or ended by NUL; `-` is standard input. Names need not be UTF-8.

    Raises InvalidInput.
    """
    from portalctl.errors import InvalidInput

    try:
        content = _read(stdin, file)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}", "name a file, or - for stdin") from None
    if len(content) > LONGEST:
        raise InvalidInput(f"a list of paths has at most {LONGEST >> 20} MiB", "send the files in several runs")
    parts = content.split(b"\0" if ends_with_nul else b"\n")
    paths = [os.fsdecode(part if ends_with_nul else part.removesuffix(b"\r")) for part in parts if part.strip()]
    if any("\0" in path for path in paths):
        raise InvalidInput("the list has NUL characters", "read it with --null, as `find -print0` writes it")
    return paths


def _read(stdin: TextIO, file: str) -> bytes:
    if file != "-":
        with Path(file).open("rb") as opened:
            return opened.read(LONGEST + 1)
    buffer = getattr(stdin, "buffer", None)
    if buffer is None:
        return stdin.read(LONGEST + 1).encode("utf-8", "surrogateescape")
    content: bytes = buffer.read(LONGEST + 1)
    return content
