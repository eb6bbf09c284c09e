"""More paths than a command line takes, and progress on a terminal that changes."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import termios
from pathlib import Path

import pytest

from portalctl.transfer import progress
from portalctl.transfer.progress import Progress
from tests.cli.conftest import Cli
from tests.cli.live import Program


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files whose names need care."""
    made = [tmp_path / name for name in ("a letter.txt", "new\nline.txt", "-dash.txt")]
    for number, file in enumerate(made):
        file.write_text(f"Letter {number}\n")
    return made


def test_more_paths_than_a_command_line_takes_come_from_standard_input(live: Program, files: list[Path]) -> None:
    """As `find -print0` writes them, whatever the names are."""
    listed = "".join(f"{file}\0" for file in files)
    done = live.run("--profile", "anna", "docs", "upload", "--from-file", "-", "-0", "--format", "ids", stdin=listed)
    assert (done.returncode, done.stdout.count("doc_")) == (0, 3), done


def test_paths_stand_one_on_a_line_too(cli: Cli, files: list[Path]) -> None:
    """Beside those of the command line; blank lines are none."""
    paths = files[0].parent / "paths"
    paths.write_text(f"{files[0]}\r\n\n{files[2]}\n")
    *sent, summary = cli.ok("docs", "upload", str(files[1]), "--from-file", str(paths), "--json", profile="anna").data
    assert [each["path"] for each in sent] == [str(files[place]) for place in (1, 0, 2)]
    assert (summary["sent"], summary["bytes"]) == (3, 27)


@pytest.mark.parametrize(
    ("arguments", "stdin", "word"),
    [
        ([], "", "--from-file"),
        (["--from-file", "-"], "", "--from-file"),
        (["--from-file", "-"], "a\0b\0", "--null"),
        (["--from-file", "/nonexistent/list"], "", "stdin"),
        (["--null", "x.txt"], "", "--from-file"),
    ],
)
def test_what_is_no_list_of_paths_is_refused(cli: Cli, arguments: list[str], stdin: str, word: str) -> None:
    """Before anything is sent."""
    refused = cli("docs", "upload", *arguments, stdin=stdin, profile="anna")
    assert (refused.code, refused.out) == (2, "")
    assert word in refused.err


def test_progress_fits_a_terminal_that_is_made_narrower(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is as wide as the terminal is then."""
    monkeypatch.setattr(progress, "_PAUSE", 0)
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as seen, os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        lines = []
        for columns in (80, 30):
            fcntl.ioctl(terminal.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.kill(os.getpid(), signal.SIGWINCH)
            list(Progress(terminal).following("x" * 200, [b"1"], 0, 2))
            lines.append(seen.read(4096).decode().removeprefix("\r").removesuffix("\x1b[K"))
        assert [len(line) for line in lines] == [79, 29]
