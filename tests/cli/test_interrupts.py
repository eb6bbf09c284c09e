"""Ctrl-C while many results pass."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from portalctl.commands.interrupts import hearing
from portalctl.models.batches import FileResult
from portalctl.transfer.items import Result
from tests.cli.conftest import Cli


def lose_one() -> None:
    """An interrupt that comes where it is swallowed, as within pydantic."""
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_one_that_is_swallowed_ends_the_run_behind_the_result_that_it_came_with() -> None:
    taken: list[int] = []

    def take(number: int) -> None:
        taken.append(number)
        if number == 2:
            lose_one()

    with hearing() as interrupt, pytest.raises(KeyboardInterrupt):
        list(map(take, interrupt.heeded(range(5))))
    assert taken == [0, 1, 2]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_that_is_not_swallowed_is_raised_at_once_and_none_changes_nothing() -> None:
    with hearing() as interrupt:
        assert list(interrupt.heeded(range(5))) == [0, 1, 2, 3, 4]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert interrupt.was_heard


@pytest.fixture(params=[signal.SIG_IGN, lambda _number, _frame: None], ids=["ignored", "handled"])
def otherwise(request: pytest.FixtureRequest) -> Iterator[object]:
    before = signal.signal(signal.SIGINT, request.param)
    yield request.param
    signal.signal(signal.SIGINT, before)


def test_who_takes_interrupts_otherwise_still_does(otherwise: object) -> None:
    with hearing() as interrupt:
        assert signal.getsignal(signal.SIGINT) is otherwise
        signal.raise_signal(signal.SIGINT)
        assert list(interrupt.heeded(range(2))) == [0, 1]


def test_beside_the_main_thread_nothing_is_heard_and_all_passes() -> None:
    passed: list[int] = []

    def run() -> None:
        with hearing() as interrupt:
            passed.extend(interrupt.heeded(range(3)))

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert passed == [0, 1, 2]


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_a_run_for_scripts_stops_though_its_output_swallows_the_interrupt(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number:02}.txt").write_text(f"{number}\n")
    told: Callable[[Result], FileResult] = Result.told

    def losing(result: Result) -> FileResult:
        if result.row == 3:
            lose_one()
        return told(result)

    upload = ("docs", "upload", "--client", "anna@example.com", "--yes", "-r", str(folder), form)
    with monkeypatch.context() as patch:
        patch.setattr(Result, "told", losing)
        stopped = cli(*upload, profile="practice")
    assert stopped.code == 130
    assert "The same command goes on where it was" in stopped.err
    results = json.loads(stopped.out) if form == "--json" else [json.loads(line) for line in stopped.out.splitlines()]
    assert [each.get("row") for each in results] == [1, 2, 3, None]
    assert cli(*upload, profile="practice").code == 0
