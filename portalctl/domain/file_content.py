"""What is in a file, whatever its name: the kinds that its beginning and end fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

PROGRAM = "a program"

TEXTS = ("txt", "md", "csv", "tsv", "log", "json", "xml", "ics", "vcf")
"""Kinds of plain text, which are told apart by their names alone."""

_PROGRAMS = (b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")
_BEFORE = rb"(?is)(?:(?><!--.*?-->)|(?><\?.*?\?>)|(?><!doctype svg[^>]*>)|\s)*+"
_PAGE = (
    _BEFORE + rb"<(?:!doctype html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|meta|base|object"
    rb"|embed)(?=[\s/>])"
)
_DRAWING = _BEFORE + rb"<(?:\w{1,100}:)?svg(?=[\s/>])"
_VIRUS_SAMPLE = b"$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$"
_OPEN_DOCUMENTS = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/epub+zip": "epub",
}
_OFFICE = {b"word/": "doc", b"xl/": "xls", b"ppt/": "ppt"}
_MACROS = rb"(?is)(?:.*/)?vba\w*\.(?:bin|xml)|xl/macrosheets/.*|(?:basic|scripts)/.*"


class Content(NamedTuple):
    """The kinds, by their extensions, that a content may be of, the likeliest first, and what it is in words."""

    kinds: tuple[str, ...]
    described: str


_USUAL = (
    (b"%PDF-", Content(("pdf", "fdf"), "a PDF document")),
    (b"\xff\xd8\xff", Content(("jpg",), "a JPEG image")),
    (b"\x89PNG\r\n\x1a\n", Content(("png",), "a PNG image")),
)
"""What most files are: told apart at once, where finding out among all kinds takes most of a file's time."""


def content_of(head: bytes, tail: bytes = b"") -> Content:
    """What the content is of which these are the beginning and the end; a short one is its own end."""
    tail = tail or head
    if not head:
        return Content(TEXTS, "empty")
    if head.startswith(_PROGRAMS):
        return Content(("exe",), PROGRAM)
    if head.rfind(_VIRUS_SAMPLE) >= 0:  # sooner done than looking from the front
        return Content(("com",), PROGRAM)
    if head.startswith(b"PK\x03\x04"):
        return _archive(head, tail)
    if _ends_as_archive(tail):
        return Content(("zip",), "an archive behind something else")
    return _text(head) or _recognised(head)


def _text(head: bytes) -> Content | None:
    """What a text is; None for what is none, or has a form of its own."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in text[:64]:
        return Content(TEXTS, "text")
    if text.startswith((b"%PDF-", b"{\\rtf", b"%!PS")) or re.search(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]", text):
        return None
    if re.match(_PAGE, text):
        return Content(("html",), "a web page")
    if re.match(_DRAWING, text):
        return Content(("svg",), "an SVG drawing, which may hold scripts")
    return Content(TEXTS, "text")


def _recognised(head: bytes) -> Content:
    for start, content in _USUAL:
        if head.startswith(start):
            return content

    import puremagic

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    kinds = tuple(each.extension.lstrip(".").lower() for each in found if each.confidence >= 0.2)
    named = next((each.name for each in found if each.name), "")
    return Content(kinds, f"something else: {named}" if named else "of no kind that is known")


def _archive(head: bytes, tail: bytes) -> Content:
    """An archive by the names in it, which its end lists."""
    names = list(_names(tail))
    has_macros = any(re.fullmatch(_MACROS, name) for name in names)
    if head[30:38] == b"mimetype":
        said = head[38 : 38 + 100]
        for media_type, kind in _OPEN_DOCUMENTS.items():
            if said.startswith(media_type + b"P") and not has_macros:
                return Content((kind,), f"an .{kind} document")
    if b"[Content_Types].xml" in names:
        for folder, kind in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return _office(kind, has_macros)
    if has_macros:
        return Content((), "a document with macros")
    return Content(("zip",), "an archive")


def _office(kind: str, has_macros: bool) -> Content:
    if has_macros:
        return Content((kind + "m",), "a document with macros")
    return Content((kind + "x",), f"a .{kind}x document")


def _ends_as_archive(tail: bytes) -> bool:
    end = tail.rfind(b"PK\x05\x06")  # twice as fast as looking from the front
    comment = len(tail) - end - 22
    return end >= 0 and comment >= 0 and comment == _number(tail, end + 20, 2)


def _names(tail: bytes) -> Iterator[bytes]:
    """The names that an archive's directory lists; none where it lies not as a whole within the end."""
    end = tail.rfind(b"PK\x05\x06")
    at = end - _number(tail, end + 12, 4)
    if end < 0 or at < 0:
        return
    while tail[at : at + 4] == b"PK\x01\x02" and at + 46 <= end:
        name = _number(tail, at + 28, 2)
        yield tail[at + 46 : at + 46 + name]
        at += 46 + name + _number(tail, at + 30, 2) + _number(tail, at + 32, 2)


def _number(tail: bytes, at: int, length: int) -> int:
    return int.from_bytes(tail[at : at + length], "little")
