"""Runs of many files: broken off they go on, nothing is sent twice, and what failed can be taken up again."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.batch_words import FileAdded, FileToAdd
from portalctl.transfer.journal_lines import line_of
from portalctl.transfer.lanes import LANES
from tests.cli.conftest import Cli, Result
from tests.cli.live import PATIENCE, Program, shell_code

COUNT = 12


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files for one client, of which three travel together."""
    monkeypatch.setattr("portalctl.transfer.sharing.BATCH_FILES", 3)
    return made(tmp_path / "files", COUNT)


def made(folder: Path, count: int) -> Path:
    """A folder with that many files."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(f"result {number}\n")
    return folder


def share(cli: Cli, *arguments: str | Path) -> Result:
    """Send files to Anna."""
    words = ("docs", "upload", "--client", "anna@example.com", "--yes", "--json")
    return cli(*words, *map(str, arguments), profile="practice")


def counts(done: Result) -> dict[str, int]:
    """How a run ended, in numbers."""
    summary = done.data[-1]
    return {name: summary[name] for name in ("sent", "there", "skipped", "failed") if summary[name]}


def what_anna_has(cli: Cli) -> list[str]:
    """The names of the documents that Anna sees."""
    return sorted(each["name"] for each in cli.ok("docs", "list", "--shared", "--json", profile="anna").data)


def journals(cli: Cli) -> list[Path]:
    """The files of all that is remembered."""
    return sorted((cli.home / "state" / "batches").iterdir())


def has_some(journal: Path) -> bool:
    """Whether a whole line of it tells of files."""
    return b'"files":[' in journal.read_bytes().rpartition(b"\n")[0]


def listed(cli: Cli) -> list[Any]:
    """The batches that are remembered."""
    found: list[Any] = cli.ok("docs", "batches", "list", "--json", profile="practice").data
    return found


class Adding:
    """Stands before `add_files` of a portal in a file: counts, and fails where it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail: dict[int, BaseException] | None = None) -> None:
        self.names: list[str] = []
        self.calls = 0
        self._fail = fail or {}
        add_files, adding = EmbeddedPortal.add_files, self

        def instead(portal: EmbeddedPortal, files: Iterable[tuple[FileToAdd, bytes]]) -> Iterator[FileAdded]:
            adding.calls += 1
            if failure := adding._fail.pop(adding.calls, None):
                raise failure
            taken = list(files)
            adding.names += [file.name for file, _ in taken]
            return add_files(portal, taken)

        monkeypatch.setattr(EmbeddedPortal, "add_files", instead)


def test_a_run_that_is_broken_off_goes_on_and_sends_nothing_twice(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command is the same batch, and ends as if nothing had been."""
    with monkeypatch.context() as patch:
        first = Adding(patch, {3: KeyboardInterrupt()})
        stopped = share(cli, "-r", folder)
    (begun,) = listed(cli)
    assert stopped.code == 130
    assert f"portalctl docs batches resume {begun['id']}" in stopped.err
    assert (begun["files"], begun["finished"], begun["running"]) == (COUNT, False, None)
    assert 0 < begun["done"] < COUNT
    assert begun["done"] == len(first.names)
    second = Adding(monkeypatch)
    done = share(cli, "-r", folder)
    assert (done.code, counts(done)) == (0, {"sent": COUNT - begun["done"], "there": begun["done"]})
    assert done.data[-1]["batch"] == begun["id"]
    assert sorted(first.names + second.names) == what_anna_has(cli) == sorted(each.name for each in folder.iterdir())
    (ended,) = listed(cli)
    assert (ended["id"], ended["done"], ended["finished"]) == (begun["id"], COUNT, True)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_ended_in_the_middle_leaves_what_the_next_goes_on_with(
    live: Program, tmp_path: Path, end: signal.Signals
) -> None:
    """With a real end of a real process, wherever it is just then."""
    folder = made(tmp_path / "files", 1200)
    words = ("docs", "upload", "--profile", "practice", "--client", "anna@example.com", "--yes", "--json", "-r")
    journals = live.home / "state" / "batches"
    with live.start(*words, str(folder)) as process:
        until = time.monotonic() + PATIENCE
        while process.poll() is None and not any(map(has_some, journals.glob("*"))):
            assert time.monotonic() < until
        process.send_signal(end)
        process.stdout.read()
        assert shell_code(process.wait()) in (128 + end, 0)
        assert b"Fatal" not in process.stderr.read()
    (begun,) = json.loads(live.ok("docs", "batches", "list", "--json"))
    assert begun["running"] is None
    *told, summary = json.loads(live.ok(*words, str(folder)))
    assert (summary["batch"], summary["sent"] + summary["there"]) == (begun["id"], 1200)
    assert summary["there"] >= begun["done"] > 0
    connection = apsw.Connection(str(live.home / "data" / "portal.db"))
    standing = connection.execute("SELECT name FROM documents").fetchall()
    connection.close()
    assert sorted(str(name) for (name,) in standing) == sorted(each.name for each in folder.iterdir())
    assert len({each["document_id"] for each in told}) == 1200


def test_what_a_kill_left_of_a_journal_is_gone_on_with(cli: Cli, folder: Path) -> None:
    """A line that is not whole was never written, and the portal does not add its files twice."""
    assert share(cli, "-r", folder).code == 0
    (journal,) = journals(cli)
    content = journal.read_bytes()
    journal.write_bytes(content[: content.rindex(b'"files"') + 40])
    done = share(cli, "-r", folder)
    assert (done.code, counts(done)) == (0, {"there": COUNT})
    assert len(what_anna_has(cli)) == COUNT


@pytest.mark.parametrize("damage", ["a bit", "a newer version", "another file"])
def test_a_journal_that_cannot_be_read_is_set_aside_and_the_portal_asked(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    assert share(cli, "-r", folder).code == 0
    (journal,) = journals(cli)
    content = bytearray(journal.read_bytes())
    if damage == "a bit":
        content[len(content) // 2] ^= 1
    else:
        content[:0] = line_of("run", {"version": 99}) if damage == "a newer version" else b"PK\x03\x04\n"
    journal.write_bytes(content)
    assert cli("docs", "batches", "show", "bat_", profile="practice").code == 8
    (folder / "new.txt").write_text("one more\n")
    adding = Adding(monkeypatch)
    done = share(cli, "-r", folder)
    assert (done.code, counts(done)) == (0, {"sent": 1, "there": COUNT})
    assert adding.names == ["new.txt"], "the portal is asked by hash, and gets no body twice"
    assert "cannot be read" in done.err
    aside = journal.with_name(f"{journal.name}.damaged")
    assert aside.read_bytes() == content
    assert [each["finished"] for each in listed(cli)] == [True]


def test_two_runs_of_one_batch_do_not_collide(cli: Cli, folder: Path) -> None:
    """The second ends at once, and names the process that is at it."""
    assert share(cli, "-r", folder).code == 0
    (journal,) = journals(cli)
    with journal.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = share(cli, "-r", folder)
        assert (done.code, done.error["code"]) == (5, "batch_running")
        assert f"process {os.getpid()}" in done.error["message"]
        assert listed(cli)[0]["running"] == os.getpid()
        assert cli("docs", "batches", "forget", "bat_", profile="practice").code == 5
    assert share(cli, "-r", folder).code == 0


def test_a_session_that_ends_meanwhile_ends_the_run_once(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not each of the files asks for a sign-in of its own."""
    adding = Adding(monkeypatch, dict.fromkeys(range(2, 99), errors.SignInNeeded("nobody is signed in", "sign in")))
    done = share(cli, "-r", folder)
    assert (done.code, done.error["code"]) == (4, "sign_in_needed")
    assert adding.calls <= 1 + LANES


def test_trouble_on_the_way_is_borne_and_the_whole_is_sent_again(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalctl.transfer.lanes.Lanes.pause", lambda *_: None)
    trouble = (errors.NetworkFailure("it broke off"), errors.DamagedOnTheWay("a bit was another"))
    Adding(monkeypatch, {2: trouble[0], 3: trouble[1], 5: trouble[0]})
    done = share(cli, "-r", folder)
    assert (done.code, counts(done)) == (0, {"sent": COUNT})
    assert len(what_anna_has(cli)) == COUNT


def test_a_portal_that_stays_away_ends_the_run_and_what_is_done_stays_done(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalctl.transfer.lanes.Lanes.pause", lambda *_: None)
    with monkeypatch.context() as patch:
        Adding(patch, dict.fromkeys(range(3, 99), errors.NetworkFailure("there is no network")))
        done = share(cli, "-r", folder)
    assert (done.code, done.error["code"]) == (7, "network_failed")
    assert counts(Result(0, done.out, "")) == {"sent": 6}
    assert counts(share(cli, "-r", folder)) == {"sent": COUNT - 6, "there": 6}


def test_a_refusal_costs_one_file(cli: Cli, folder: Path) -> None:
    (folder / "005.txt").write_bytes(b"MZ\x90\x00" * 9)
    done = share(cli, "-r", folder)
    assert (done.code, counts(done)) == (6, {"sent": COUNT - 1, "failed": 1})
    (failed,) = (each for each in done.data[:-1] if each["status"] == "failed")
    assert (failed["path"], failed["code"]) == (str(folder / "005.txt"), "kind_not_taken")
    (batch,) = listed(cli)
    assert (batch["done"], batch["failed"], batch["finished"]) == (COUNT - 1, 1, False)


def test_a_changed_file_and_a_changed_purpose_are_sent_anew(cli: Cli, tmp_path: Path) -> None:
    """What is done is known by content and purpose, not by the path alone."""
    folder = made(tmp_path / "files", 2)
    manifest = folder / "manifest.jsonl"
    rows = [{"path": f"{n:03}.txt", "client": "anna@example.com"} for n in range(2)]

    def sent() -> dict[str, int]:
        manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        words = ("docs", "upload", "--manifest", str(manifest), "--trust-ids", "--yes", "--json")
        return counts(cli(*words, profile="practice"))

    assert sent() == {"sent": 2}
    assert sent() == {"there": 2}
    (folder / "000.txt").write_text("mended\n")
    assert sent() == {"sent": 1, "there": 1}
    rows[1]["client"] = "ben@example.com"
    assert sent() == {"sent": 1, "there": 1}
    assert what_anna_has(cli) == ["000.txt", "000.txt", "001.txt"]
    assert [each["name"] for each in cli.ok("docs", "list", "--json", profile="ben").data] == ["001.txt"]


def test_what_stands_no_more_is_sent_again_by_a_small_run(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: what was sent last is what the next run asks for."""
    adding = Adding(monkeypatch)
    told = share(cli, "-r", folder).data
    gone = told[0]["document_id"]
    for _ in range(2):
        cli.ok("docs", "delete", gone, "--yes", profile="practice")
        adding.names.clear()
        done, again = (share(cli, "-r", folder) for _ in range(2))
        assert (done.code, counts(done)) == (0, {"sent": 1, "there": COUNT - 1})
        assert (again.code, counts(again)) == (0, {"there": COUNT})
        (gone,) = (each["document_id"] for each in done.data[:-1] if each["status"] == "sent")
        assert gone in [each["document_id"] for each in again.data[:-1]]
        assert adding.names == [Path(told[0]["path"]).name]
        assert len(what_anna_has(cli)) == COUNT


def test_a_large_run_that_is_done_asks_the_portal_nothing(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and how to have it sent again."""
    folder = made(tmp_path / "many", 101)
    assert counts(share(cli, "-r", folder)) == {"sent": 101}
    with monkeypatch.context() as patch:
        patch.setattr("portalctl.context.Context.open_portal", lambda *_, **__: pytest.fail("it is asked"))
        done = share(cli, "-r", folder)
        assert (done.code, counts(done)) == (0, {"there": 101})
        batch = done.data[-1]["batch"]
        assert f"portalctl docs batches forget {batch}" in done.err
        assert {each["document_id"] is None for each in done.data[:-1]} == {False}
        table = cli("docs", "upload", "--client", "anna@example.com", "-r", str(folder), profile="practice")
        assert (table.code, table.out) == (0, "")
        assert "101 there already" in table.err
    cli.ok("docs", "batches", "forget", batch, profile="practice")
    adding = Adding(monkeypatch)
    assert counts(share(cli, "-r", folder)) == {"there": 101}, "the portal adds nothing twice either"
    assert len(adding.names) == 101


def test_results_are_kept_and_what_failed_is_taken_up(cli: Cli, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "results.jsonl"
    (folder / "002.txt").unlink()
    (folder / "007.txt").write_bytes(b"MZ\x90\x00" * 9)
    paths = [folder / f"{number:03}.txt" for number in range(COUNT)]
    done = share(cli, "--folder", "Laboratory", "--results", kept, *paths)
    assert (done.code, counts(done)) == (6, {"sent": COUNT - 2, "failed": 2})
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [{**line, "again": None} for line in lines] == [{**each, "again": None} for each in done.data]
    (folder / "002.txt").write_text("found again\n")
    (folder / "007.txt").write_text("mended\n")
    words = ("docs", "upload", "--retry", str(kept), "--results", str(kept), "--yes", "--json")
    again = cli(*words, profile="practice")
    assert (again.code, counts(again)) == (0, {"sent": 2})
    assert sorted(each["row"] for each in again.data[:-1]) == [3, 8]
    found = cli.ok("docs", "list", "--json", profile="anna").data
    assert {each["folder"] for each in found} == {"Laboratory"}
    assert len(found) == COUNT
    done = cli(*words, profile="practice")
    assert (done.code, done.data[-1]["files"]) == (0, 0), "nothing failed in the last one"


@pytest.mark.parametrize(
    "content",
    [
        '{"status":"failed","row":1}\n',
        "path,client\n",
        "[" * 100_000 + "\n",
        '{"status":"failed","row":"x","again":{}}\n',
    ],
    ids=["nothing to take up", "a manifest", "deep", "no row"],
)
def test_what_holds_no_results_is_not_taken_for_results(cli: Cli, tmp_path: Path, content: str) -> None:
    """Neither read from, nor written over."""
    other = tmp_path / "other"
    other.write_text(content)
    refused = cli("docs", "upload", "--retry", str(other), profile="practice")
    assert (refused.code, "line 1" in refused.err) == (2, True)
    (tmp_path / "a.txt").write_text("a")
    if not content.startswith('{"status'):
        done = share(cli, "--results", other, tmp_path / "a.txt")
        assert (done.code, other.read_text()) == (5, content)


def test_a_batch_is_resumed_from_elsewhere(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the folder in which it began, and as who began it."""
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        Adding(patch, {2: KeyboardInterrupt()})
        assert share(cli, "-r", "files").code == 130
    (begun,) = listed(cli)
    assert re.fullmatch(r"portalctl docs upload --client=anna@example.com --recursive -- files", begun["command"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = cli("docs", "batches", "resume", begun["id"][:8], "--yes", "--json")
    assert (done.code, done.data[-1]["batch"], done.data[-1]["files"]) == (0, begun["id"], COUNT)
    assert len(what_anna_has(cli)) == COUNT
    assert Path.cwd() == tmp_path / "elsewhere"
    assert cli("docs", "batches", "resume", begun["id"], "--yes", "--profile", "anna").code == 5
    folder.rename(tmp_path / "moved")
    assert cli("docs", "batches", "resume", begun["id"], "--yes").code == 2


def test_batches_are_shown_and_forgotten(cli: Cli, folder: Path) -> None:
    assert cli.ok("docs", "batches", "list", profile="practice").err == "No batches.\n"
    done = share(cli, "-r", folder)
    batch = done.data[-1]["batch"]
    shown = cli.ok("docs", "batches", "show", batch[:7], "--json", profile="practice").data
    assert (shown["id"], shown["done"], shown["failed"], shown["running"]) == (batch, COUNT, 0, None)
    assert shown["started_at"] == cli.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert cli("docs", "batches", "show", "bat_0000", profile="practice").code == 3
    assert cli("docs", "batches", "forget", profile="practice").code == 2
    assert batch in cli.ok("docs", "batches", "forget", "--finished", profile="practice").err
    assert (listed(cli), journals(cli)) == ([], [])


def test_without_a_place_for_it_a_run_is_not_remembered_and_goes_on(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that cannot be written keeps nobody from sending; a link in the journal's place does."""
    assert share(cli, "-r", folder).code == 0
    (journal,) = journals(cli)
    opened = os.open

    def full(path: str | Path, *arguments: Any, **more: Any) -> int:
        if path == journal:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        done = share(cli, "-r", folder)
    assert (done.code, counts(done)) == (0, {"there": COUNT})
    assert "This run is not remembered" in done.err
    journal.rename(journal.with_suffix(".elsewhere"))
    journal.symlink_to(journal.with_suffix(".elsewhere"))
    assert share(cli, "-r", folder).code == 8


def test_one_file_alone_is_nothing_to_remember(cli: Cli, folder: Path) -> None:
    """Once it is sent: everyday letters do not fill the list."""
    assert share(cli, folder / "001.txt").code == 0
    assert (folder / "002.txt").write_bytes(b"MZ\x90\x00" * 9)
    assert share(cli, folder / "002.txt").code == 5
    assert [each["failed"] for each in listed(cli)] == [1]
