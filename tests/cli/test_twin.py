"""Many small files into a portal file are sent by two processes: every file once, whatever becomes of either."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from portalctl.transfer.sharing import TWINS
from portalctl.transfer.twin import Twin
from tests.cli.live import PATIENCE, Program, shell_code

COUNT = TWINS.start + 600

UPLOAD = ("docs", "upload", "--profile", "practice", "--client", "anna@example.com", "--yes", "--json", "-r")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files that are all taken, but for every hundredth, which is none that its name says."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(COUNT):
        content = f"result {number}\n".encode() if number % 100 else b"\x7fELF" + number.to_bytes(8, "big")
        (folder / f"{number:04}.txt").write_bytes(content)
    return folder


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that it began and has not seen the end of."""
    try:
        return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def awaited(process: subprocess.Popen[bytes], what: Callable[[], Any]) -> Any:
    """The first of what it looks for that is there, while the process runs."""
    until = time.monotonic() + PATIENCE
    while not (found := what()):
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < until
    return found


def journal_tells_of_files(home: Path) -> bool:
    """Whether some were sent."""
    return any(b'"files":[' in each.read_bytes() for each in (home / "state" / "batches").glob("*.jsonl"))


def taken(home: Path) -> dict[str, str]:
    """What is in the portal: each document's hash by its name, each name once."""
    connection = apsw.Connection(str(home / "data" / "portal.db"))
    rows = connection.execute("SELECT name, sha256 FROM documents").fetchall()
    connection.close()
    assert len({name for name, _ in rows}) == len(rows)
    return {str(name): str(sha256) for name, sha256 in rows}


def whole(folder: Path) -> dict[str, str]:
    """What is to be in the portal."""
    contents = {each.name: each.read_bytes() for each in folder.iterdir()}
    return {
        name: hashlib.sha256(content).hexdigest()
        for name, content in contents.items()
        if not content.startswith(b"\x7fELF")
    }


def test_two_processes_tell_as_one(live: Program, folder: Path) -> None:
    """What was sent, and of each that was not why; in the order of rows nothing is missing or said twice."""
    with live.start(*UPLOAD, str(folder)) as process:
        (twin,) = awaited(process, lambda: children(process))
        *told, summary = json.loads(process.stdout.read())
        assert shell_code(process.wait()) == 6
    assert not Path(f"/proc/{twin}").exists()
    refused = (COUNT + 99) // 100
    assert (summary["sent"], summary["failed"], summary["there"]) == (COUNT - refused, refused, 0)
    assert sorted(each["row"] for each in told) == list(range(1, COUNT + 1))
    assert {each["path"] for each in told} == {str(each) for each in folder.iterdir()}
    failed = [each for each in told if each["status"] == "failed"]
    assert {(each["code"], each["client"]) for each in failed} == {("kind_not_taken", "Anna Bianchi")}
    assert all(each["message"] and each["hint"] for each in failed)
    sent = {Path(each["path"]).name: each["sha256"] for each in told if each["status"] == "sent"}
    assert sent == whole(folder) == taken(live.home)


def test_a_twin_that_is_killed_costs_nothing(live: Program, folder: Path) -> None:
    with live.start(*UPLOAD, str(folder)) as process:
        (twin,) = awaited(process, lambda: children(process))
        awaited(process, lambda: journal_tells_of_files(live.home))
        os.kill(twin, signal.SIGKILL)
        *told, summary = json.loads(process.stdout.read())
        assert shell_code(process.wait()) == 6
    assert summary["sent"] + summary["there"] == len(whole(folder))
    assert len({each["document_id"] for each in told if each["document_id"]}) == len(whole(folder))
    assert taken(live.home) == whole(folder)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_twin_ends_with_who_began_it(live: Program, folder: Path, end: signal.Signals) -> None:
    """Nobody holds the journal then, and the same command goes on; a run may also end by itself before it hears."""
    with live.start(*UPLOAD, str(folder)) as process:
        (twin,) = awaited(process, lambda: children(process))
        awaited(process, lambda: journal_tells_of_files(live.home))
        process.send_signal(end)
        process.stdout.read()
        assert shell_code(process.wait()) in (128 + end, 6)
    *_, summary = json.loads(live.run(*UPLOAD, str(folder)).stdout)
    assert summary["there"] > 0
    assert summary["sent"] + summary["there"] == len(whole(folder))
    assert taken(live.home) == whole(folder)
    until = time.monotonic() + PATIENCE
    while Path(f"/proc/{twin}").exists():
        assert time.monotonic() < until


def test_nothing_is_forked_beside_other_threads() -> None:
    """A child would have their locks, and nobody to open them."""
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert Twin.of(lambda: pytest.fail("it was forked"), []) is None
    finally:
        done.set()
        other.join()
