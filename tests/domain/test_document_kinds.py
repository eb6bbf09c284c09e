"""What the practice takes is found in a file's content and held against its name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.contract.kinds import check_name, check_size, kind_of_name
from portalctl.domain.document_kinds import check
from portalctl.models.documents import DocumentReference
from portalctl.models.policy import PolicyQuery, SetPolicy
from portalctl.models.services import AddService
from portalctl.models.sharing import DOCUMENT_KINDS, DocumentTerms
from portalctl.models.uploads import StartUpload
from portalctl.testing.sending import sent

USUAL = DocumentTerms()


def archive(names: Iterable[str], mimetype: str | None = None, length: int = 10) -> bytes:
    """An archive of files of these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        if mimetype is not None:
            written.writestr("mimetype", mimetype)
        for name in names:
            written.writestr(name, length * "x")
    return file.getvalue()


WORD = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")
MACROS = (*WORD, "word/vbaProject.bin")
ODT = "application/vnd.oasis.opendocument.text"

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
GIF = b"GIF89a\x01\x00\x01\x00"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"
ELF = b"\x7fELF\x02\x01\x01\x00"
VIRUS_SAMPLE = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"

TAKEN = {
    "letter.pdf": (PDF, "application/pdf"),
    "LETTER.PDF": (PDF, "application/pdf"),
    "scan.png": (PNG, "image/png"),
    "photo.jpg": (JPEG, "image/jpeg"),
    "photo.JPEG": (JPEG, "image/jpeg"),
    "moving.gif": (GIF, "image/gif"),
    "photo.heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "image/heic"),
    "photo.webp": (b"RIFF\x00\x00\x01\x00WEBPVP8 ", "image/webp"),
    "scan.tiff": (b"II*\x00\x08\x00\x00\x00", "image/tiff"),
    "letter.docx": (archive(WORD), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "table.xlsx": (
        archive(("[Content_Types].xml", "xl/workbook.xml")),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "letter.odt": (archive(("content.xml",), ODT), ODT),
    "voice.mp3": (b"ID3\x03\x00\x00\x00", "audio/mpeg"),
    "voice.m4a": (b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00M4A mp42isom", "audio/mp4"),
    "walk.mp4": (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "video/mp4"),
    "notes.txt": ("Grüße,\tAnna\r\n".encode(), "text/plain"),
    "old.txt": ("Grüße".encode("latin-1"), "text/plain"),
    "utf16.txt": ("Grüße".encode("utf-16"), "text/plain"),
    "plan.md": (b"# Plan\n\n<b>walk</b>\n", "text/markdown"),
    "sleep.csv": (b"day,hours\n1,7\n", "text/csv"),
    "empty.txt": (b"", "text/plain"),
    "scan": (PDF, "application/pdf"),
    ".hidden": (b"text", "text/plain"),
}

REFUSED = {
    "program.exe": PROGRAM,
    "program.pdf": PROGRAM,
    "program.txt": ELF,
    "script.txt": b"#!/bin/sh\nrm -rf ~\n",
    "page.html": HTML,
    "page.txt": HTML,
    "page.csv": b"\xef\xbb\xbf \n<!-- hello --><Script>alert(1)</Script>",
    "page.pdf": HTML,
    "drawing.svg": SVG,
    "drawing.png": SVG,
    "drawing.txt": SVG,
    "macros.docm": archive(MACROS),
    "macros.docx": archive(MACROS),
    "sheet.xlsx": archive(("[Content_Types].xml", "xl/workbook.xml", "xl/macrosheets/sheet1.xml")),
    "macros.odt": archive(("content.xml", "Basic/Standard/Module1.xml"), ODT),
    "archive.zip": archive(("a.txt",)),
    "archive.docx": archive(("a.txt",)),
    "program.docx": archive(("META-INF/MANIFEST.MF", "A.class")),
    "moving.gif": GIF + archive(("A.class",)),
    "empty.pdf": b"",
    "empty.png": b"",
    "text.pdf": b"not a PDF",
    "noise.pdf": bytes(range(1, 255)),
    "photo.png": JPEG,
    "virus.txt": VIRUS_SAMPLE,
    "virus.com": VIRUS_SAMPLE,
    "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "unknown.xyz": b"text",
    "letter.pdf.exe": PDF,
    "letter.pdf ": PROGRAM,
    "noextension": PROGRAM,
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_people_send_is_taken_for_what_it_is(name: str) -> None:
    content, media_type = TAKEN[name]
    assert check(name, content, USUAL) == media_type


@pytest.mark.parametrize("name", REFUSED)
def test_what_runs_or_is_not_what_it_says_is_refused_with_what_is_taken(name: str) -> None:
    with pytest.raises(errors.KindNotTaken) as refusal:
        check(name, REFUSED[name], USUAL)
    assert refusal.value.hint == f"the practice takes: {', '.join(DOCUMENT_KINDS)}"


@pytest.mark.parametrize(
    ("kinds", "name", "content"),
    [
        (["svg"], "drawing.svg", SVG),
        (["image/*"], "scan.png", PNG),
        (["image/png"], "scan.png", PNG),
        (["docm"], "macros.docm", archive(MACROS)),
        (["edf"], "sleep.edf", b"0       X X 01.01.26" + bytes(200)),
    ],
)
def test_a_practice_takes_what_it_says(kinds: list[str], name: str, content: bytes) -> None:
    terms = DocumentTerms(document_kinds=kinds)
    assert check(name, content, terms)
    with pytest.raises(errors.KindNotTaken):
        check("letter.pdf", PDF, terms)


@pytest.mark.parametrize("content", [PROGRAM, PNG, PDF, b"#!/bin/sh\n"])
def test_a_kind_that_nothing_tells_by_its_content_is_still_none_of_those_that_are_told(content: bytes) -> None:
    with pytest.raises(errors.KindNotTaken):
        check("sleep.edf", content, DocumentTerms(document_kinds=["edf"]))


def test_the_directory_of_a_long_archive_lies_at_its_end() -> None:
    """Of which 64 KiB are looked at; a false one at the beginning is not."""
    end = 64 << 10
    for names, taken in ((WORD, True), (MACROS, False)):
        content = archive((*names, *(f"word/media/{number}.png" for number in range(400))), length=1000)
        assert len(content) > 4 * end
        if taken:
            assert check("letter.docx", content[:end], USUAL, content[-end:])
        else:
            with pytest.raises(errors.KindNotTaken, match="macros"):
                check("letter.docx", content[:end], USUAL, content[-end:])


@pytest.mark.parametrize("repeated", [b"<!---->", b"<!--", b"<?x?>", b"<?", b" ", b"<!doctype svg>", b"<svg:"])
def test_no_text_takes_long_to_tell(repeated: bytes) -> None:
    """However often what may stand before a page's first tag comes again, each is looked at once."""
    assert check("a.txt", (repeated * 20_000)[: 64 << 10], USUAL) == "text/plain"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "pdf"),
        ("a.PDF ", "pdf"),
        ("a.tar.gz", "gz"),
        ("a", None),
        (".pdf", None),
        ("a.", None),
        ("a.jpe", "jpg"),
    ],
)
def test_the_kind_that_a_name_says(name: str, kind: str | None) -> None:
    assert kind_of_name(name) == kind


def test_size_and_name_are_refused_before_anything_is_sent(client: EmbeddedPortal, owner: EmbeddedPortal) -> None:
    owner.policy.set(SetPolicy(document_max_bytes=1000, document_kinds=["txt", "txt", "image/*"]))
    assert owner.policy.show(PolicyQuery()).document_kinds == ["txt", "image/*"]
    with pytest.raises(errors.DocumentTooLarge, match="up to 1,000"):
        client.uploads.start(StartUpload(name="a.txt", bytes=1001))
    with pytest.raises(errors.KindNotTaken, match=r"no \.pdf files"):
        client.uploads.start(StartUpload(name="a.pdf", bytes=10))
    check_size(1000, DocumentTerms(document_max_bytes=1000))
    check_name("scan", USUAL)


def test_a_policy_that_becomes_stricter_leaves_what_is_there(client: EmbeddedPortal, owner: EmbeddedPortal) -> None:
    document = sent(client)
    owner.policy.set(SetPolicy(document_max_bytes=1, document_kinds=["pdf"]))
    assert client.documents.show(DocumentReference(id=document.id)) == document


@pytest.mark.parametrize("kind", ["", ".pdf", "PDF", "a b", "*/*", "image/", "x" * 11, "pdf\n", "\uff50df"])
def test_a_kind_is_an_extension_or_a_media_type(kind: str) -> None:
    with pytest.raises(ValueError, match="document_kinds"):
        SetPolicy(document_kinds=[kind])


def test_documents_are_no_matter_of_a_service(owner: EmbeddedPortal) -> None:
    owner.services.add(AddService(name="Visit", duration_minutes=30))
    with pytest.raises(errors.InvalidInput, match="of its own"):
        owner.policy.set(SetPolicy(service="Visit", document_max_bytes=10))
