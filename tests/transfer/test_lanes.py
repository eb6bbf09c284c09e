"""Jobs done several at a time: each is told as it ends, a failure ends all, and who breaks off does not wait long."""

from __future__ import annotations

import threading
import time

import pytest

from portalctl.transfer import lanes
from portalctl.transfer.lanes import LANES, Lanes, Stopped


def test_every_job_is_done_once_and_several_at_a_time() -> None:
    meeting = threading.Barrier(LANES)

    def work(job: int) -> int:
        if job < LANES:
            meeting.wait(timeout=60)
        return job * 10

    assert sorted(Lanes(work).results(range(9))) == [job * 10 for job in range(9)]


def test_one_job_is_done_by_the_thread_that_asks() -> None:
    assert list(Lanes[int, threading.Thread](lambda _: threading.current_thread()).results([1])) == [
        threading.current_thread()
    ]
    assert list(Lanes[int, int](lambda _: pytest.fail("there is no job")).results([])) == []


def test_a_failure_is_raised_behind_all_that_ended_and_nothing_is_begun_after_it() -> None:
    begun: list[int] = []
    is_failing = threading.Event()

    def work(job: int) -> int:
        begun.append(job)
        if job == 1:
            is_failing.set()
            raise LookupError(job)
        is_failing.wait(timeout=60)
        return job

    told: list[int] = []
    with pytest.raises(LookupError):
        told.extend(Lanes(work).results(range(1000)))
    assert set(told) | {1} == set(begun)
    assert len(begun) < 1000


def test_who_pauses_is_woken_when_the_run_is_broken_off() -> None:
    is_pausing = threading.Event()
    under_way: Lanes[int, int]
    woken: list[int] = []

    def work(job: int) -> int:
        if job == 0:
            return 0
        is_pausing.set()
        try:
            under_way.pause(600)
        except Stopped:
            woken.append(job)
            raise
        return job

    under_way = Lanes(work)
    results = under_way.results(range(LANES + 1))
    assert next(results) == 0
    assert is_pausing.wait(60)
    began = time.monotonic()
    assert list(under_way.last_results()) == []
    assert woken
    assert time.monotonic() - began < 60


def test_what_ends_in_the_time_that_is_left_is_told_and_no_more_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LAST_WAIT", 0.05)
    never, is_begun = threading.Event(), threading.Event()

    def work(job: int) -> int:
        if job == 1:
            is_begun.set()
            never.wait(60)
        return job

    under_way = Lanes(work)
    results = under_way.results([0, 1, 2, 3])
    first = next(results)
    assert is_begun.wait(60)
    rest = list(under_way.last_results())
    assert 1 not in (first, *rest)
    never.set()
