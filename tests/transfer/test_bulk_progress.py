"""How far a run is: a bar on a terminal that is gone at the end, plain lines elsewhere, and nothing on stdout."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TextIO

import pytest

from portalctl.models.batch_words import FileStatus
from portalctl.transfer import bulk_progress
from portalctl.transfer.bulk_progress import Bulk
from portalctl.transfer.items import Item, Purpose, Result, Signature
from portalctl.transfer.journal import Ended


def item(row: int, length: int = 1_000_000) -> Item:
    """A file of a million bytes."""
    return Item(row, f"scans/{row}\x1b[2J.pdf", Signature(1, row, length, 0, 0), Purpose())


def ended(one: Item) -> Ended:
    """One that was sent."""
    return Ended(one, one.signature, Result(one.row, one.path, FileStatus.SENT))


def run(stderr: TextIO | None) -> None:
    """A run of three files, one of which travels by itself."""
    items = [item(1), item(2), item(3, 3_000_000)]
    with Bulk(stderr, items) as bulk:
        for one in items[:2]:
            bulk.began(one.path)
            bulk.ended([ended(one)])
        following = bulk.watched_by(lambda: None)
        assert len(list(following.following(items[2].path, iter([bytes(1 << 20)] * 3), 0, 3 << 20))) == 3
        bulk.ended([ended(items[2])])


def test_elsewhere_there_are_plain_lines_and_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    run(told)
    assert told.getvalue() == "", "what ends soon shows only its end"
    monkeypatch.setattr(bulk_progress, "PLAIN_PAUSE", 0)
    run(told)
    lines = told.getvalue().splitlines()
    assert lines[0] == "1 of 3 files, 1.0 of 5.0 MB"
    assert lines[-1].startswith("3 of 3 files, ")
    assert "\x1b" not in told.getvalue()
    run(None)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO]]:
    """A terminal: where what is shown can be read, and where it is written."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    reading, writing = os.openpty()
    with os.fdopen(writing, "w") as file:
        yield reading, file
    os.close(reading)


def shown(reading: int) -> str:
    """All that a terminal was sent."""
    os.set_blocking(reading, False)
    found = b""
    try:
        while chunk := os.read(reading, 1 << 16):
            found += chunk
    except BlockingIOError:
        pass
    return found.decode()


def test_on_a_terminal_there_is_a_bar_with_safe_names_which_goes_away(
    terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stderr = terminal
    run(stderr)
    assert shown(reading) == "", "what ends soon shows no bar"
    monkeypatch.setattr(bulk_progress, "PATIENCE", 0)
    run(stderr)
    told = shown(reading)
    assert "of 3 files" in told
    assert "MB" in told
    assert "\x1b[2J" not in told
    assert told.rstrip().endswith(("\x1b[2K", "\x1b[1A\x1b[2K")), "it is taken away at the end"


def test_a_terminal_that_cannot_go_back_gets_lines(
    terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stderr = terminal
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(bulk_progress, "PATIENCE", 0)
    monkeypatch.setattr(bulk_progress, "PLAIN_PAUSE", 0)
    run(stderr)
    told = shown(reading)
    assert "1 of 3 files" in told
    assert "\x1b" not in told


def test_a_run_that_is_broken_off_ends_within_a_longer_file() -> None:
    class Ends(Exception):
        pass

    def go_on() -> None:
        raise Ends

    with Bulk(None, [item(1)]) as bulk, pytest.raises(Ends):
        list(bulk.watched_by(go_on).following("a.pdf", iter([b"x"]), 0, 1))
