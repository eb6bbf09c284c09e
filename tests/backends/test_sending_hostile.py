"""Files sent to a server that is busy, lies or breaks off, and through a line that flips bits."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.flipping_proxy import FlippingProxy, flipped, flipping_proxy
from portalctl import errors
from portalctl.backends.registry import open_portal
from portalctl.contract.framing import RESULTS_TYPE
from portalctl.contract.portal import Portal
from portalctl.models.batch_words import FileToAdd
from portalctl.models.documents import ListDocuments
from portalctl.models.practice import SetUpPractice
from portalctl.models.uploads import AppendToUpload, StartUpload, UploadReference
from tests.backends.hostile import NOW, SHORT, Behaviour, hostile, problem, reaching, record, reply, reset
from tests.serving import serving

BODY = b"%PDF-1.7\n" + bytes(range(256)) * 40


def batch(content: bytes = BODY) -> list[tuple[FileToAdd, bytes]]:
    """One file on its way with others."""
    digest = hashlib.sha256(content).hexdigest()
    return [(FileToAdd(row=0, name="scan.pdf", bytes=len(content), sha256=digest), content)]


def add(portal: Portal) -> None:
    list(portal.add_files(batch()))


def append(portal: Portal) -> None:
    portal.append(AppendToUpload(id="upl_1", offset=0), [BODY])


def added(lines: bytes, digest: str | None = None, kind: str = RESULTS_TYPE) -> bytes:
    """What a portal answers to a batch."""
    told = digest or base64.b64encode(hashlib.sha256(lines).digest()).decode()
    return reply(lines, kind=kind, Content_Digest=f"sha-256=:{told}:")


TOLD = {"row": 0, "status": "added", "document_id": "doc_1", "sha256": hashlib.sha256(BODY).hexdigest()}

LINE = json.dumps(TOLD).encode() + b"\n"

OF_ANOTHER_BODY = json.dumps({**TOLD, "sha256": "0" * 64}).encode() + b"\n"

OF_ANOTHER_FILE = json.dumps({**TOLD, "row": 1}).encode() + b"\n"

UPLOADED = {"id": "upl_1", "name": "a", "bytes": 3, "offset": 3, "expires_at": "2026-03-03T08:00:00Z"}


@pytest.mark.parametrize("send", [add, append])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("told", "allowed_from"),
    [
        ("999999", NOW + timedelta(seconds=999_999)),
        (format_datetime(NOW + timedelta(days=7), usegmt=True), NOW + timedelta(days=7)),
        ("-5", None),
        ("soon", None),
    ],
)
def test_who_sends_is_told_when_to_come_back_and_nothing_is_sent_again_by_itself(
    send: object, status: int, told: str, allowed_from: datetime | None
) -> None:
    assert callable(send)
    with hostile(reply("", status, "text/plain", Retry_After=told)) as server, reaching(server) as portal:
        with pytest.raises(errors.Retryable) as caught:
            send(portal)
        assert len(server.requests) == 1
    assert (caught.value.exit_code, caught.value.allowed_from) == (7, allowed_from)


ANSWERS: list[tuple[Behaviour, type[errors.PortalError]]] = [
    (problem("sign_in_needed", 401, detail="no"), errors.SignInNeeded),
    (problem("not_permitted", 403, detail="no"), errors.NotPermitted),
    (problem("damaged_on_the_way", 460, detail="no"), errors.DamagedOnTheWay),
    (problem("no_such_operation", 404, {"Portal_Version": "0.0.1"}, detail="no"), errors.Unsupported),
    (reply(b"", 307, Location="https://elsewhere.example.com/"), errors.NotAPortalServer),
    (reply("<html>", kind="text/html"), errors.NotAPortalServer),
    (added(LINE, kind="application/json"), errors.NotAPortalServer),
    (added(LINE, digest="AAAA"), errors.NetworkFailure),
    (reply(LINE, kind=RESULTS_TYPE), errors.NetworkFailure),
    (added(LINE[:-9] + b"\n"), errors.NotAPortalServer),
    (added(b'{"row": 0}\n'), errors.NotAPortalServer),
    (added(OF_ANOTHER_BODY), errors.NotAPortalServer),
    (added(OF_ANOTHER_FILE), errors.NotAPortalServer),
    (b"", errors.NetworkFailure),
    (reset, errors.NetworkFailure),
]


@pytest.mark.parametrize(("behaviour", "failure"), ANSWERS)
def test_what_is_answered_to_a_batch_is_told_as_it_is(behaviour: Behaviour, failure: type[errors.PortalError]) -> None:
    with hostile(behaviour) as server, reaching(server, patience=SHORT) as portal:
        with pytest.raises(failure):
            add(portal)
        assert len(server.requests) == 1


def test_an_answer_about_another_part_is_none() -> None:
    with hostile(record(UPLOADED)) as server, reaching(server) as portal, pytest.raises(errors.NetworkFailure):
        append(portal)


class Line(NamedTuple):
    """A practice on a real server, reached straight and through a line that damages what it is told to."""

    proxy: FlippingProxy
    flipped: Portal
    straight: Portal


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """One line for all: every batch and part is damaged, and every answer to a batch that was whole."""
    file: Path = tmp_path_factory.mktemp("served") / "portal.db"
    chance = random.Random(7)  # noqa: S311  it chooses bits
    with (
        serving(f"sqlite://{file}", lambda: NOW) as server,
        flipping_proxy(server.port, lambda line: line.startswith("PATCH"), _is_batch, chance) as proxy,
    ):
        anyone = open_portal(server.url, None, lambda: NOW, lambda _: None)
        owner = SetUpPractice(
            name="Studio Rossi",
            owner="Dr Rossi",
            email="rossi@example.com",
            timezone="Europe/Rome",
            password="walnut harbour cobalt seven",
            setup=server.set_up_code,
        )
        token = anyone.practice.set_up(owner).token
        found = Line(proxy, open_portal(proxy.url, token, lambda: NOW, lambda _: None), anyone.with_token(token))
        try:
            yield found
        finally:
            for portal in (anyone, found.flipped, found.straight):
                portal.close()


def _is_batch(first_line: str) -> bool:
    return first_line.startswith("POST /documents/batch")


def test_a_damaged_answer_to_a_batch_is_found_out_and_asking_again_adds_nothing(line: Line) -> None:
    for _ in range(10):
        with pytest.raises(errors.NetworkFailure):
            add(line.flipped)
    (told,) = line.straight.add_files(batch())
    assert told.status == "there"
    assert len(line.straight.documents.list(ListDocuments()).items) == 1


def test_of_a_damaged_part_nothing_is_kept_and_a_whole_one_is_taken(line: Line) -> None:
    upload = line.straight.uploads.start(StartUpload(name="scan.pdf", bytes=3 * len(BODY))).id
    before = line.proxy.flips
    for _ in range(10):
        with pytest.raises(errors.DamagedOnTheWay):
            line.flipped.append(AppendToUpload(id=upload, offset=0), [BODY])
    assert line.proxy.flips == before + 10
    assert line.straight.uploads.show(UploadReference(id=upload)).offset == 0
    whole = line.straight.append(AppendToUpload(id=upload, offset=0), [BODY, BODY, BODY])
    assert whole.sha256 == hashlib.sha256(3 * BODY).hexdigest()


def test_a_long_body_goes_in_parts_that_each_are_proved(monkeypatch: pytest.MonkeyPatch, line: Line) -> None:
    """A part that is damaged is told at once; those before it stay."""
    monkeypatch.setattr("portalctl.backends.streams.PART", 100_000)
    content = b"%PDF-1.7\n" + bytes(350_000)
    upload = line.straight.uploads.start(StartUpload(name="scan.pdf", bytes=len(content))).id
    chunks = [content[begin : begin + 40_000] for begin in range(0, len(content), 40_000)]
    first = line.straight.append(AppendToUpload(id=upload, offset=0), chunks[:3])
    assert first.offset == 120_000
    with pytest.raises(errors.DamagedOnTheWay):
        line.flipped.append(AppendToUpload(id=upload, offset=120_000), chunks[3:])
    whole = line.straight.append(AppendToUpload(id=upload, offset=120_000), chunks[3:])
    assert whole.sha256 == hashlib.sha256(content).hexdigest()


def test_a_body_that_is_not_what_its_head_says_is_refused(line: Line) -> None:
    ((file, body),) = batch()
    with pytest.raises(errors.DamagedOnTheWay):
        list(line.straight.add_files([(file, flipped(body, 5))]))
