"""Photos sent without what they say about themselves; the picture is not touched."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import pytest

from portalctl.transfer.photos import MetadataStays, stripped
from tests.cli.conftest import Cli

SECRET = b"GPS 45.4642 N 9.1900 E, Anna"
SCAN = b"\xff\xda\x00\x04\x01\x02" + b"pix\xff\x00els\xff\xd0more" + b"\xff\xd9"


def segment(marker: int, content: bytes) -> bytes:
    """A part of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def exif(turned: int, order: str = "<") -> bytes:
    """What a camera writes: how the picture is to be turned, and where it was taken."""
    begin = {"<": b"II", ">": b"MM"}[order]
    entries = [(0x0112, 3, 1, turned if order == "<" else turned << 16), (0x8825, 4, 1, 26)]
    body = b"".join(struct.pack(order + "HHII", *entry) for entry in entries)
    return b"Exif\0\0" + begin + struct.pack(order + "HIH", 42, 8, len(entries)) + body + SECRET


def jpeg(*parts: bytes) -> bytes:
    """A photo with those parts before its picture."""
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x02") + b"".join(parts) + segment(0xDB, b"tables") + SCAN


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*parts: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0" * 13) + b"".join(parts) + chunk(b"IEND", b"")


def webp(flags: int, *parts: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for kind, content in ((b"VP8X", bytes([flags]) + b"\0" * 9), *parts)
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_keeps_its_picture_its_colours_and_how_it_is_turned(order: str) -> None:
    """Also without the preview that a camera hangs behind it, which may show what was cut away."""
    colours = segment(0xE2, b"ICC_PROFILE\0colours")
    secrets = [
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xED, b"Photoshop 3.0\0" + SECRET),
        segment(0xFE, SECRET),
        b"\xff",
    ]
    found = stripped(jpeg(segment(0xE1, exif(6, order)), colours, *secrets) + jpeg(SECRET))
    assert SECRET not in found
    turned = segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")
    assert found == jpeg(turned, colours)
    assert stripped(found) == found
    assert stripped(jpeg(segment(0xE1, exif(1, order)))) == jpeg()
    assert stripped(jpeg(segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"))) == jpeg()


def test_png_and_webp_lose_their_texts() -> None:
    data = chunk(b"IDAT", b"pixels")
    texts = [chunk(kind, SECRET) for kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")]
    assert stripped(png(*texts, data) + SECRET) == png(data)
    picture = (b"VP8 ", b"odd")
    assert stripped(webp(0x3C, picture, (b"EXIF", SECRET), (b"XMP ", SECRET))) == webp(0x30, picture)


@pytest.mark.parametrize(
    "content",
    [
        jpeg()[:-8],
        jpeg()[:20] + b"\0" + jpeg()[20:],
        b"\xff\xd8\xff",
        png()[:-1],
        webp(0)[:-1],
        b"\0\0\0\x18ftypheic" + SECRET,
        b"II*\0" + SECRET,
    ],
    ids=["cut off", "no marker", "begun", "cut PNG", "cut WebP", "HEIC", "TIFF"],
)
def test_what_nothing_can_be_taken_out_of_is_not_sent(content: bytes) -> None:
    with pytest.raises(MetadataStays):
        stripped(content)


def test_a_photo_is_sent_without_and_everything_else_as_it_is(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(jpeg(segment(0xE1, exif(1))))
    (tmp_path / "heavy.jpg").write_bytes(jpeg(segment(0xE1, exif(1))) + b"\0" * (2 << 20))
    (tmp_path / "letter.txt").write_text("Dear Anna\n")
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + SECRET)
    files = [str(tmp_path / name) for name in ("photo.jpg", "heavy.jpg", "letter.txt", "photo.heic")]
    done = cli("docs", "upload", *files, "--strip-metadata", "--json", profile="anna")
    assert done.code == 6
    told = {Path(each["path"]).name: each for each in done.data[:-1]}
    clean = hashlib.sha256(jpeg()).hexdigest()
    assert [told[name]["sha256"] for name in ("photo.jpg", "heavy.jpg")] == [clean, clean]
    assert told["letter.txt"]["sha256"] == hashlib.sha256(b"Dear Anna\n").hexdigest()
    assert told["photo.heic"]["code"] == "metadata_stays"
