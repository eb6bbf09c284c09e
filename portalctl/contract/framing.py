"""How small files travel together over HTTP: one after the other, each behind its head, and a proof of all heads last.

Before each file come three whole numbers of four bytes, big-endian: how long its head is, how long the file is, and the
CRC-32 of the two and the head. The head is an `AddFile` in JSON, which names the file's SHA-256. A head of no length
ends it: behind it comes the SHA-256 of all that came before but the files themselves. So any bit that changes on the
way is found out, and whatever does not come whole is no batch.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from portalctl.errors import DamagedOnTheWay, InvalidInput, Malformed
from portalctl.models.batch_words import BATCH_BYTES, BATCH_FILES

if TYPE_CHECKING:
    from portalctl.models.batch_words import FileToAdd

MEDIA_TYPE = "application/vnd.portalctl.batch"
"""The media type of files that travel together."""

RESULTS_TYPE = "application/jsonl"
"""The media type of what became of them: one JSON object on a line of its own for each."""

LONGEST_HEAD = 4096
"""Bytes. Every text of a head may have 200 characters, of up to six bytes each in JSON."""

_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SIZES = struct.Struct(">II")
_BEFORE = struct.Struct(">III")
_PROOF = 32

LONGEST = BATCH_BYTES + BATCH_FILES * (_BEFORE.size + LONGEST_HEAD) + _BEFORE.size + _PROOF
"""Bytes that a batch has at the most."""


class Frame(NamedTuple):
    """One file as it arrived: its head is JSON that nobody has looked at."""

    head: bytes
    body: bytes


def framed(files: Iterable[tuple[FileToAdd, bytes]]) -> Iterator[bytes]:
    """The files, each with its hash, as they travel, in pieces of any length."""
    proof = hashlib.sha256()
    for file, body in files:
        head = _head(file)
        sizes = _SIZES.pack(len(head), len(body))
        before = sizes + zlib.crc32(head, zlib.crc32(sizes)).to_bytes(4, "big") + head
        proof.update(before)
        yield before
        yield body
    end = _SIZES.pack(0, 0) + zlib.crc32(_SIZES.pack(0, 0)).to_bytes(4, "big")
    proof.update(end)
    yield end + proof.digest()


def _head(file: FileToAdd) -> bytes:
    usual = file._field_defaults
    told = {name: value for name, value in file._asdict().items() if name not in usual or value != usual[name]}
    if file.shared_at is not None:
        told["shared_at"] = file.shared_at.isoformat()
    return _AS_JSON.encode(told).encode()


class Unframing:
    """Takes what arrives, in pieces of any length, and finds the files in it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._held = bytearray()
        self._proof = hashlib.sha256()
        self._bytes = 0
        self._has_ended = self._is_whole = False

    def take(self, piece: bytes) -> None:
        """Take what comes next. Raises DamagedOnTheWay, InvalidInput for more than travels together, Malformed."""
        held = self._held
        held += piece
        at, length = 0, len(held)
        with memoryview(held) as view:
            while not self._has_ended and (beyond := self._frame(view, at, length)):
                at = beyond
        del held[:at]
        if self._has_ended and len(held) >= _PROOF:
            if len(held) > _PROOF:
                raise Malformed("more comes behind the end of the batch", "send each batch in a request of its own")
            if bytes(held) != self._proof.digest():
                raise _damaged()
            self._is_whole = True

    def finish(self) -> list[Frame]:
        """All files, once everything has arrived. Raises DamagedOnTheWay where the end is missing."""
        if not self._is_whole:
            raise _damaged()
        return self.frames

    def _frame(self, view: memoryview, at: int, length: int) -> int:
        """Take one file that is held whole: where the next begins; 0 where more has to come first."""
        head_at = at + _BEFORE.size
        if length < head_at:
            return 0
        head_length, body_length, checksum = _BEFORE.unpack_from(view, at)
        if head_length > LONGEST_HEAD:
            raise _damaged()
        body_at = head_at + head_length
        if length < body_at:
            return 0
        if zlib.crc32(view[head_at:body_at], zlib.crc32(view[at : at + _SIZES.size])) != checksum:
            raise _damaged()
        if head_length == 0:
            self._proof.update(view[at:head_at])
            self._has_ended = True
            return head_at
        if len(self.frames) == BATCH_FILES or self._bytes + body_length > BATCH_BYTES:
            raise InvalidInput(
                f"more than {BATCH_FILES} files or {BATCH_BYTES:,} bytes do not travel together", "send them in parts"
            )
        end: int = body_at + body_length
        if length < end:
            return 0
        self._bytes += body_length
        self._proof.update(view[at:body_at])
        self.frames.append(Frame(bytes(view[head_at:body_at]), bytes(view[body_at:end])))
        return end


def _damaged() -> DamagedOnTheWay:
    return DamagedOnTheWay("the files did not arrive as they were sent", "send them again")
