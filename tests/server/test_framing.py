"""Requests that two readers could read in two ways are refused, and so is whatever was meant for another server."""

from __future__ import annotations

import pytest

from tests.server.conftest import Served
from tests.server.raw import Wire, ask, request

SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

POST = b"POST /sessions HTTP/1.1\r\nHost: a\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n"

AMBIGUOUS = {
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 44\r\n\r\n{}",
    "the same length twice": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two lengths in one": POST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a signed length": POST + b"Content-Length: +2\r\n\r\n{}",
    "a coding that hides": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding before chunks": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /sessions HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks ended by bare LF": POST + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n",
    "a folded field": GET + b"X-One: 1\r\n two\r\n\r\n",
    "a field that begins with a space": GET + b" X-One: 1\r\n\r\n",
    "a space before the colon": b"GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n",
    "bare LF": b"GET /healthz HTTP/1.1\nHost: a\n\n",
    "one bare LF": b"GET /healthz HTTP/1.1\r\nHost: a\nX-One: 1\r\n\r\n",
    "bare CR": b"GET /healthz HTTP/1.1\r\nHost: a\rX-One: 1\r\n\r\n",
    "a NUL in a field": GET + b"X-One: a\0b\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "an empty host": b"GET /healthz HTTP/1.1\r\nHost:\r\n\r\n",
    "a host that is an address": b"GET /healthz HTTP/1.1\r\nHost: user@evil.example/path\r\n\r\n",
    "an absolute address": b"GET http://evil.example/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "no path": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version to come": b"GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
    "a path beyond ASCII": b"GET /healthz\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method of its own": b"BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
}
"""What proxies and servers have disagreed about (RFC 9112, section 11)."""


@pytest.mark.parametrize("content", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_heard(
    shared: Served, content: bytes
) -> None:
    with Wire(shared.serving.port) as wire:
        wire.send(content + SMUGGLED)
        answer = wire.reply()
        assert (answer.status, answer.code) == (400, "malformed")
        assert answer.headers["connection"] == "close"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["portal-version"]
        assert wire.is_closed()


def test_requests_that_follow_at_once_are_answered_in_order(shared: Served) -> None:
    with Wire(shared.serving.port) as wire:
        body = b'{"email": "x", "password": "x"}'
        wire.send(request("POST", "/sessions", body=body) + request("GET", "/healthz") + request("GET", "/nope"))
        assert [wire.reply().status for _ in range(3)] == [422, 200, 404]


def test_a_long_body_behind_another_request_is_no_head(shared: Served) -> None:
    with Wire(shared.serving.port) as wire:
        for _ in range(3):
            wire.send(request("POST", "/sessions", body=b" " * 200_000) + request("GET", "/healthz"))
            assert [wire.reply().status for _ in range(2)] == [400, 200]


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "address_too_long"),
        (b"GET /" + b"a" * 200_000, 414, "address_too_long"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-One: 1\r\n" * 101 + b"\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-One: " + b"a" * 33_000 + b"\r\n\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-One: " + b"a" * 2_000_000, 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a" * 2_000_000, 431, "head_too_large"),
    ],
)
def test_a_head_without_end_is_refused(shared: Served, head: bytes, status: int, code: str) -> None:
    answer = ask(shared.serving.port, head)
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_no_other_protocol_is_taken_up(shared: Served, upgrade: str) -> None:
    fields = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": upgrade, "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    assert ask(shared.serving.port, request("GET", "/healthz", fields)).status == 200


def test_a_client_of_http_1_0_is_answered_and_let_go(shared: Served) -> None:
    with Wire(shared.serving.port) as wire:
        wire.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert wire.reply().status == 200
        assert wire.is_closed()
