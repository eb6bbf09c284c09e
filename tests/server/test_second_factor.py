"""Second factors over HTTP: an answer tells nobody who has one, and the log tells no secret."""

from __future__ import annotations

import json
from typing import Any

import pyotp

from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, BEN_EMAIL
from tests.server.conftest import Served
from tests.server.raw import Reply


def guard(served: Served) -> dict[str, Any]:
    """Turn Anna's second factor on: what an app was given, and the recovery codes."""
    made: dict[str, Any] = served.ask("POST", "/mfa", "client", {"password": ANNA_PASSWORD}).json()
    code = pyotp.TOTP(made["secret"]).at(served.house.clock())
    return {**made, **served.ask("POST", "/mfa/verify", "client", {"code": code}).json()}


def seen(reply: Reply) -> object:
    """All that can be told apart in an answer, but for its own number and moment."""
    headers = {name: value for name, value in reply.headers.items() if name not in ("date", "x-request-id")}
    body = {name: value for name, value in reply.json().items() if name not in ("instance", "request_id")}
    return reply.status, sorted(headers.items()), body


def test_a_wrong_password_is_answered_alike_with_a_factor_without_and_without_an_account(served: Served) -> None:
    """Status, size, every header and every word."""
    guarded = guard(served)
    told = [
        seen(served.ask("POST", "/sessions", None, {"email": email, "password": "not the password", **code}))
        for email in (ANNA_EMAIL, BEN_EMAIL, "nobody@example.com")
        for code in ({}, {"code": "000000"}, {"code": guarded["codes"][0]})
    ]
    assert told.count(told[0]) == len(told)


def test_what_comes_of_the_password_alone_holds_nothing_to_come_back_with(served: Served) -> None:
    """There is no token before the last step, so none can be used, stolen or kept (case 72)."""
    guard(served)
    reply = served.ask("POST", "/sessions", None, {"email": ANNA_EMAIL, "password": ANNA_PASSWORD})
    assert (reply.status, reply.json()["code"]) == (401, "mfa_needed")
    assert "pct_" not in reply.body.decode()
    assert "set-cookie" not in reply.headers


def test_no_secret_of_a_second_factor_is_logged(served: Served) -> None:
    guarded = guard(served)
    code = guarded["codes"][0]
    served.ask("POST", "/sessions", None, {"email": ANNA_EMAIL, "password": ANNA_PASSWORD, "code": code})
    served.ask("POST", "/sessions", None, {"email": ANNA_EMAIL, "password": ANNA_PASSWORD, "code": "not a code"})
    served.ask("POST", "/mfa/recovery-codes", "client", {"code": guarded["codes"][1]})
    served.ask("POST", f"/mfa/verify?code={code}", "client")
    token = served.ask("POST", "/tokens", "client", {"name": "script", "scopes": ["slots:read"]}).json()["token"]
    log = served.log.getvalue().decode()
    assert log.count("mfa.verify") == 2
    for secret in (guarded["secret"], guarded["uri"], token, ANNA_PASSWORD, "not a code", *guarded["codes"]):
        assert secret not in log
        assert json.dumps(secret) not in log
