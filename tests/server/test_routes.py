"""Requests find their operation: by method and raw path, derived from the contract."""

from __future__ import annotations

import re
import socket

import pytest

from portalctl.contract.binding import every_operation, to_wire
from portalctl.domain.access import PUBLIC
from portalctl.models.clients import ClientReference
from portalctl.server.routes import PAYS, SLOW, Routes, derive
from tests.domain.house import REQUESTS, filled
from tests.server.conftest import Served

OPERATIONS = every_operation()


@pytest.mark.parametrize("key", OPERATIONS)
def test_every_operation_of_the_contract_has_its_route(shared: Served, key: str) -> None:
    routes = Routes(derive(shared.serving.site))
    operation = OPERATIONS[key].operation
    path = re.sub(r"{\w+}", "WDJB-MJHT", operation.path)
    assert routes.find(operation.method, path)[0].key == key


def test_what_is_carried_out_apart_is_declared_by_the_contract() -> None:
    """A name that is misspelt would hold everybody up again."""
    assert OPERATIONS.keys() >= PAYS | SLOW


@pytest.mark.parametrize("key", sorted(OPERATIONS.keys() - PUBLIC))
def test_without_a_session_nothing_is_said_but_that_one_is_needed(shared: Served, key: str) -> None:
    """Not even whether the request was in order."""
    operation = OPERATIONS[key].operation
    path = re.sub(r"{\w+}", "!", operation.path) + "?there=is&no=such"
    for headers in ({}, {"Authorization": "Bearer pct_wrong"}, {"Authorization": "Basic cm9zc2k6eA=="}):
        body = b"{" if operation.method not in ("GET", "DELETE") else None
        answer = shared.ask(operation.method, path, headers=headers, body=body)
        assert (answer.status, answer.code) == (401, "sign_in_needed")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ["client", "owner"])
def test_whoever_may_not_do_it_learns_that_before_anything_about_their_request(shared: Served, role: str) -> None:
    operation = ("GET", "/dashboard?x=1") if role == "owner" else ("POST", "/staff")
    answer = shared.ask(*operation, role, {"wrong": 1} if role == "client" else None)
    assert (answer.status, answer.code) == (403, "not_permitted")


def test_a_quoted_slash_stays_within_a_reference(shared: Served) -> None:
    wire = to_wire(OPERATIONS["clients.show"], ClientReference(client="a/b"))
    assert wire.path == "/clients/a%2Fb"
    answer = shared.ask("GET", wire.path, "owner")
    assert (answer.status, answer.code) == (404, "not_found")
    assert "a/b" in answer.json()["detail"]
    assert shared.ask("GET", "/clients/a/b", "owner").code == "no_such_operation"


@pytest.mark.parametrize("path", ["/nope", "/appointments/", "//appointments", "/Appointments", "/appointments/x/y/z"])
def test_an_unknown_path_is_no_such_operation(shared: Served, path: str) -> None:
    answer = shared.ask("GET", path, "owner")
    assert (answer.status, answer.code, answer.json()["exit_code"]) == (404, "no_such_operation", 5)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_method_that_a_path_does_not_take_is_answered_with_those_it_takes(shared: Served) -> None:
    answer = shared.ask("DELETE", "/appointments", "owner")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert shared.ask("GET", "/password/reset", "owner").headers["allow"] == "OPTIONS, POST"


def test_options_says_what_a_path_takes_and_nothing_to_other_origins(shared: Served) -> None:
    answer = shared.ask("OPTIONS", "/staff", headers={"Origin": "https://evil.example"})
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert shared.ask("OPTIONS", "/nope").status == 404


def test_head_answers_what_get_would_without_its_body(shared: Served) -> None:
    got, headed = (shared.ask(method, "/practice", "client") for method in ("GET", "HEAD"))
    assert (headed.status, headed.body) == (200, b"")
    assert headed.headers["content-length"] == got.headers["content-length"] == str(len(got.body))


@pytest.mark.parametrize("key", ["appointments.show", "appointments.cancel", "appointments.room", "clients.show"])
def test_a_foreign_record_answers_exactly_as_a_missing_one(shared: Served, key: str) -> None:
    """As over the portal file, where every operation is walked: the server adds nothing that tells them apart."""
    one, told = OPERATIONS[key], []
    for things in (shared.house.existing, {"appointment": "apt_zzzzzzzzzzzz", "client": "cli_zzzzzzzzzzzz"}):
        request = filled(REQUESTS[key][0], things)
        assert one.request is not None
        wire = to_wire(one, one.request.model_validate(request))
        answer = shared.ask(wire.method, wire.path, "client", body=wire.body)
        (reference,) = request.values()
        problem = {**answer.json(), "request_id": "", "detail": answer.json()["detail"].replace(reference, "…")}
        varying = {"x-request-id", "date", "content-length"}
        headers = {name: value for name, value in answer.headers.items() if name not in varying}
        told.append((answer.status, problem, headers))
    assert told[0] == told[1]
    assert told[0][0] == 404


@pytest.mark.parametrize("extra", ["role", "client_id", "verified", "price", "status"])
def test_a_field_that_is_not_asked_for_is_refused_not_ignored(shared: Served, extra: str) -> None:
    """Nobody makes themselves more than they are by sending more than they are asked."""
    answer = shared.ask("POST", "/appointments", "client", {"slot": shared.house.existing["slot"], extra: "owner"})
    assert (answer.status, answer.code) == (422, "invalid_input")
    assert extra in answer.json()["detail"]


def test_somebody_whose_access_ends_is_refused_on_the_next_request(served: Served) -> None:
    assert served.ask("GET", "/staff", "staff").status == 200
    assert served.ask("POST", f"/staff/{served.house.existing['staff']}/disable", "owner", {}).status == 200
    assert served.ask("GET", "/staff", "staff").code == "sign_in_needed"


def test_an_address_that_somebody_wrote_is_never_fetched(served: Served) -> None:
    """A room leads wherever the practice says; the server tells it and goes nowhere."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        room = f"https://127.0.0.1:{listener.getsockname()[1]}/room"
        call = {"name": "Call", "duration_minutes": 30, "place": "video", "room_url": room}
        added = served.ask("POST", "/services", "owner", {**call, "practitioners": ["Dr Rossi"]})
        assert added.status == 200, added.body
        now = served.house.clock().replace(hour=8, minute=5).isoformat()
        parts = {"service": "Call", "practitioner": "Dr Rossi", "starts_at": now, "client": "anna@example.com"}
        booked = served.ask("POST", "/appointments", "owner", parts)
        assert booked.status == 200, booked.body
        joined = served.ask("GET", f"/appointments/{booked.json()['id']}/room", "client")
        assert joined.json()["url"] == room, joined.body
        with pytest.raises(BlockingIOError):
            listener.accept()
