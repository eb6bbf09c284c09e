"""Each caller has a rate of their own, and nobody uses up another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from portalctl import errors
from portalctl.server.limits import Limits
from portalctl.server.rates import REMEMBERED, Buckets, Turnstile
from tests.domain.conftest import FakeClock
from tests.domain.house import House
from tests.server.conftest import served_copy

FEW = Limits(session_rate=0.01, session_burst=5, address_rate=0.01, address_burst=8)


def test_a_bucket_is_full_at_first_and_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    buckets = Buckets(rate=2, burst=3)
    assert [buckets.take("anna") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("ben") == 0
    now += 0.5
    assert [buckets.take("anna") for _ in range(2)] == [0, 0.5]
    now += 1000
    assert [buckets.take("anna") for _ in range(4)] == [0, 0, 0, 0.5]


def test_who_has_been_quiet_for_the_longest_is_forgotten() -> None:
    buckets = Buckets(rate=1, burst=1)
    for number in range(REMEMBERED + 1):
        buckets.take(str(number))
    assert "0" not in buckets
    assert "1" in buckets


def test_a_session_that_is_known_has_a_rate_of_its_own() -> None:
    """Whoever tries tokens out slows down their address, and nobody who is signed in there."""
    turnstile = Turnstile(FEW)
    turnstile.know("alive")
    for number in range(8):
        turnstile.enter(f"guess {number}", "203.0.113.9", FakeClock())
    with pytest.raises(errors.TooManyRequests) as caught:
        turnstile.enter("another guess", "203.0.113.9", FakeClock())
    assert caught.value.allowed_from is not None
    with pytest.raises(errors.TooManyRequests):
        turnstile.enter(None, "203.0.113.9", FakeClock())
    turnstile.enter("alive", "203.0.113.9", FakeClock())
    turnstile.enter(None, "203.0.113.10", FakeClock())


def test_too_many_requests_are_told_when_to_come_again(furnished: House, tmp_path: Path) -> None:
    with served_copy(furnished, tmp_path, limits=FEW) as served:
        answers = [served.ask("GET", "/practice", "client") for _ in range(6)]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        assert answers[-1].code == "too_many_requests"
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert served.ask("GET", "/practice", "owner").status == 200
        assert served.ask("GET", "/healthz").status == 200
