"""The headers of every answer: nothing personal is kept, nothing is guessed, and a record says its version."""

from __future__ import annotations

import re

import pytest

from portalctl import __version__
from tests.server.conftest import Served
from tests.server.raw import ask, request

PATHS = ["/appointments", "/practice", "/nope", "/healthz", "/readyz", "/metrics", "/appointments?limit=0"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["client", None])
def test_whatever_is_answered_is_kept_by_nobody_and_shown_by_no_browser(
    shared: Served, path: str, role: str | None
) -> None:
    headers = shared.ask("GET", path, role).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["portal-version"] == __version__
    assert headers["server"] == "portalctl"
    assert "strict-transport-security" not in headers
    assert "set-cookie" not in headers


def test_a_page_says_itself_what_it_needs(shared: Served) -> None:
    answer = shared.ask("GET", "/device", headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "'self'" in answer.headers["content-security-policy"]


def test_a_request_keeps_the_id_that_it_brings_when_that_is_well_formed(shared: Served) -> None:
    kept = shared.ask("GET", "/healthz", headers={"X-Request-ID": "abc-123.DEF_9"})
    assert kept.headers["x-request-id"] == "abc-123.DEF_9"
    for given in ("short", "a" * 65, 'quote"quote', "{}{}{}{}", "b\x7fbbbbbbb"[:1] + " spaced out"):
        made = shared.ask("GET", "/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{16}", made)


class TestVersions:
    """What two people may edit: who comes second learns that somebody was there."""

    def test_a_record_is_answered_with_its_version_and_changed_by_it(self, served: Served) -> None:
        shown = served.ask("GET", "/policy", "owner")
        tag = shown.headers["etag"]
        assert tag == f'"{shown.json()["version"]}"'
        changed = served.ask("PATCH", "/policy", "owner", {"horizon_days": 30}, headers={"If-Match": tag})
        assert changed.status == 200
        assert changed.headers["etag"] != tag
        again = served.ask("PATCH", "/policy", "owner", {"horizon_days": 31}, headers={"If-Match": tag})
        assert (again.status, again.code) == (412, "changed_meanwhile")
        assert served.ask("GET", "/policy", "owner").headers["etag"] == changed.headers["etag"]

    def test_a_weak_tag_and_none_are_taken_too(self, served: Served) -> None:
        tag = served.ask("GET", "/policy", "owner").headers["etag"]
        weakly = served.ask("PATCH", "/policy", "owner", {"horizon_days": 30}, headers={"If-Match": f"W/{tag}"})
        assert weakly.status == 200
        assert served.ask("PATCH", "/policy", "owner", {"horizon_days": 31}).status == 200

    def test_a_tag_is_not_asked_for_where_nothing_has_one(self, shared: Served) -> None:
        assert "etag" not in shared.ask("GET", "/practice", "client").headers


class TestIdempotency:
    """The same key and request have one effect; the header carries the key."""

    def test_a_repeated_booking_answers_the_first_and_another_request_is_a_conflict(self, served: Served) -> None:
        slots = served.ask("GET", "/slots?limit=3", "client").json()
        key = {"Idempotency-Key": "one-intent"}
        first, second = (
            served.ask("POST", "/appointments", "client", {"slot": slots[0]["id"]}, headers=key) for _ in range(2)
        )
        assert (first.status, first.json()) == (second.status, second.json())
        other = served.ask("POST", "/appointments", "client", {"slot": slots[-1]["id"]}, headers=key)
        assert (other.status, other.code) == (422, "idempotency_conflict")

    def test_the_same_key_of_somebody_else_is_another_intent(self, served: Served) -> None:
        slots = served.ask("GET", "/slots?limit=50", "client").json()
        key = {"Idempotency-Key": "one-intent"}
        for role, slot in (("client", slots[0]), ("other client", slots[-1])):
            assert served.ask("POST", "/appointments", role, {"slot": slot["id"]}, headers=key).status == 200


def test_the_well_formed_id_reaches_no_header_line_of_its_own(shared: Served) -> None:
    """A line break in a header is refused before anything reads it."""
    content = request("GET", "/healthz", {"X-Request-ID": "abcdefgh\nSet-Cookie: a=b"})
    assert ask(shared.serving.port, content).status == 400
