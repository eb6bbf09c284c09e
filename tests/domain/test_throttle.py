"""Failures slow down, per account and per address, and never lock anybody out for good."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portalctl.domain import throttle
from portalctl.errors import TooManyAttempts
from portalctl.storage.sqlite import SqliteStore

AT = 1_772_438_400
ANNA = throttle.of_account("anna@example.com")
LOCAL = throttle.of_address("local")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "portal.db", create=True)
    yield made
    made.close()


def attempt(store: SqliteStore, at: int, bucket: throttle.Bucket = ANNA) -> int | None:
    """Fail once; the delay in seconds where the attempt was not let in, else None."""
    try:
        with store.writing() as tx:
            throttle.begin(tx, at, bucket)
    except TooManyAttempts as refusal:
        return int(refusal.allowed_from.timestamp()) - at if refusal.allowed_from else -1
    return None


def test_the_first_five_failures_of_an_account_cost_nothing_and_then_the_delay_doubles_up_to_a_minute() -> None:
    assert [throttle.delay_after(failures, ANNA.free) for failures in range(1, 14)] == [
        *(0, 0, 0, 0, 0),
        *(1, 2, 4, 8, 16, 32, 60, 60),
    ]
    assert throttle.delay_after(10**9, ANNA.free) == 60


def test_an_address_may_fail_more_often_than_an_account() -> None:
    assert throttle.delay_after(50, LOCAL.free) == 0
    assert throttle.delay_after(51, LOCAL.free) == 1
    assert throttle.delay_after(60, LOCAL.free) == 60


def test_an_attempt_during_a_delay_is_refused_and_does_not_extend_it(store: SqliteStore) -> None:
    assert [attempt(store, AT) for _ in range(6)] == [None] * 6
    assert [attempt(store, AT) for _ in range(20)] == [1] * 20
    assert attempt(store, AT + 1) is None
    assert [attempt(store, AT + 1), attempt(store, AT + 2), attempt(store, AT + 3)] == [2, 1, None]


def test_the_refusal_says_when_the_next_attempt_counts(store: SqliteStore) -> None:
    for _ in range(6):
        attempt(store, AT)
    with pytest.raises(TooManyAttempts) as refused, store.writing() as tx:
        throttle.begin(tx, AT, ANNA)
    assert refused.value.hint == "try again in 1 s, at 2026-03-02 08:00:01 UTC"
    assert refused.value.exit_code == 7


def test_attempts_side_by_side_gain_nothing(store: SqliteStore) -> None:
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda _: attempt(store, AT), range(64)))
    assert outcomes.count(None) == 6
    assert outcomes.count(1) == 58


def test_failures_are_forgotten_a_day_after_the_last(store: SqliteStore) -> None:
    for _ in range(6):
        attempt(store, AT)
    assert attempt(store, AT + throttle.MEMORY - 1) is None
    assert attempt(store, AT + throttle.MEMORY) == 1, "the seventh failure still counted"
    later = AT + 2 * throttle.MEMORY - 1
    assert [attempt(store, later) for _ in range(6)] == [None] * 6


def test_a_clock_that_is_set_back_makes_nobody_wait_until_it_has_caught_up(store: SqliteStore) -> None:
    for _ in range(6):
        attempt(store, AT)
    yesterday = AT - 86_400
    assert attempt(store, yesterday) is None
    assert attempt(store, yesterday) == 2


def test_a_success_takes_back_its_own_attempt_at_the_address_only(store: SqliteStore) -> None:
    with store.writing() as tx:
        for _ in range(51):
            throttle.begin(tx, AT, LOCAL)
        throttle.forgive(tx, AT, LOCAL)
        throttle.begin(tx, AT, LOCAL)
    assert attempt(store, AT, LOCAL) == 1


def test_the_delay_runs_from_the_answer_not_from_the_question(store: SqliteStore) -> None:
    for _ in range(6):
        attempt(store, AT)
    with store.writing() as tx:
        throttle.settle(tx, AT + 3, ANNA)
    assert attempt(store, AT + 3) == 1


def test_buckets_hold_no_addresses() -> None:
    assert "anna" not in ANNA.name
    assert "local" not in LOCAL.name
