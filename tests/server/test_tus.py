"""Uploads as other programs send them: as tus 1.0 has it, with all that the server says it can do of it."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from tusclient.client import TusClient

from portalctl.backends.embedded import documents_folder
from portalctl.domain.uploads import KEPT_SECONDS
from portalctl.models.documents import AddDocument
from tests.server.conftest import Served
from tests.server.raw import Reply

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 800

BYTES = "application/offset+octet-stream"

METADATA = f"filename {base64.b64encode('März.pdf'.encode()).decode()},filetype {base64.b64encode(b'x').decode()}"


def tus(
    served: Served, method: str, path: str, body: bytes = b"", role: str | None = "client", **headers: str | None
) -> Reply:
    """The answer to a request of tus; a header that is None is left away."""
    given = {"Tus-Resumable": "1.0.0", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body:
        given = {"Content-Type": BYTES, **given}
    return served.ask(method, path, role, body=body, headers={name: value for name, value in given.items() if value})


def begun(served: Served, length: int = len(CONTENT), body: bytes = b"", **headers: str | None) -> Reply:
    given = {"Upload-Length": str(length), "Upload-Metadata": METADATA, **headers}
    return tus(served, "POST", "/uploads", body, **given)


def path_of(answer: Reply) -> str:
    assert answer.status == 201, answer
    return "/uploads/" + answer.headers["location"].rpartition("/")[2]


def crc32(content: bytes) -> str:
    return "crc32 " + base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()


def sha(name: str, content: bytes) -> str:
    return f"{name} " + base64.b64encode(hashlib.new(name, content).digest()).decode()


@pytest.mark.parametrize("with_checksum", [False, True])
def test_tuspy_uploads_a_file_and_goes_on_with_it(served: Served, with_checksum: bool) -> None:
    client = TusClient(f"{served.serving.url}/uploads", {"Authorization": f"Bearer {served.house.tokens['client']}"})
    first = client.uploader(
        file_stream=io.BytesIO(CONTENT),
        chunk_size=70_000,
        metadata={"filename": "scan.pdf"},
        upload_checksum=with_checksum,
    )
    first.upload_chunk()  # type: ignore[no-untyped-call]  # it has no types of its own
    assert first.url is not None
    second = client.uploader(
        file_stream=io.BytesIO(CONTENT), chunk_size=70_000, url=first.url, upload_checksum=with_checksum
    )
    assert second.offset == 70_000
    second.upload()
    portal = served.house.portal("client")
    document = portal.documents.add(AddDocument(upload=first.url.rpartition("/")[2]))
    portal.close()
    assert (document.name, document.sha256) == ("scan.pdf", hashlib.sha256(CONTENT).hexdigest())


def test_the_server_says_what_of_tus_it_can_do(shared: Served) -> None:
    answer = shared.ask("OPTIONS", "/uploads")
    assert answer.status == 204
    assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        *("creation", "creation-with-upload", "termination", "checksum", "expiration")
    }
    assert answer.headers["tus-checksum-algorithm"].split(",") == ["sha1", "sha256", "crc32"]


def test_an_upload_says_how_far_it_is_and_until_when_it_is_kept(served: Served) -> None:
    answer = begun(served)
    path = path_of(answer)
    assert answer.headers["location"].startswith(served.serving.url)
    assert (answer.headers["upload-offset"], answer.headers["tus-resumable"]) == ("0", "1.0.0")
    expires = parsedate_to_datetime(answer.headers["upload-expires"])
    assert expires == (served.house.clock() + timedelta(seconds=KEPT_SECONDS)).replace(microsecond=0)
    part = tus(served, "PATCH", path, CONTENT[:70_000], Upload_Offset="0")
    assert (part.status, part.body, part.headers["upload-offset"]) == (204, b"", "70000")
    head = tus(served, "HEAD", path)
    assert (head.status, head.headers["upload-offset"], head.headers["upload-length"]) == (
        *(200, "70000"),
        str(len(CONTENT)),
    )
    assert head.headers["cache-control"] == "no-store"
    assert head.headers["upload-metadata"] == METADATA.partition(",")[0]
    assert head.headers["upload-expires"] == answer.headers["upload-expires"]


def test_an_upload_may_bring_its_first_bytes_or_all_of_them(served: Served) -> None:
    first = begun(served, body=CONTENT[:9], Upload_Checksum=crc32(CONTENT[:9]))
    assert first.headers["upload-offset"] == "9"
    assert tus(served, "PATCH", path_of(first), CONTENT[9:], Upload_Offset="9").status == 204
    whole = begun(served, body=CONTENT)
    assert whole.headers["upload-offset"] == str(len(CONTENT))
    nothing = path_of(begun(served, 0))
    assert tus(served, "GET", nothing).json()["sha256"] == hashlib.sha256(b"").hexdigest()


def test_an_upload_that_is_given_up_is_gone(served: Served) -> None:
    path = path_of(begun(served))
    answer = tus(served, "POST", path, X_HTTP_Method_Override="DELETE")
    assert (answer.status, answer.headers["tus-resumable"]) == (204, "1.0.0")
    assert tus(served, "HEAD", path).status == 404
    assert tus(served, "PATCH", path, b"x", Upload_Offset="0").code == "not_found"


@pytest.mark.parametrize("size", [40_000, len(CONTENT)], ids=["small", "long"])
@pytest.mark.parametrize("algorithm", ["crc32", "sha1", "sha256"])
def test_of_a_part_that_was_damaged_on_the_way_nothing_is_kept(served: Served, algorithm: str, size: int) -> None:
    """The parts before it stay, and the same part is taken once it is right."""
    content, middle = CONTENT[:size], size // 2
    path = path_of(begun(served, size))
    told = crc32(content[middle:]) if algorithm == "crc32" else sha(algorithm, content[middle:])
    assert tus(served, "PATCH", path, content[:middle], Upload_Offset="0").status == 204
    flipped = content[middle:-1] + bytes([content[-1] ^ 1])
    answer = tus(served, "PATCH", path, flipped, Upload_Offset=str(middle), Upload_Checksum=told)
    assert (answer.status, answer.code, answer.headers["tus-resumable"]) == (460, "damaged_on_the_way", "1.0.0")
    assert tus(served, "HEAD", path).headers["upload-offset"] == str(middle)
    answer = tus(served, "PATCH", path, content[middle:], Upload_Offset=str(middle), Upload_Checksum=told)
    assert answer.status == 204
    assert tus(served, "GET", path).json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert not list((documents_folder(served.house.file) / "uploads").glob("*"))


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("PATCH", {"Tus-Resumable": None}, 412, "unknown_tus_version"),
        ("PATCH", {"Tus-Resumable": "0.2.2"}, 412, "unknown_tus_version"),
        ("HEAD", {"Tus-Resumable": "2.0.0"}, 412, None),
        ("DELETE", {"Tus-Resumable": "2.0.0"}, 412, "unknown_tus_version"),
        ("PATCH", {"Upload-Offset": "1"}, 409, "upload_offset_wrong"),
        ("PATCH", {"Content-Type": "text/plain"}, 415, "wrong_media_type"),
        ("PATCH", {"Upload-Checksum": "md5 1B2M2Y8AsgTpgAmY7PhCfg=="}, 400, "malformed"),
        ("PATCH", {"Upload-Checksum": "sha1 AAAA"}, 400, "malformed"),
        ("PATCH", {"Upload-Checksum": "crc32"}, 400, "malformed"),
    ],
)
def test_what_is_not_in_order_is_refused(
    shared: Served, method: str, headers: dict[str, str | None], status: int, code: str | None
) -> None:
    path = path_of(begun(shared))
    given: dict[str, str | None] = {"Upload-Offset": "0", **headers} if method == "PATCH" else headers
    answer = tus(shared, method, path, b"12345" if method == "PATCH" else b"", **given)
    assert answer.status == status, answer
    assert code is None or answer.code == code
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert ("tus-version" in answer.headers) == (status == 412)
    assert tus(shared, "HEAD", path).headers["upload-offset"] == "0"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Length": None}, 400, "malformed"),
        ({"Upload-Length": "-1"}, 400, "malformed"),
        ({"Upload-Length": None, "Upload-Defer-Length": "1"}, 400, "malformed"),
        ({"Upload-Length": str(10**12)}, 413, "document_too_large"),
        ({"Upload-Metadata": None}, 422, "invalid_input"),
        ({"Upload-Metadata": "filename"}, 422, "invalid_input"),
        ({"Upload-Metadata": "filename !"}, 400, "malformed"),
        ({"Upload-Metadata": f"{METADATA},{METADATA}"}, 400, "malformed"),
        ({"Upload-Metadata": "filename L2V0Yy9ldmlsLmV4ZQ=="}, 415, "kind_not_taken"),
        ({"Tus-Resumable": None}, 412, "unknown_tus_version"),
    ],
)
def test_what_cannot_be_begun_is_refused(
    shared: Served, headers: dict[str, str | None], status: int, code: str
) -> None:
    answer = begun(shared, 5, b"", **headers)
    assert (answer.status, answer.code) == (status, code)


def test_who_is_not_signed_in_begins_nothing(shared: Served) -> None:
    assert tus(shared, "POST", "/uploads", role=None, Upload_Length="5", Upload_Metadata=METADATA).status == 401
    assert tus(shared, "PATCH", "/uploads/upl_zzzzzzzzzzzz", b"x", role=None, Upload_Offset="0").status == 401
