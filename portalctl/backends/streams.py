"""Bodies on their way to and from a portal server: sent as they are read, and read as they come.

What the server says of a body is checked against what comes; its hash is for whoever has the whole of it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any, NamedTuple

from isal import isal_zlib

from portalctl.backends.addresses import Address
from portalctl.backends.answers import read_answer, stranger
from portalctl.backends.exchange import Answer, Line, in_pieces
from portalctl.backends.trouble import Trouble
from portalctl.clock import Clock
from portalctl.contract.binding import Bound, Wire, to_wire
from portalctl.contract.operation import Operation
from portalctl.contract.portal import Portal
from portalctl.models.uploads import AppendToUpload, Body, OpenBody, Upload

_APPEND = Bound(Operation("uploads", "append", "PATCH", "/uploads/{id}"), AppendToUpload, Upload, Portal.append)
_OPEN = Bound(Operation("documents", "open_body", "GET", "/documents/{id}/body"), OpenBody, Body, Portal.open_body)

PART = 8 << 20
"""Bytes of an upload that are sent at once at the most, and held meanwhile; a longer chunk of the caller's is one."""

_TAG = re.compile(r'"([0-9a-f]{64})"')
_PART = re.compile(r"bytes ([0-9]{1,16})-([0-9]{1,16})/([0-9]{1,16})")
_BEYOND = re.compile(r"bytes \*/([0-9]{1,16})")


def append(line: Line, address: Address, clock: Clock, request: AppendToUpload, body: Iterable[bytes]) -> Upload:
    """Send the bytes of an upload, as tus 1.0 has it, in parts that are each kept whole or not at all.

    Raises what the contract promises, Trouble where the connection breaks.
    """
    offset = request.offset
    told: Upload | None = None
    for part in _parts(body):
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"crc32 {base64.b64encode(part.checksum.to_bytes(4, 'big')).decode()}",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(part.length),
            "Prefer": "return=representation",
        }
        wire = _wire(_APPEND, AppendToUpload(id=request.id, offset=offset), headers)
        found = read_answer(_APPEND, line.send(wire, in_pieces(part.chunks)), address, clock())
        offset += part.length
        if not isinstance(found, Upload) or found.offset != offset:
            raise Trouble(f"what {address.place} answered is not about what was sent", was_sent=True)
        told = found
    assert told is not None  # noqa: S101  there is one part at least
    return told


class _Part(NamedTuple):
    """What is sent at once: how long it is, its CRC-32, and the bytes as they came."""

    length: int = 0
    checksum: int = 0
    chunks: tuple[bytes, ...] = ()

    def and_(self, chunk: bytes) -> _Part:
        return _Part(self.length + len(chunk), isal_zlib.crc32(chunk, self.checksum), (*self.chunks, chunk))


def _parts(chunks: Iterable[bytes]) -> Iterator[_Part]:
    """The same bytes in parts, each as long as one may be; nothing at all is one part of nothing."""
    part, is_first = _Part(), True
    for chunk in chunks:
        if part.length and part.length + len(chunk) > PART:
            yield part
            part, is_first = _Part(), False
        part = part.and_(chunk)
    if part.length or is_first:
        yield part


@contextmanager
def open_body(line: Line, address: Address, clock: Clock, request: OpenBody) -> Iterator[Body]:
    """Read a document. Raises what the contract promises, Trouble where the connection breaks."""
    headers = {"Range": f"bytes={request.offset}-"} if request.offset else {}
    if request.offset and request.sha256 is not None:
        headers["If-Range"] = f'"{request.sha256}"'
    with line.fetch(_wire(_OPEN, request, headers)) as (answer, chunks):
        size = _size_beyond(answer, request)
        if size is not None:
            begins = request.offset if size == request.offset else 0
            yield Body("", "", size, request.sha256 or "", begins, iter(()))
            return
        if answer.status not in (200, 206):
            read_answer(_OPEN, answer, address, clock())
            raise stranger(answer, address)
        yield _read(answer, chunks, request, address)


def _read(answer: Answer, chunks: Iterator[bytes], request: OpenBody, address: Address) -> Body:
    """What the head of an answer says of the body. Raises NotAPortalServer where it does not say enough."""
    headers = answer.headers
    tag = _TAG.fullmatch(headers.get("etag", ""))
    length = headers.get("content-length", "")
    name = _name(headers.get("content-disposition", ""))
    if tag is None or not re.fullmatch(r"[0-9]{1,16}", length) or name is None or "content-encoding" in headers:
        raise stranger(answer, address)
    coming = int(length)
    size, offset = coming, 0
    if answer.status == 206:
        part = _PART.fullmatch(headers.get("content-range", ""))
        if part is None or int(part[1]) != request.offset or int(part[2]) != int(part[3]) - 1:
            raise stranger(answer, address)
        size, offset = int(part[3]), int(part[1])
        if coming != size - offset:
            raise stranger(answer, address)
    media_type = headers.get("document-media-type", "application/octet-stream")
    return Body(name, media_type, size, tag[1], offset, _counted(chunks, coming, address))


def _counted(chunks: Iterator[bytes], coming: int, address: Address) -> Iterator[bytes]:
    for chunk in chunks:
        coming -= len(chunk)
        yield chunk
    if coming > 0:
        raise Trouble(f"{address.place} broke off: {coming} bytes did not come", was_sent=True)


def _size_beyond(answer: Answer, request: OpenBody) -> int | None:
    """How long the body is where the caller asked for what lies behind its end."""
    found = _BEYOND.fullmatch(answer.headers.get("content-range", "")) if answer.status == 416 else None
    return int(found[1]) if found and request.sha256 is not None and int(found[1]) <= request.offset else None


def _name(disposition: str) -> str | None:
    """The file name that travels beside a body (RFC 6266)."""
    message = Message()
    message["content-disposition"] = disposition
    name = message.get_filename()
    return name if message.get_content_disposition() == "attachment" and name else None


def _wire(one: Bound, request: Any, headers: dict[str, str]) -> Wire:
    return to_wire(one, request)._replace(query=[], headers=headers, body=None)
