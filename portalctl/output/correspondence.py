"""Messages for people: whom each is from stands at the margin, and what it says is set in, so that neither poses as the
other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from portalctl.output.safe import visible

if TYPE_CHECKING:
    from portalctl.models.conversations import Message

_SET_IN = "  "
_NARROWEST = 20


def message_lines(message: Message, heading: str, width: int | None) -> Iterable[str]:
    """The lines of a message below a heading; on a terminal of so many cells no line goes on at the margin."""
    yield heading
    for line in message.body.rstrip("\r\n").replace("\r\n", "\n").split("\n"):
        for part in _fitted(visible(line.replace("\t", "    ")), width):
            yield f"{_SET_IN}{part}".rstrip()
    for attachment in message.documents:
        for part in _fitted(f"[attached: {visible(attachment.name)}, {attachment.document_id}]", width):
            yield f"{_SET_IN}{part}"


def _fitted(line: str, width: int | None) -> Iterator[str]:
    from wcwidth import iter_graphemes, wcswidth

    room = max(_NARROWEST, width - len(_SET_IN)) if width is not None else None
    if room is None or wcswidth(line) <= room:
        yield line
        return
    from wcwidth import wrap

    for part in wrap(line, room) or [""]:
        if wcswidth(part) <= room:
            yield part
            continue
        yield from _cut(iter_graphemes(part), room)


def _cut(graphemes: Iterable[str], room: int) -> Iterator[str]:
    from wcwidth import wcswidth

    kept, used = "", 0
    for each in graphemes:
        cells = max(0, wcswidth(each))
        if used + cells > room and kept:
            yield kept
            kept, used = "", 0
        kept, used = kept + each, used + cells
    yield kept
