"""Bodies from a server that lies, breaks off or sends elsewhere: what is saved is whole and proved, or has no name."""

from __future__ import annotations

import hashlib
import io
import socket
import stat
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from portalctl import errors
from portalctl.backends.exchange import Patience
from portalctl.models.documents import Document
from portalctl.models.transfers import SavedFile
from portalctl.models.uploads import AppendToUpload, OpenBody
from portalctl.transfer.fetching import pour, save
from portalctl.transfer.landing import Folder
from portalctl.transfer.progress import Progress
from tests.backends.hostile import NOW, Behaviour, Hostile, hostile, problem, reaching, record, reply

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 40
DIGEST = hashlib.sha256(CONTENT).hexdigest()

PATIENCE = Patience(connect=1.0, step=1.0, exchange=2.0, whole=2.0, settling=1.0)

DOCUMENT = Document.model_validate(
    {
        "id": "doc_7k2m9x4qv3bd",
        "kind": "file",
        "title": "Scan",
        "name": "scan.pdf",
        "media_type": "application/pdf",
        "bytes": len(CONTENT),
        "sha256": DIGEST,
        "state": "completed",
        "author_id": "cli_1",
        "author": "Anna",
        "created_at": NOW,
        "updated_at": NOW,
    }
)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr("portalctl.transfer.patience.time.sleep", lambda _: None)


def body(
    content: bytes = CONTENT, begin: int = 0, *, length: int | None = None, digest: str = DIGEST, **other: str
) -> bytes:
    """A document's body as a portal answers it, from a byte on."""
    fields = {
        "Content-Length": str(len(content) - begin if length is None else length),
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment; filename*=UTF-8''scan.pdf",
        "ETag": f'"{digest}"',
        "Connection": "close",
        **({"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"} if begin else {}),
        **{name.replace("_", "-"): value for name, value in other.items()},
    }
    head = f"HTTP/1.1 {206 if begin else 200} Whatever\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v)
    return head.encode() + b"\r\n" + content[begin:]


def reset_after(count: int) -> Behaviour:
    """Cut the connection in the middle of a body."""

    def behave(_: Hostile, connection: socket.socket) -> None:
        connection.sendall(body()[:count])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def rest(server: Hostile, connection: socket.socket) -> None:
    """Answer what is asked for, from where it is asked for."""
    head = server.requests[-1].decode("latin-1").lower()
    begin = int(head.partition("range: bytes=")[2].partition("-")[0] or 0)
    connection.sendall(body(begin=begin) if begin < len(CONTENT) else beyond())


def beyond(size: int = len(CONTENT)) -> bytes:
    return problem("range_not_satisfiable", 416, {"Content_Range": f"bytes */{size}"})


def saved(server: Hostile, folder: Path, **other: Any) -> SavedFile:
    with reaching(server, patience=PATIENCE) as portal, Folder(folder) as opened:
        settings = {"force": False, "now": datetime(2026, 3, 9, tzinfo=UTC), "progress": Progress(io.StringIO())}
        return save(portal, DOCUMENT, opened, "scan.pdf", **{**settings, **other})


def left(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


BROKEN: dict[str, list[Behaviour]] = {
    "cut in the head": [b"HTTP/1.1 200 OK\r\nContent-", rest],
    "cut in the middle": [reset_after(2000), rest],
    "cut again and again": [*(reset_after(900 + 300 * each) for each in range(6)), rest],
    "shorter than it says": [body(length=len(CONTENT) + 5), rest],
    "nothing at first": [b"", b"", rest],
    "busy": [problem("unavailable", 503, {"Retry_After": "1"}), rest],
    "another body first": [body(b"x" * len(CONTENT), digest=64 * "0"), rest],
    "other bytes under the same hash, once": [body(b"x" * len(CONTENT)), rest],
    "longer than it is": [body(CONTENT + b"more"), rest],
}


@pytest.mark.parametrize("behaviours", BROKEN.values(), ids=BROKEN)
def test_what_breaks_off_or_lies_once_is_fetched_whole(behaviours: list[Behaviour], tmp_path: Path) -> None:
    with hostile(*behaviours) as server:
        found = saved(server, tmp_path)
    assert left(tmp_path) == {"scan.pdf": CONTENT}
    assert (found.bytes, found.sha256) == (len(CONTENT), DIGEST)
    assert stat.S_IMODE((tmp_path / "scan.pdf").stat().st_mode) == 0o600


LIES: dict[str, Behaviour] = {
    "always shorter": body(length=len(CONTENT) + 5),
    "other bytes under the same hash": body(b"x" * len(CONTENT)),
    "always cut": reset_after(2000),
    "another hash each time": body(digest=64 * "0"),
}


@pytest.mark.parametrize("behaviour", LIES.values(), ids=LIES)
def test_what_never_comes_whole_keeps_its_part_and_gets_no_name(behaviour: Behaviour, tmp_path: Path) -> None:
    with hostile(behaviour) as server, pytest.raises(errors.Retryable) as failure:
        saved(server, tmp_path)
    assert failure.value.exit_code == 7
    assert left(tmp_path).keys() == {"scan.pdf.part"}
    with hostile(rest) as server:
        saved(server, tmp_path)
    assert left(tmp_path) == {"scan.pdf": CONTENT}


STRANGE: dict[str, bytes] = {
    "a redirect": reply(b"", 302, Location="https://elsewhere.example.com/"),
    "a redirect that keeps the method": reply(b"", 307, Location="http://169.254.169.254/"),
    "a page": reply("<html>sign in to the network</html>", kind="text/html"),
    "no hash": body(ETag=""),
    "a weak hash": body(ETag='W/"1"'),
    "no length": body(Content_Length=""),
    "no name": body(Content_Disposition="inline"),
    "packed": body(Content_Encoding="gzip"),
    "a part that was not asked for": body(begin=5),
    "another part": body(begin=7, Content_Range="bytes 8-9/10"),
    "json": record({"id": "doc_1"}),
}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
def test_what_no_portal_answers_is_not_followed_and_not_saved(answer: bytes, tmp_path: Path) -> None:
    with hostile(answer) as server:
        with pytest.raises(errors.NotAPortalServer):
            saved(server, tmp_path)
        assert len(server.requests) == 1
    assert left(tmp_path) == {"scan.pdf.part": b""}


def test_a_part_goes_on_only_with_the_body_that_it_is_of(tmp_path: Path) -> None:
    """It asks for the rest under the condition that nothing has changed, and begins anew where something has."""
    (tmp_path / "scan.pdf.part").write_bytes(CONTENT[:700])
    with hostile(rest) as server:
        saved(server, tmp_path)
        (asked,) = server.requests
    assert b"range: bytes=700-" in asked.lower()
    assert f'if-range: "{DIGEST}"'.encode() in asked.lower()
    assert left(tmp_path) == {"scan.pdf": CONTENT}


@pytest.mark.parametrize("before", [CONTENT, b"x" * 700, b"x" * len(CONTENT), CONTENT + b"more"])
def test_whatever_a_part_holds_the_file_is_the_document(before: bytes, tmp_path: Path) -> None:
    (tmp_path / "scan.pdf.part").write_bytes(before)
    with hostile(rest) as server:
        saved(server, tmp_path)
    assert left(tmp_path) == {"scan.pdf": CONTENT}


def test_a_stream_gets_each_byte_once_and_a_changed_body_ends_it() -> None:
    target = io.BytesIO()
    with hostile(reset_after(2000), rest) as server, reaching(server, patience=PATIENCE) as portal:
        pour(portal, DOCUMENT, target, Progress(io.StringIO()))
    assert target.getvalue() == CONTENT
    other = body(b"other", digest=hashlib.sha256(b"other").hexdigest())
    with (
        hostile(reset_after(2000), other) as server,
        reaching(server, patience=PATIENCE) as portal,
        pytest.raises(errors.NetworkFailure),
    ):
        pour(portal, DOCUMENT, io.BytesIO(), Progress(io.StringIO()))


@pytest.mark.parametrize("before", [30, len(body()) - 9000], ids=["in its head", "in its body"])
def test_an_answer_that_drips_is_given_up(before: int) -> None:
    def behave(server: Hostile, connection: socket.socket) -> None:
        connection.sendall(body()[:before])
        while not server.is_over.wait(0.05):
            connection.sendall(b"x")

    patience = PATIENCE._replace(settling=0.5)
    with (
        hostile(behave) as server,
        reaching(server, patience=patience) as portal,
        pytest.raises(errors.NetworkFailure),
        portal.open_body(OpenBody(id=DOCUMENT.id)) as found,
    ):
        list(found.chunks)


def chunks() -> Iterator[bytes]:
    """A body that is too long for whoever hangs up at its beginning."""
    for _ in range(64):
        yield bytes(1 << 20)


UPLOADED = {"id": "upl_1", "name": "a", "bytes": 3, "offset": 3, "expires_at": "2026-03-03T08:00:00Z"}

ANSWERS: list[tuple[Behaviour, type[errors.PortalError]]] = [
    (problem("upload_offset_wrong", 409, detail="no"), errors.UploadOffsetWrong),
    (problem("not_found", 404, detail="no"), errors.NotFound),
    (reply(b"", 308, Location="https://elsewhere.example.com/"), errors.NotAPortalServer),
    (reply("<html>", kind="text/html"), errors.NotAPortalServer),
    (record({**UPLOADED, "offset": "many"}), errors.NotAPortalServer),
    (b"", errors.NetworkFailure),
]


@pytest.mark.parametrize(("behaviour", "failure"), ANSWERS)
def test_what_becomes_of_sent_bytes_is_told_as_it_is(behaviour: Behaviour, failure: type[errors.PortalError]) -> None:
    with hostile(behaviour) as server, reaching(server, patience=PATIENCE) as portal:
        with pytest.raises(failure):
            portal.append(AppendToUpload(id="upl_1", offset=0), [b"abc"])
        assert len(server.requests) == 1, "bytes are not sent again by themselves"


def test_a_refusal_is_read_although_the_server_does_not_read_on() -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(problem("document_too_large", 413, detail="too long"))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 20):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with reaching(url, patience=PATIENCE) as portal, pytest.raises(errors.DocumentTooLarge):
            portal.append(AppendToUpload(id="upl_1", offset=0), chunks())
        thread.join()
