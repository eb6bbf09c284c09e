"""Many small files in one request: all that arrived whole is taken or refused by itself, and nothing of the rest."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from benchmarks.flipping_proxy import flipped
from portalctl import errors
from portalctl.contract.framing import LONGEST, MEDIA_TYPE, RESULTS_TYPE, Unframing, framed
from portalctl.models.batch_words import BATCH_FILES, FileToAdd
from portalctl.models.documents import ListDocuments
from portalctl.server import batches
from tests.server.conftest import Served
from tests.server.raw import Reply, Wire, request

BODIES = [b"Good day\n", b"", b"%PDF-1.7\n" + bytes(range(256)) * 4]

NAMES = ["letter.txt", "empty.txt", "März.pdf"]


def files(bodies: Sequence[bytes] = BODIES, **fields: Any) -> list[tuple[FileToAdd, bytes]]:
    return [
        (FileToAdd(row=row, name=NAMES[row % 3], bytes=len(body), sha256=sha256(body), **fields), body)
        for row, body in enumerate(bodies)
    ]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def head(**fields: object) -> bytes:
    """A file's head as somebody else writes it."""
    return json.dumps({"row": 0, "name": "a.txt", "bytes": 1, "sha256": sha256(b"x"), **fields}).encode()


def batch(*frames: tuple[bytes, bytes]) -> bytes:
    """A batch of whatever heads and bodies."""
    proof, whole = hashlib.sha256(), b""
    for each, body in (*frames, (b"", b"")):
        sizes = struct.pack(">II", len(each), len(body))
        before = sizes + struct.pack(">I", zlib.crc32(sizes + each)) + each
        proof.update(before)
        whole += before + body
    return whole + proof.digest()


def sent(served: Served, body: bytes, role: str | None = "client", **headers: str) -> Reply:
    given = {"Content-Type": MEDIA_TYPE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return served.ask("POST", "/documents/batch", role, body=body, headers=given)


def lines(answer: Reply) -> list[dict[str, Any]]:
    """What became of each file."""
    assert answer.status == 200, answer
    return [json.loads(line) for line in answer.body.splitlines()]


def documents(served: Served) -> int:
    portal = served.house.portal("client")
    found = len(portal.documents.list(ListDocuments()).items)
    portal.close()
    return found


def test_each_file_is_answered_in_a_line_of_its_own_under_one_digest(served: Served) -> None:
    answer = sent(served, b"".join(framed(files())))
    assert [(line["row"], line["status"], line["sha256"]) for line in lines(answer)] == [
        (row, "added", sha256(body)) for row, body in enumerate(BODIES)
    ]
    assert answer.headers["content-type"] == RESULTS_TYPE
    digest = base64.b64encode(hashlib.sha256(answer.body).digest()).decode()
    assert answer.headers["content-digest"] == f"sha-256=:{digest}:"
    again = lines(sent(served, b"".join(framed(files()))))
    assert {line["status"] for line in again} == {"there"}
    assert [line["document_id"] for line in again] == [line["document_id"] for line in lines(answer)]


def test_a_head_that_is_not_in_order_costs_its_file_alone(served: Served) -> None:
    content = batch(
        (head(row=1, colour="red"), b"x"),
        (head(row=2, name="a\nb.txt"), b"x"),
        (head(row=3, name="c.txt"), b"x"),
        (head(row=4, client_id="Anna"), b"x"),
        (head(row=5, name="evil.exe"), b"x"),
    )
    told = {line["row"]: (line["status"], line["code"]) for line in lines(sent(served, content))}
    assert told == {
        1: ("refused", "invalid_input"),
        2: ("refused", "invalid_input"),
        3: ("added", None),
        4: ("refused", "invalid_input"),
        5: ("refused", "kind_not_taken"),
    }


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (batch((b"[]", b"x")), 422, "invalid_input"),
        (batch((b"{", b"x")), 422, "invalid_input"),
        (batch((b'{"row": "first"}', b"x")), 422, "invalid_input"),
        (batch((head(), b"y")), 460, "damaged_on_the_way"),
        (batch((head(bytes=2), b"x")), 460, "damaged_on_the_way"),
        (batch((b"x" * 5000, b"x")), 460, "damaged_on_the_way"),
        (batch((head(), b"x"))[:-1], 460, "damaged_on_the_way"),
        (batch((head(), b"x")) + b"!", 400, "malformed"),
        (batch(*[(head(row=row), b"x") for row in range(BATCH_FILES + 1)]), 422, "invalid_input"),
        (b"", 460, "damaged_on_the_way"),
        (b"{}", 460, "damaged_on_the_way"),
    ],
)
def test_what_is_no_batch_adds_nothing(shared: Served, content: bytes, status: int, code: str) -> None:
    before = documents(shared)
    answer = sent(shared, content)
    assert (answer.status, answer.code) == (status, code)
    assert documents(shared) == before


@pytest.mark.parametrize(
    ("role", "headers", "code"),
    [
        (None, {}, "sign_in_needed"),
        ("client", {"Authorization": "Bearer nobody"}, "sign_in_needed"),
        ("related", {}, "not_permitted"),
        ("client", {"Content-Type": "application/json"}, "wrong_media_type"),
        ("client", {"Content-Length": str(LONGEST + 1)}, "request_too_large"),
    ],
)
def test_who_may_not_is_told_before_a_byte_is_read(
    shared: Served, role: str | None, headers: dict[str, str], code: str
) -> None:
    given = {"Content-Type": MEDIA_TYPE, "Content-Length": "1000000"}
    if role is not None:
        given["Authorization"] = f"Bearer {shared.house.tokens[role]}"
    with Wire(shared.serving.port) as wire:
        wire.send(request("POST", "/documents/batch", {**given, **headers}))
        assert wire.reply().code == code


def test_a_client_adds_nothing_for_another(shared: Served) -> None:
    other = shared.house.existing["client"]
    for client_id in (other, "cli_zzzzzzzzzzzz"):
        told = lines(sent(shared, b"".join(framed(files(client_id=client_id)))))
        assert {(line["status"], line["code"]) for line in told} == {("refused", "not_found")}


def test_a_batch_may_come_in_any_pieces() -> None:
    content = b"".join(framed(files()))
    for length in (1, 7, 1000, len(content)):
        arriving = Unframing()
        for begin in range(0, len(content), length):
            arriving.take(content[begin : begin + length])
        assert [frame.body for frame in arriving.finish()] == BODIES


def test_no_bit_that_changes_on_the_way_is_taken_for_what_was_sent() -> None:
    """Each bit of a batch, and each length that it may be cut to: what comes of it is refused, or is not its hash."""
    content = b"".join(framed(files([b"Dear Anna,\n", b"", b"x"])))
    for bit in range(8 * len(content)):
        assert taken(flipped(content, bit)) != taken(content), f"bit {bit}"
    for length in range(len(content)):
        assert taken(content[:length]) is None


def taken(content: bytes) -> list[str] | None:
    """The names in a batch whose files are all what their heads say; None where nothing is taken."""
    arriving = Unframing()
    try:
        arriving.take(content)
        frames = arriving.finish()
    except errors.PortalError:
        return None
    told = [(json.loads(frame.head), frame.body) for frame in frames]
    if any(each["sha256"] != sha256(body) for each, body in told):
        return None
    return [each["name"] for each, _ in told]


def test_flipped_bits_are_refused_by_the_server_and_nothing_is_added(shared: Served) -> None:
    chance = random.Random(7)  # noqa: S311  it chooses bits
    before = documents(shared)
    content = b"".join(framed(files([chance.randbytes(2000) for _ in range(3)])))
    for _ in range(30):
        answer = sent(shared, flipped(content, chance.randrange(8 * len(content))))
        assert answer.status >= 400, answer
    assert documents(shared) == before


def test_whoever_keeps_others_waiting_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "ARRIVING_SECONDS", 0.3)
    content = b"".join(framed(files()))
    with Wire(served.serving.port) as wire:
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(content)),
            "Authorization": f"Bearer {served.house.tokens['client']}",
        }
        wire.send(request("POST", "/documents/batch", headers) + content[:-1])
        assert wire.reply().code == "too_slow"


def test_where_too_many_are_arriving_the_next_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one account among them sooner, so that it does not keep all others waiting."""
    monkeypatch.setattr(batches, "WAITING_SECONDS", 0.05)
    monkeypatch.setattr(batches, "AT_ONCE", 3)
    monkeypatch.setattr(batches, "OF_ONE_ACCOUNT", 2)

    async def told() -> None:
        places = batches._Places()
        async with places.one_of("anna"), places.one_of("anna"):
            with pytest.raises(errors.TooManyRequests):
                await places.one_of("anna").__aenter__()
            async with places.one_of("ben"):
                with pytest.raises(errors.Retryable, match="many files"):
                    await places.one_of("rosa").__aenter__()
            async with places.one_of("rosa"):
                assert places._free.locked()
        async with places.one_of("anna"):
            assert places._taken == {"anna": 1}

    asyncio.run(told())
