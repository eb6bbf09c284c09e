"""Photos without what they say about themselves: where, when and with what they were taken, and who is on them.

The picture itself is not touched; its colour profile stays, and how a JPEG is to be turned. What is taken out of JPEG,
PNG and WebP: Exif, XMP, IPTC, comments and texts, previews, and whatever a camera hung behind the picture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from portalctl import errors

HEAD = 16
"""Bytes by which a photo is known."""

_SOS, _EOI = 0xDA, 0xD9
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112
_SHORT = 3

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_PNG_END = b"IEND"

_WEBP_TEXTS = {b"EXIF", b"XMP "}
_WEBP_EXTENDED = b"VP8X"
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04

_TIFF = (b"II*\0", b"MM\0*")
_HEIF = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}


class MetadataStays(errors.Refused):
    """A photo of a kind, or in a state, that nothing can be taken out of."""

    code = "metadata_stays"


def is_photo(head: bytes) -> bool:
    """Whether it is a photo of which these are the first bytes, of a kind that may hold metadata."""
    is_riff = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_heif = head[4:8] == b"ftyp" and head[8:12] in _HEIF
    return is_riff or is_heif or head.startswith((b"\xff\xd8\xff", _PNG, *_TIFF))


def stripped(content: bytes) -> bytes:
    """The photo without its metadata; what is no photo stays as it is. Raises MetadataStays."""
    if not is_photo(content[:HEAD]):
        return content
    try:
        if content.startswith(b"\xff\xd8\xff"):
            return b"".join(_jpeg(content))
        if content.startswith(_PNG):
            return b"".join(_png(content))
        if content.startswith(b"RIFF"):
            return _webp(content)
    except (struct.error, IndexError, ValueError):
        raise MetadataStays(
            "the photo is damaged: nothing can be taken out of it", "look at it, or send it as it is"
        ) from None
    kind = "TIFF" if content.startswith(_TIFF) else "HEIC or AVIF"
    raise MetadataStays(f"nothing can be taken out of {kind} photos", "save it as JPEG or PNG, or send it as it is")


def _jpeg(content: bytes) -> Iterator[bytes]:
    """What stays, up to the end of the picture."""
    yield content[:2]
    place, is_turned = 2, False
    while True:
        while content.startswith(b"\xff\xff", place):  # any number of them may stand before a marker
            place += 1
        marker, end = _segment(content, place)
        segment = content[place:end]
        if _stays(marker, segment):
            yield segment
        elif marker == _APP1 and segment[4:10] == _EXIF and not is_turned:
            turned = _orientation(segment[10:])
            if turned is not None and turned != 1:
                yield _oriented(turned)
                is_turned = True
        if marker == _EOI:
            return
        place = end
        if marker == _SOS:
            place = _end_of_scan(content, end)
            yield content[end:place]


def _segment(content: bytes, place: int) -> tuple[int, int]:
    """The marker at a place, and where its segment ends. Raises ValueError, struct.error where there is none."""
    if content[place] != 0xFF:
        raise ValueError("no marker")
    marker = content[place + 1]
    if marker == _EOI or marker in _STANDALONE:
        return marker, place + 2
    (length,) = struct.unpack_from(">H", content, place + 2)
    end = place + 2 + length
    if length < 2 or end > len(content):
        raise ValueError("a segment without its end")
    return marker, end


def _stays(marker: int, segment: bytes) -> bool:
    """Whether a segment is needed to show the picture as it is."""
    if marker == _APP0:
        return segment[4:9] == b"JFIF\0"
    if marker == _APP2:
        return segment[4:16] == b"ICC_PROFILE\0"
    return marker == _APP14 or not (_APP0 <= marker <= _APP15 or marker == _COMMENT)


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the marker stands that follows compressed data."""
    while True:
        place = content.index(b"\xff", place)
        following = content[place + 1]
        if following != 0 and not 0xD0 <= following <= 0xD7 and following != 0xFF:
            return place
        place += 1 if following == 0xFF else 2


def _orientation(tiff: bytes) -> int | None:
    """How the picture is to be turned, as Exif says it; None where it does not."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, first)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * number)
            if tag == _ORIENTATION and kind == _SHORT:
                return value if 1 <= value <= 8 else None
    except struct.error:
        pass
    return None


def _oriented(turned: int) -> bytes:
    """An Exif segment that says nothing but how the picture is to be turned."""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, turned, 0, 0)
    return struct.pack(">BBH", 0xFF, 0xE1, 2 + len(_EXIF) + len(tiff)) + _EXIF + tiff


def _png(content: bytes) -> Iterator[bytes]:
    yield _PNG
    place = len(_PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if end > len(content):
            raise ValueError("a part without its end")
        if kind not in _PNG_TEXTS:
            yield content[place:end]
        if kind == _PNG_END:
            return
        place = end


def _webp(content: bytes) -> bytes:
    (whole,) = struct.unpack_from("<I", content, 4)
    if 8 + whole > len(content):
        raise ValueError("a part without its end")
    parts: list[bytes] = []
    place = 12
    while place < 8 + whole:
        kind, length = struct.unpack_from("<4sI", content, place)
        end = place + 8 + length + length % 2
        part = content[place:end]
        if kind == _WEBP_EXTENDED:
            flags = part[8] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP)
            part = part[:8] + bytes([flags]) + part[9:]
        if kind not in _WEBP_TEXTS:
            parts.append(part)
        place = end
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
