"""A server that lies, breaks off, sends elsewhere or is none: one clean failure, and the session stays here."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import pytest

from portalctl import __version__, errors
from portalctl.backends import exchange
from portalctl.models.appointments import BookAppointment
from portalctl.models.clients import ClientReference
from portalctl.models.invites import ListInvites
from portalctl.models.sessions import SignIn
from tests.backends.hostile import (
    IDENTITY,
    SHORT,
    Behaviour,
    drip,
    hold,
    hostile,
    problem,
    reaching,
    record,
    reply,
    reset,
)

CAPTIVE = "<html><head><title>Free WiFi</title></head><body>Sign in \x1b]0;owned\x07 \u202e here</body></html>"
BOOKING = BookAppointment(slot="slot_46398zw7evg8xrsyhrbygd6p0wh7yj")


def refusal(answer: Behaviour, kind: type[errors.PortalError] = errors.NotAPortalServer) -> errors.PortalError:
    """How `whoami` fails with this answer; every failure is one line that moves no cursor."""
    with hostile(answer) as server, reaching(server) as portal, pytest.raises(errors.PortalError) as caught:
        portal.sessions.who_am_i()
    assert isinstance(caught.value, kind), repr(caught.value)
    assert caught.value.message.isprintable()
    return caught.value


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://evil.example.com/collect", "evil.example.com"),
        ("http://user:secret@10.0.0.1:8080/", "10.0.0.1:8080"),
        ("//evil.example.com", "evil.example.com"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("http://[broken", "http://[broken"),
        ("", "nowhere"),
    ],
)
def test_a_redirect_is_not_followed_and_both_hosts_are_named(status: int, location: str, named: str) -> None:
    failure = refusal(reply("", status, "", Location=location))
    assert failure.exit_code == 7
    assert "localhost" in failure.message
    assert named in failure.message
    assert "secret" not in failure.message


def test_a_redirect_to_another_host_takes_no_session_and_no_body_there() -> None:
    with hostile(record(IDENTITY)) as thief:
        elsewhere = reply("", 307, "", Location=f"http://localhost:{thief.port}/collect")
        with hostile(elsewhere) as server, reaching(server) as portal:
            with pytest.raises(errors.NotAPortalServer):
                portal.appointments.book(BOOKING)
            assert len(server.requests) == 1
        assert thief.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        reply(CAPTIVE, 200, "text/html"),
        reply(CAPTIVE, 403, "text/html"),
        reply(CAPTIVE, 404, "text/html"),
        reply(CAPTIVE, 500, "text/html"),
        reply(json.dumps(IDENTITY), 200, "text/plain"),
        reply(json.dumps(IDENTITY), 200, ""),
        reply("", 200, "application/json"),
        reply(json.dumps(IDENTITY)[:-9]),
        reply(b'{"account_id": "\xff\xfe"}'),
        reply("[" * 100_000),
        reply("null"),
        reply("17"),
        reply('{"code": 17}', 404, "application/problem+json"),
        reply('{"code": "Not A Code"}', 409, "application/problem+json"),
        reply("[" * 100_000, 404, "application/problem+json"),
        reply("[]", 401, "application/problem+json"),
        reply("", 204, ""),
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
        b"\x00\x01\x02\x1b[2J" * 50,
    ],
)
def test_what_is_no_portal_is_told_from_one(answer: bytes) -> None:
    failure = refusal(answer)
    assert failure.exit_code == 7
    assert "localhost" in failure.message


def test_an_excerpt_of_what_came_is_short_and_can_do_nothing() -> None:
    failure = refusal(reply(CAPTIVE + "x" * 5000, 200, "text/html\x1b[2J"))
    assert "Free WiFi" in failure.message
    assert "\\x1b]0;owned\\x07 \\u202e here" in failure.message
    assert len(failure.message) < 350


def test_a_sign_out_that_something_else_answers_did_not_happen() -> None:
    answer = reply("", 200, "text/html")
    with hostile(answer) as server, reaching(server) as portal, pytest.raises(errors.NotAPortalServer):
        portal.sessions.sign_out()


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 1 << 20)
    failure = refusal(reply(b" " * ((1 << 20) + 1)))
    assert "more than" in failure.message


def test_a_compressed_answer_is_not_asked_for_and_not_unpacked() -> None:
    """A few bytes could become gigabytes."""
    with hostile(reply(b"\x1f\x8b\x08", 200, Content_Encoding="gzip")) as server, reaching(server) as portal:
        with pytest.raises(errors.NotAPortalServer):
            portal.sessions.who_am_i()
        assert b"accept-encoding: identity" in server.requests[0].lower()


def test_a_cookie_is_not_kept() -> None:
    answer = record(IDENTITY, Set_Cookie="track=me; Path=/")
    with hostile(answer) as server, reaching(server) as portal:
        portal.sessions.who_am_i()
        portal.sessions.who_am_i()
        assert b"track" not in server.requests[1]


def test_a_field_of_a_newer_portal_is_no_trouble() -> None:
    with hostile(record({**IDENTITY, "blood_type": "A"})) as server, reaching(server) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi"


def test_a_field_that_is_missing_is_named() -> None:
    lacking = {name: value for name, value in IDENTITY.items() if name != "timezone"}
    failure = refusal(record(lacking, Portal_Version="9.1"))
    assert "timezone: Field required" in failure.message
    assert failure.hint is not None
    assert "9.1" in failure.hint
    assert __version__ in failure.hint


def test_a_missing_field_of_a_list_is_named_with_its_place() -> None:
    answer = record({"items": [{"id": "inv_1"}]})
    lacking = pytest.raises(errors.NotAPortalServer, match=r"items\.0\.kind: Field required")
    with hostile(answer) as server, reaching(server) as portal, lacking:
        portal.invites.list(ListInvites())


def test_a_word_that_only_a_newer_portal_knows_is_kept_as_told() -> None:
    with hostile(record({**IDENTITY, "role": "ward-sister"})) as server, reaching(server) as portal:
        identity = portal.sessions.who_am_i()
    assert identity.role == "ward-sister"
    assert json.loads(identity.model_dump_json())["role"] == "ward-sister"


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("0.0.1", "it needs a newer version"), ("99.0", f"this portalctl is {__version__}: update it")],
)
@pytest.mark.parametrize(("code", "status"), [("no_such_operation", 404), ("method_not_allowed", 405)])
def test_an_operation_that_the_server_does_not_know_is_told_with_both_versions(
    version: str, sentence: str, code: str, status: int
) -> None:
    failure = refusal(problem(code, status, {"Portal_Version": version}), errors.Unsupported)
    assert failure.exit_code == 5
    assert failure.message == f"the portal server ({version}) does not know sessions.who_am_i"
    assert failure.hint is not None
    assert sentence in failure.hint


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (400, errors.UsageFailure, 2),
        (401, errors.SignInNeeded, 4),
        (403, errors.Refused, 5),
        (404, errors.NotFound, 3),
        (409, errors.Refused, 5),
        (410, errors.NotFound, 3),
        (418, errors.UsageFailure, 2),
        (422, errors.UsageFailure, 2),
        (501, errors.Unsupported, 5),
        (507, errors.Retryable, 7),
    ],
)
@pytest.mark.usefixtures("without_pauses")
def test_a_code_of_a_newer_server_stays_with_its_words(
    status: int, kind: type[errors.PortalError], exit_code: int
) -> None:
    failure = refusal(problem("moon_phase_wrong", status, detail="wait for the moon", hint="or do not"), kind)
    assert (failure.code, failure.message, failure.hint) == ("moon_phase_wrong", "wait for the moon", "or do not")
    assert failure.exit_code == exit_code


def test_a_server_of_another_age_that_does_not_take_what_is_asked_is_told_with_both_versions() -> None:
    """It may not have the field yet, or no longer."""
    told = {"detail": "priority: there is no such field", "hint": "the fields are: slot"}
    refused = refusal(problem("invalid_input", 422, {"Portal_Version": "0.0.1"}, **told), errors.InvalidInput)
    assert refused.hint == f"the fields are: slot (the portal server is 0.0.1, this portalctl {__version__})"
    same = refusal(problem("invalid_input", 422, {"Portal_Version": __version__}, **told), errors.InvalidInput)
    assert same.hint == "the fields are: slot"


def test_a_known_code_is_its_class_with_its_words_and_moments() -> None:
    told = problem(
        "join_not_open",
        409,
        detail="not yet",
        allowed_from="2026-03-02T08:50:00Z",
        allowed_until="2026-03-02T09:50:00Z",
    )
    failure = refusal(told, errors.JoinNotOpen)
    assert (failure.message, failure.hint) == ("not yet", None)
    assert str(failure.allowed_from) == "2026-03-02 08:50:00+00:00"
    assert str(failure.allowed_until) == "2026-03-02 09:50:00+00:00"


@pytest.mark.parametrize("moment", ["yesterday", 17, None, "2026-03-02T08:50:00"])
def test_a_moment_that_is_none_is_left_away(moment: Any) -> None:
    assert refusal(problem("slot_taken", 409, allowed_from=moment), errors.SlotTaken).allowed_from is None


@pytest.mark.usefixtures("without_pauses")
@pytest.mark.parametrize("code", ["unexpected", "disk_full", "portal_busy", "storage_failed"])
def test_trouble_of_the_servers_own_is_no_trouble_of_this_machine(code: str) -> None:
    failure = refusal(problem(code, 500, detail="it broke", request_id="abc123"), errors.Retryable)
    assert (failure.code, failure.exit_code) == (code, 7)
    assert (code == "unexpected") == ("abc123" in (failure.hint or ""))


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.usefixtures("without_pauses")
def test_a_gateway_without_a_portal_behind_it_is_a_passing_trouble(status: int) -> None:
    failure = refusal(reply("<h1>Bad gateway</h1>", status, "text/html"), errors.Retryable)
    assert (failure.code, failure.exit_code) == ("unavailable", 7)


def timed(behaviour: Behaviour) -> tuple[errors.PortalError, float]:
    """How it fails, and after how many seconds."""
    begin = time.monotonic()
    with hostile(behaviour) as server, reaching(server, patience=SHORT) as portal:
        with pytest.raises(errors.PortalError) as caught:
            portal.sessions.sign_in(SignIn(email="anna@example.com", password="tulip engine marble"))
        took = time.monotonic() - begin
        assert len(server.requests) == 1, "a sign-in is not sent again"
    return caught.value, took


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(hold, id="half-open: it says nothing"),
        pytest.param(reset, id="reset in the middle of a body"),
        pytest.param(b"", id="hangs up"),
        pytest.param(record(IDENTITY)[:-5], id="ends before the body's end"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Type: app", id="ends within the headers"),
        pytest.param(drip(record(IDENTITY)), id="a byte at a time, headers first"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500, 0.02), id="headers without end"),
        pytest.param(
            lambda _, connection: connection.sendall(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n"
            ),
            id="a broken chunk",
        ),
    ],
)
def test_an_answer_that_does_not_arrive_is_given_up_in_time(behaviour: Behaviour) -> None:
    failure, took = timed(behaviour)
    assert failure.exit_code == 7
    assert took < 5 * SHORT.exchange


@pytest.mark.usefixtures("without_pauses")
def test_a_host_that_refuses_connections_is_named_with_the_reason() -> None:
    with hostile(b"") as server:
        url = server.url
    with reaching(url) as portal, pytest.raises(errors.NetworkFailure, match="Connection refused") as caught:
        portal.sessions.who_am_i()
    assert "localhost" in caught.value.message


def test_a_name_that_nobody_has_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def unknown(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        reaching("https://portal.invalid") as portal,
        pytest.raises(errors.NetworkFailure, match="not known") as caught,
    ):
        portal.sessions.who_am_i()
    assert "portal.invalid" in caught.value.message
    assert asked == ["portal.invalid"], "it is not asked for again"


def test_a_name_server_that_is_silent_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def silent(*_: object, **__: object) -> None:
        over.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    begin = time.monotonic()
    url, given_up = "https://portal.example.com", pytest.raises(errors.NetworkFailure, match="did not answer")
    with reaching(url, patience=SHORT) as portal, given_up:
        portal.sessions.who_am_i()
    over.set()
    assert time.monotonic() - begin < 10


def test_a_token_that_cannot_travel_is_not_sent() -> None:
    with hostile(record(IDENTITY)) as server:
        for token in ("a\r\nX-Evil: 1", "caf\u00e9"):
            with pytest.raises(errors.SignInNeeded), reaching(server, token) as portal:
                portal.sessions.who_am_i()
        assert server.requests == []


def test_a_reference_stays_one_part_of_the_path_whatever_is_in_it() -> None:
    with hostile(problem("not_found", 404)) as server, reaching(server) as portal:
        for name in ("..", ".", "a/../b", "x?y=1#z", "%2e%2e", "é"):
            with pytest.raises(errors.NotFound):
                portal.clients.show(ClientReference(client=name))
        paths = [request.split(b" ")[1].decode() for request in server.requests]
    assert paths == [
        *("/clients/%2E%2E", "/clients/%2E", "/clients/a%2F..%2Fb", "/clients/x%3Fy%3D1%23z"),
        *("/clients/%252e%252e", "/clients/%C3%A9"),
    ]


def test_the_session_goes_in_its_header_alone() -> None:
    with hostile(record(IDENTITY)) as server, reaching(server, "the-token") as portal:
        portal.sessions.who_am_i()
    (request,) = server.requests
    assert request.count(b"the-token") == 1
    assert b"\r\nAuthorization: Bearer the-token\r\n" in request
    assert f"\r\nUser-Agent: portalctl/{__version__}\r\n".encode() in request


def test_nobodys_session_is_sent_where_there_is_none() -> None:
    with hostile(record(IDENTITY)) as server, reaching(server, None) as portal:
        portal.sessions.who_am_i()
    assert b"authorization" not in server.requests[0].lower()
