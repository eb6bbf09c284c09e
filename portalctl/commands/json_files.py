"""JSON that a person hands to a command: a file, or what comes on stdin."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from portalctl.errors import InputNeeded, InvalidInput

if TYPE_CHECKING:
    from portalctl.context import Context

LONGEST = 300_000
"""How many bytes are read; a portal takes no more."""


def text_of_file(file: Path, context: Context) -> str:
    """The text of a plain file, or of stdin for `-`. Raises InvalidInput, InputNeeded where a terminal is stdin."""
    if str(file) == "-":
        if context.stdin.isatty():
            raise InputNeeded("JSON is read from stdin, which is a terminal", "pipe it, or name a file")
        buffer = getattr(context.stdin, "buffer", None)
        content = buffer.read(LONGEST + 1) if buffer is not None else context.stdin.read(LONGEST + 1).encode()
    else:
        content = _content(file)
    if len(content) > LONGEST:
        raise InvalidInput(f"{file} is longer than {LONGEST:,} bytes", "send less")
    try:
        text: str = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not text in UTF-8", "save it as UTF-8") from None
    return text


def _content(file: Path) -> bytes:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or error}", "name a file, or - for stdin"
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInput(f"{file} is not a plain file", "name a file, or - for stdin")
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(LONGEST + 1)
