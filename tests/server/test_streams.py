"""Bodies over HTTP: of any length, in pieces, from where they broke off, and never shown by a browser."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from portalctl.backends.embedded import documents_folder
from portalctl.models.documents import Document, UnshareDocument
from portalctl.models.policy import SetPolicy
from portalctl.server.arriving import PIECE
from portalctl.testing.sending import sent
from tests.buckets import bucket_server
from tests.domain.house import House
from tests.server.conftest import Served, served_copy
from tests.server.processes import started
from tests.server.raw import PATIENCE, Reply, Wire, ask, request
from tests.serving import GENEROUS

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400

NAME = 'Befund "März"\\..pdf'

STREAM = {
    "Tus-Resumable": "1.0.0",
    "Content-Type": "application/offset+octet-stream",
    "Prefer": "return=representation",
}

HASTY = GENEROUS._replace(body_seconds=0.4, least_streamed=1000, unread_seconds=0.4)


@pytest.fixture(scope="module")
def hasty(furnished: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with little patience."""
    with served_copy(furnished, tmp_path_factory.mktemp("hasty"), limits=HASTY) as served:
        portal = served.house.portal("owner")
        portal.policy.set(SetPolicy(document_max_bytes=100_000_000))
        portal.close()
        yield served


def document(served: Served, content: bytes = PDF, name: str = NAME) -> Document:
    """A document of the client's."""
    portal = served.house.portal("client")
    found = sent(portal, name, content)
    portal.close()
    return found


def begun(served: Served, length: int, name: str = "scan.pdf") -> str:
    """An upload of the client's: its id."""
    answer = served.ask("POST", "/uploads", "client", {"name": name, "bytes": length})
    assert answer.status == 200, answer
    return str(answer.json()["id"])


def patch(
    served: Served, upload: str, offset: object, body: bytes, role: str | None = "client", **headers: str
) -> Reply:
    given = {**STREAM, "Upload-Offset": str(offset), **headers}
    return served.ask("PATCH", f"/uploads/{upload}", role, body=body, headers=given)


def appending(served: Served, upload: str, offset: int, length: int, **headers: str) -> bytes:
    """The head of a client's request that brings so many bytes of an upload."""
    head = {
        **STREAM,
        "Upload-Offset": str(offset),
        "Content-Length": str(length),
        "Authorization": f"Bearer {served.house.tokens['client']}",
        **headers,
    }
    return request("PATCH", f"/uploads/{upload}", head)


def fetch(served: Served, found: Document, method: str = "GET", role: str = "client", **headers: str) -> Reply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return served.ask(method, f"/documents/{found.id}/body", role, headers=names)


def test_a_body_longer_than_any_other_request_arrives(served: Served) -> None:
    portal = served.house.portal("owner")
    portal.policy.set(SetPolicy(document_max_bytes=100_000_000))
    portal.close()
    content = b"%PDF-1.7\n" + bytes(12 * GENEROUS.body)
    upload = begun(served, len(content))
    answer = patch(served, upload, 0, content)
    assert answer.status == 200, answer
    assert answer.headers["upload-offset"] == str(len(content))
    assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_body_without_a_declared_length_arrives_too(served: Served) -> None:
    upload = begun(served, len(PDF))
    head = request(
        "PATCH",
        f"/uploads/{upload}",
        {
            **STREAM,
            "Upload-Offset": "0",
            "Transfer-Encoding": "chunked",
            "Authorization": f"Bearer {served.house.tokens['client']}",
        },
    )
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (PDF[:10], PDF[10:])) + b"0\r\n\r\n"
    assert ask(served.serving.port, head + chunked).json()["sha256"] == hashlib.sha256(PDF).hexdigest()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Offset": ""}, 400, "malformed"),
        ({"Upload-Offset": "-1"}, 400, "malformed"),
        ({"Upload-Offset": "１"}, 400, "malformed"),
        ({"Upload-Offset": "9" * 17}, 400, "malformed"),
        ({"Upload-Offset": "5"}, 409, "upload_offset_wrong"),
        ({"Content-Type": "application/json"}, 415, "wrong_media_type"),
        ({"Authorization": "Bearer nobody"}, 401, "sign_in_needed"),
    ],
)
def test_a_piece_that_does_not_say_where_it_belongs_is_refused(
    shared: Served, headers: dict[str, str], status: int, code: str
) -> None:
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    given = {**STREAM, "Upload-Offset": "0", "Authorization": f"Bearer {shared.house.tokens['client']}", **encoded}
    upload = begun(shared, 10)
    answer = shared.ask("PATCH", f"/uploads/{upload}", body=b"0123456789", headers=given)
    assert (answer.status, answer.code) == (status, code)


def test_more_than_was_announced_is_refused_before_it_is_read(shared: Served) -> None:
    upload = begun(shared, 10)
    with Wire(shared.serving.port) as wire:
        wire.send(
            request(
                "PATCH",
                f"/uploads/{upload}",
                {
                    **STREAM,
                    "Upload-Offset": "0",
                    "Content-Length": "11",
                    "Authorization": f"Bearer {shared.house.tokens['client']}",
                },
            )
        )
        assert wire.reply().code == "document_too_large"


def test_who_is_not_signed_in_is_told_before_a_byte_is_read(shared: Served) -> None:
    with Wire(shared.serving.port) as wire:
        headers = {**STREAM, "Upload-Offset": "0", "Content-Length": "1000000000"}
        wire.send(request("PATCH", "/uploads/upl_zzzzzzzzzzzz", headers))
        assert wire.reply().status == 401


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def offset_of(served: Served, upload: str) -> int:
    return int(served.ask("GET", f"/uploads/{upload}", "client").json()["offset"])


def test_what_arrived_before_the_sender_vanished_stays(served: Served) -> None:
    content = b"%PDF-1.7\n" + bytes(3 * PIECE)
    upload = begun(served, len(content))
    staged = documents_folder(served.house.file) / "uploads" / upload
    with Wire(served.serving.port) as wire:
        wire.send(appending(served, upload, 0, len(content)) + content[: 2 * PIECE + 10])
        until(lambda: staged.exists() and staged.stat().st_size >= PIECE)
    until(lambda: offset_of(served, upload) > 0)
    offset = offset_of(served, upload)
    assert PIECE <= offset <= 2 * PIECE + 10
    answer = patch(served, upload, offset, content[offset:])
    assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_sender_that_waits_for_leave_gets_it(served: Served) -> None:
    upload = begun(served, len(PDF))
    with Wire(served.serving.port) as wire:
        wire.send(appending(served, upload, 0, len(PDF), Expect="100-continue"))
        assert wire.reply().status == 100
        wire.send(PDF)
        assert wire.reply().json()["offset"] == len(PDF)


def test_bodies_that_come_with_their_heads_and_all_at_once_are_each_taken(served: Served) -> None:
    upload = begun(served, len(PDF))
    at = 0
    with Wire(served.serving.port) as wire:
        parts = [PDF[:10], PDF[10:90_000], PDF[90_000:]]
        requests = []
        for part in parts:
            requests.append(appending(served, upload, at, len(part)) + part)
            at += len(part)
        wire.send(b"".join(requests))
        told = [wire.reply().json() for _ in parts]
    assert [each["offset"] for each in told] == [10, 90_000, len(PDF)]
    assert told[-1]["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_a_body_that_hardly_comes_is_not_waited_for_and_one_that_comes_is(hasty: Served) -> None:
    upload = begun(hasty, 100_000)
    over = threading.Event()
    with Wire(hasty.serving.port) as wire:
        wire.send(appending(hasty, upload, 0, 100_000))
        for _ in range(10):  # longer than the server waits for anything else
            wire.send(b"x" * 1000)
            over.wait(0.1)
        answer = wire.reply()
    assert (answer.status, answer.code) == (408, "too_slow")
    until(lambda: 0 < offset_of(hasty, upload) <= 10_000)


def test_a_connection_that_has_brought_a_body_keeps_no_server_from_stopping(served: Served) -> None:
    upload = begun(served, len(PDF))
    headers = {**STREAM, "Upload-Offset": "0", "Authorization": f"Bearer {served.house.tokens['client']}"}
    with Wire(served.serving.port) as wire:
        wire.send(request("PATCH", f"/uploads/{upload}", headers, PDF))
        assert wire.reply().status == 200
        begin = time.monotonic()
        served.serving.stop()
    assert time.monotonic() - begin < GENEROUS.body_seconds / 2


def test_whoever_does_not_fetch_a_body_is_let_go_and_holds_nobody_up(hasty: Served) -> None:
    large = document(hasty, b"%PDF-1.7\n" + bytes(30_000_000))
    with socket.create_connection(("127.0.0.1", hasty.serving.port), 30) as slow:
        headers = {"Authorization": f"Bearer {hasty.house.tokens['client']}"}
        slow.sendall(request("GET", f"/documents/{large.id}/body", headers))
        assert hasty.ask("GET", "/sessions/current", "client").status == 200
        came = 0
        threading.Event().wait(2 * HASTY.unread_seconds)
        try:
            while content := slow.recv(1 << 20):
                came += len(content)
        except ConnectionResetError:
            pass
    assert came < 30_000_000


def test_a_body_is_an_attachment_of_no_kind_that_a_browser_shows(served: Served) -> None:
    found = document(served)
    answer = fetch(served, found)
    assert (answer.status, answer.body) == (200, PDF)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["etag"] == f'"{hashlib.sha256(PDF).hexdigest()}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["document-media-type"] == "application/pdf"
    kind, plain, encoded = answer.headers["content-disposition"].split("; ")
    assert (kind, plain) == ("attachment", 'filename="Befund _M_rz__..pdf"')
    assert unquote(encoded.removeprefix("filename*=UTF-8''")) == NAME


RANGES: list[tuple[dict[str, str], int, slice | None]] = [
    ({"range": "bytes=10-"}, 206, slice(10, None)),
    ({"range": "bytes=0-"}, 200, slice(None)),
    ({"range": "bytes=10-19"}, 206, slice(10, 20)),
    ({"range": "bytes=0-0"}, 206, slice(0, 1)),
    ({"range": "bytes=10-999999999"}, 206, slice(10, None)),
    ({"range": f"bytes={len(PDF) - 1}-"}, 206, slice(-1, None)),
    ({"range": f"bytes={len(PDF)}-"}, 416, None),
    ({"range": "bytes=999999999-"}, 416, None),
    ({"range": "bytes=20-10"}, 200, slice(None)),
    ({"range": "bytes=-10"}, 200, slice(None)),
    ({"range": "bytes=0-1,5-6"}, 200, slice(None)),
    ({"range": "lines=1-2"}, 200, slice(None)),
    ({"range": "bytes=10-", "if_range": f'"{hashlib.sha256(PDF).hexdigest()}"'}, 206, slice(10, None)),
    ({"range": "bytes=10-", "if_range": f'"{64 * "0"}"'}, 200, slice(None)),
    ({"range": "bytes=10-", "if_range": "Mon, 02 Mar 2026 08:00:00 GMT"}, 200, slice(None)),
    ({"range": "bytes=999999999-", "if_range": f'"{64 * "0"}"'}, 200, slice(None)),
]


def test_a_part_is_answered_where_it_is_of_the_same_body(served: Served) -> None:
    """What is asked for otherwise than that is answered whole, and what lies behind the end is refused."""
    found = document(served)
    for headers, status, part in RANGES:
        answer = fetch(served, found, **headers)
        assert answer.status == status, headers
        if part is None:
            assert answer.headers["content-range"] == f"bytes */{len(PDF)}"
            assert answer.code == "range_not_satisfiable"
            continue
        assert answer.body == PDF[part], headers
        if status == 206:
            begin, end, _ = part.indices(len(PDF))
            assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(PDF)}"


def test_the_head_alone_brings_no_body(served: Served) -> None:
    answer = fetch(served, document(served), "HEAD")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", str(len(PDF)))


@pytest.mark.parametrize("role", ["owner", "client"])
def test_a_body_of_nobodys_is_not_found(shared: Served, role: str) -> None:
    answer = shared.ask("GET", "/documents/doc_zzzzzzzzzzzz/body", role)
    assert (answer.status, answer.code) == (404, "not_found")


def test_another_clients_body_is_answered_as_one_that_is_not_there(shared: Served) -> None:
    there, missing = (
        shared.ask("GET", f"/documents/{each}/body", "client")
        for each in (shared.house.existing["document"], "doc_zzzzzzzzzzzz")
    )
    assert there.status == missing.status == 404
    told = [{**json.loads(each.body), "detail": "", "request_id": ""} for each in (there, missing)]
    assert told[0] == told[1]


def test_what_is_taken_back_is_not_read_any_more(served: Served) -> None:
    portal = served.house.portal("owner")
    given = sent(portal, "scan.pdf", PDF, client=served.house.existing["own client"])
    assert fetch(served, given).status == 200
    portal.documents.unshare(UnshareDocument(id=given.id, client=served.house.existing["own client"]))
    portal.close()
    assert fetch(served, given).status == 404


def test_a_damaged_body_ends_before_it_is_whole(served: Served) -> None:
    """Small enough to be looked through first, it is told as a failure; else the connection ends early."""
    small, large = document(served), document(served, PDF * 10)
    for found in (small, large):
        for file in documents_folder(served.house.file).rglob(found.sha256 or ""):
            file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert fetch(served, small).status == 503
    with pytest.raises(EOFError):
        fetch(served, large)
    logged = [line for line in served.logged() if line["event"] == "failed"]
    assert {line["error"] for line in logged} == {"BodyDamaged"}


def test_servers_of_one_portal_share_a_bucket_and_go_on_with_each_others_uploads(tmp_path: Path) -> None:
    """One is killed while a body arrives; another takes the rest, and gives the whole back."""
    with bucket_server("rclone", tmp_path) as bucket:
        home = tmp_path / "home"
        options = ("--port", "0", "--documents", bucket.documents)
        with started(home, *options, environment=bucket.environment) as first:
            token = _set_up(first.port, first.told(r"--setup (\S+)")[1])
            upload = _asked(first.port, token, "POST", "/uploads", {"name": "scan.pdf", "bytes": len(PDF)})["id"]
            assert _sent(first.port, token, upload, 0, PDF[:60_000]).headers["upload-offset"] == "60000"
            first.kill()
        with started(home, *options, environment=bucket.environment) as second:
            whole = _sent(second.port, token, upload, 60_000, PDF[60_000:]).json()
            assert whole["sha256"] == hashlib.sha256(PDF).hexdigest()
            found = _asked(second.port, token, "POST", "/documents", {"upload": upload})
            headers = {"Authorization": f"Bearer {token}"}
            answer = ask(second.port, request("GET", f"/documents/{found['id']}/body", headers))
            assert answer.body == PDF
            second.stop()
    assert not documents_folder(home / "data" / "portal.db").exists()


def _set_up(port: int, code: str) -> str:
    practice = {
        "name": "Studio Rossi",
        "email": "rossi@example.com",
        "timezone": "UTC",
        "owner": "Dr Rossi",
        "password": "walnut harbour cobalt seven",
        "setup": code,
    }
    return str(_asked(port, None, "POST", "/practice", practice)["token"])


def _asked(port: int, token: str | None, method: str, path: str, content: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = ask(port, request(method, path, headers, json.dumps(content).encode()))
    assert answer.status == 200, answer
    return answer.json()


def _sent(port: int, token: str, upload: str, offset: int, body: bytes) -> Reply:
    headers = {**STREAM, "Upload-Offset": str(offset), "Authorization": f"Bearer {token}"}
    return ask(port, request("PATCH", f"/uploads/{upload}", headers, body))
