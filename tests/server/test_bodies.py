"""What arrives is read within limits and without guessing; each way to be wrong has its status and code."""

from __future__ import annotations

import json

import pytest

from tests.server.conftest import Served
from tests.server.raw import Wire, request

SIGN_IN = b'{"email": "nobody@example.com", "password": "%s"}'


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b'{"email": "a@example.com" "password": "x"}', 400, "malformed"),
        (b"\xff\xfe{}", 400, "malformed"),
        (b'{"email": "\xc3\x28", "password": "x"}', 400, "malformed"),
        (b'{"email": NaN, "password": "x"}', 400, "malformed"),
        (b'{"email": 1e999, "password": "x"}', 400, "malformed"),
        (b'{"email": ' + b"9" * 5000 + b', "password": "x"}', 400, "malformed"),
        (b'{"email": "a@example.com", "email": "b@example.com", "password": "x"}', 400, "malformed"),
        (b"[" * 33 + b"]" * 33, 413, "request_too_large"),
        (b"[" * 500_000, 413, "request_too_large"),
        (b'{"email": "' + b"a" * (1 << 20) + b'"}', 413, "request_too_large"),
        (b"[" * 32 + b"]" * 32, 422, "invalid_input"),
        (b"[]", 422, "invalid_input"),
        (b"null", 422, "invalid_input"),
        (b'"text"', 422, "invalid_input"),
        (b"", 422, "invalid_input"),
        (b"{}", 422, "invalid_input"),
        (b'{"email": "a@example.com", "password": "x", "more": 1}', 422, "invalid_input"),
        (b'{"email": "a@example.com", "password": 1}', 422, "invalid_input"),
        (b'{"email": "a@example.com", "password": "\\ud800"}', 422, "invalid_input"),
        (b'{"email": ["a@example.com"], "password": "x"}', 422, "invalid_input"),
    ],
)
def test_a_body_that_is_not_in_order_is_refused(shared: Served, body: bytes, status: int, code: str) -> None:
    answer = shared.ask("POST", "/sessions", body=body)
    assert (answer.status, answer.code) == (status, code)
    assert len(answer.body) < 1000


def test_what_was_sent_is_not_repeated(shared: Served) -> None:
    answer = shared.ask("POST", "/sessions", body=b'{"email": "my secret", "password": 7777777}')
    assert b"secret" not in answer.body
    assert b"7777777" not in answer.body


def test_a_body_is_declared_to_be_json(shared: Served) -> None:
    answer = shared.ask(
        "POST", "/sessions", body=b"email=a", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status, answer.code) == (415, "wrong_media_type")
    declared = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert shared.ask("POST", "/sessions", body=b"{}", headers=declared).status == 422


def test_a_long_body_is_refused_by_its_length_alone_and_while_it_comes(shared: Served) -> None:
    with Wire(shared.serving.port) as wire:
        wire.send(request("POST", "/sessions", {"Content-Length": "100000000", "Content-Type": "application/json"}))
        assert wire.reply().code == "request_too_large"
    with Wire(shared.serving.port) as wire:
        wire.send(request("POST", "/sessions", {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}))
        for _ in range(18):
            wire.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        assert wire.reply().code == "request_too_large"


def test_a_body_in_chunks_is_read_and_fields_behind_it_are_dropped(shared: Served) -> None:
    body = SIGN_IN % b"x"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:]))
    with Wire(shared.serving.port) as wire:
        wire.send(request("POST", "/sessions", {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}))
        wire.send(chunks + b"0\r\nHost: evil.example\r\nAuthorization: Bearer x\r\n\r\n")
        assert wire.reply().code == "bad_credentials"
        wire.send(request("GET", "/healthz"))
        assert wire.reply().status == 200


def test_a_client_that_waits_for_leave_to_send_gets_it(shared: Served) -> None:
    body = SIGN_IN % b"x"
    with Wire(shared.serving.port) as wire:
        head = {"Expect": "100-continue", "Content-Type": "application/json", "Content-Length": str(len(body))}
        wire.send(request("POST", "/sessions", head))
        assert wire.reply().status == 100
        wire.send(body)
        assert wire.reply().code == "bad_credentials"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=1&limit=2", 422, "invalid_input"),
        ("limit=", 422, "invalid_input"),
        ("limit=1.0", 422, "invalid_input"),
        ("limit=%EF%BC%99", 422, "invalid_input"),
        ("limit=1000000000000000000000000", 422, "invalid_input"),
        ("newest_first=1", 422, "invalid_input"),
        ("statuses=unheard", 422, "invalid_input"),
        ("client=%00", 422, "invalid_input"),
        ("nothing=1", 422, "invalid_input"),
        ("client=%FF", 400, "malformed"),
        ("&".join(["statuses=booked"] * 300), 413, "request_too_large"),
        ("client=" + "a" * 9000, 414, "address_too_long"),
        ("client=%27%3B--", 404, "not_found"),
        ("client=%25", 404, "not_found"),
        ("client=_", 404, "not_found"),
    ],
)
def test_a_query_that_is_not_in_order_is_refused(shared: Served, query: str, status: int, code: str) -> None:
    answer = shared.ask("GET", f"/appointments?{query}", "owner")
    assert (answer.status, answer.code) == (status, code)


def test_a_read_takes_no_body_and_a_change_no_query(shared: Served) -> None:
    assert shared.ask("GET", "/appointments", "owner", {"limit": 1}).code == "invalid_input"
    assert shared.ask("POST", "/invites?email=a@example.com", "owner", {}).code == "invalid_input"


@pytest.mark.parametrize("path", ["/appointments/%FF", "/clients/%C3%28"])
def test_a_path_that_is_not_utf_8_cannot_be_read(shared: Served, path: str) -> None:
    assert shared.ask("GET", path, "owner").code == "malformed"


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "a" * 10_000, "two words", "é", "a\tb"])
def test_an_idempotency_key_that_is_not_in_order_is_a_bad_request(shared: Served, key: str) -> None:
    slot = {"slot": shared.house.existing["slot"]}
    answer = shared.ask("POST", "/appointments", "client", slot, headers={"Idempotency-Key": key})
    assert (answer.status, answer.code) == (400, "malformed")


@pytest.mark.parametrize("tag", ['""', '"a", "b"', '"' + "a" * 65 + '"', '"é"'])
def test_an_entity_tag_that_is_not_in_order_is_a_bad_request(shared: Served, tag: str) -> None:
    answer = shared.ask("PATCH", "/policy", "owner", {"horizon_days": 30}, headers={"If-Match": tag})
    assert (answer.status, answer.code) == (400, "malformed")


def test_every_failure_is_problem_json_with_what_people_and_programs_need(shared: Served) -> None:
    answer = shared.ask("GET", "/appointments?limit=0", "client", headers={"X-Request-ID": "my.request-1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "my.request-1"
    problem = json.loads(answer.body)
    assert problem.pop("hint")
    assert problem == {
        "type": "urn:portalctl:problem:invalid_input",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "limit: Input should be greater than or equal to 1",
        "code": "invalid_input",
        "exit_code": 2,
        "request_id": "my.request-1",
    }
