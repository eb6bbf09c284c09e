"""What the server says about its work: enough to find a fault, and nothing about anybody."""

from __future__ import annotations

import json

import pytest

from tests.server.conftest import Served
from tests.server.raw import ask, request


def test_each_request_is_one_line_of_json(served: Served) -> None:
    served.ask("GET", "/appointments?limit=5", "client", headers={"X-Request-ID": "find.me.again"})
    (line,) = [line for line in served.logged() if line.get("request_id") == "find.me.again"]
    account = served.ask("GET", "/sessions/current", "client").json()["account_id"]
    assert line.pop("milliseconds") > 0
    assert line.pop("timestamp")
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": "find.me.again",
        "operation": "appointments.list",
        "status": 200,
        "account": account,
    }


def test_probes_are_not_worth_a_line(served: Served) -> None:
    before = len(served.logged())
    for path in ("/healthz", "/readyz", "/metrics"):
        served.ask("GET", path)
    assert len(served.logged()) == before


def test_no_name_text_token_password_or_query_is_logged(served: Served) -> None:
    """Whatever is sent, wherever it stands, and whether it succeeds."""
    secret = "canary"
    slot = served.house.existing["slot"]
    served.ask("POST", "/sessions", None, {"email": f"{secret}@example.com", "password": secret})
    served.ask("POST", "/invites", "owner", {"email": f"{secret}@example.com", "name": secret})
    served.ask("POST", "/appointments", "client", {"slot": slot, "note": secret})
    served.ask("GET", f"/appointments?client={secret}", "owner")
    served.ask("GET", f"/clients/{secret}", "owner")
    served.ask("GET", f"/{secret}?{secret}={secret}", "owner", headers={"User-Agent": secret, "Referer": secret})
    served.ask("GET", f"/invite/{secret}")
    served.ask("POST", "/sessions", body=f'{{"{secret}'.encode())
    ask(served.serving.port, f"GET /{secret} {secret}\r\n\r\n".encode())
    told = served.log.getvalue().decode()
    assert told.count("\n") >= 8
    assert secret not in told
    for token in served.house.tokens.values():
        assert token not in told
    for name in ("Anna", "Bianchi", "Rossi", "example.com"):
        assert name not in told


@pytest.mark.parametrize("text", ['x"}\n{"event": "forged', "x\x1b[2Jxxxxxx", "x\r\nforged: yes"])
def test_nobody_writes_a_line_of_their_own(served: Served, text: str) -> None:
    sent = request("GET", "/practice", {"X-Request-ID": "placeholder"}).replace(b"placeholder", text.encode())
    ask(served.serving.port, sent)
    served.ask("GET", f"/appointments/{json.dumps(text)[1:-1]}".replace(" ", "%20").replace('"', "%22"), "client")
    for line in served.log.getvalue().decode().splitlines():
        assert json.loads(line)["event"] == "request"


def test_a_fault_of_the_server_is_told_without_what_led_to_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kind and place are logged under the id that the answer gives; the answer says nothing else."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary of Anna Bianchi")

    monkeypatch.setattr("portalctl.domain.appointments.appointments.page", fail)
    answer = served.ask("GET", "/appointments", "client")
    assert (answer.status, answer.code) == (500, "unexpected")
    (line,) = [line for line in served.logged() if line["event"] == "failed"]
    assert line["request_id"] == answer.headers["x-request-id"] == answer.json()["request_id"]
    assert line["error"] == "RuntimeError"
    assert "test_logs.py" in line["at"][-1]
    assert "canary" not in served.log.getvalue().decode() + answer.body.decode()


def test_a_storage_fault_says_nothing_about_the_machine(served: Served) -> None:
    served.serving.site.store.close()
    served.house.file.write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)
    answer = served.ask("GET", "/appointments", "client")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert b"portal.db" not in answer.body
    assert served.ask("GET", "/readyz").status == 503
    assert served.ask("GET", "/healthz").status == 200
    failed = [line for line in served.logged() if line["event"] == "failed"]
    assert {line["error"] for line in failed} == {"PortalNotAPortal"}
