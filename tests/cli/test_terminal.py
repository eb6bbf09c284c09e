"""Terminals and signals: an interrupt ends it at once with nothing half done, and the look is what the reader wants."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw
import pexpect
import pytest

import portalctl
from tests.cli.live import PATIENCE, Program, ended, shell_code

SOON = 2.0
"""Seconds within which an interrupt ends the program: one, and another where other tests run meanwhile."""


QUESTIONS = {
    "a password": (["--profile", "anna", "login"], r"Password of .*: "),
    "an address": (["--profile", "new", "login", "--store", "file"], r"E-mail: "),
    "a link": (["signup", "--store", "file"], r"Invite link: "),
    "a yes": (["profiles", "remove", "ben"], r"\[y/N\]: "),
}


def asked(live: Program, question: str) -> pexpect.spawn[str]:
    """The program, waiting for the answer to a question."""
    words, text = QUESTIONS[question]
    terminal = live.on_terminal(*words)
    terminal.expect(text)
    return terminal


@pytest.mark.parametrize("question", QUESTIONS)
def test_control_c_at_a_question_ends_it_at_once(live: Program, question: str) -> None:
    """With 130, the echo back, no traceback, and nothing changed."""
    before, profiles = live.dump(), (live.home / "config.toml").read_bytes()
    terminal = asked(live, question)
    begun = time.monotonic()
    terminal.sendintr()
    rest = terminal.read()
    took = time.monotonic() - begun
    assert terminal.getecho()
    assert ended(terminal) == 130
    assert took < SOON
    assert rest.replace("^C", "").strip() == ""
    assert live.dump() == before
    assert (live.home / "config.toml").read_bytes() == profiles


def test_a_hidden_answer_is_not_shown(live: Program) -> None:
    """Nor left in what the terminal keeps."""
    terminal = asked(live, "a password")
    terminal.waitnoecho()
    assert not terminal.getecho()
    terminal.sendline("my dark secret, wrong")
    shown = terminal.read()
    assert "dark" not in shown
    assert ended(terminal) == 4


def test_control_c_twice_is_control_c(live: Program) -> None:
    terminal = asked(live, "a password")
    terminal.sendintr()
    terminal.sendintr()
    rest = terminal.read()
    assert ended(terminal) == 130
    assert "Traceback" not in rest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("question", ["a password", "a yes"])
def test_a_signal_at_a_question_ends_it_with_nothing_changed(
    live: Program, question: str, number: signal.Signals
) -> None:
    """A terminal that is closed is one of them."""
    before = live.dump()
    terminal = asked(live, question)
    terminal.kill(number)
    rest = terminal.read()
    assert ended(terminal) == 128 + number
    assert "Traceback" not in rest
    assert live.dump() == before


def test_a_question_survives_being_stopped_and_continued(live: Program) -> None:
    """Control-Z and fg: the answer counts as if nothing had been."""
    terminal = asked(live, "a yes")
    terminal.kill(signal.SIGSTOP)
    terminal.kill(signal.SIGCONT)
    terminal.setwinsize(40, 60)
    terminal.sendline("y")
    terminal.expect("Forgot the profile `ben`")
    assert ended(terminal) == 0


@contextmanager
def written_by_another(live: Program) -> Iterator[None]:
    """Somebody else holds the portal's write lock meanwhile."""
    connection = apsw.Connection(str(live.home / "data" / "portal.db"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupt_while_waiting_for_the_portal_ends_it_at_once(live: Program, number: signal.Signals) -> None:
    """The booking it was about to make is not made."""
    slot = live.ok("--profile", "anna", "appointments", "slots", "--limit", "1", "--format", "ids").strip()
    before = live.dump()
    with written_by_another(live), live.start("--profile", "anna", "appointments", "book", slot) as process:
        wait_until_it_waits(process.pid)
        begun = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        took = time.monotonic() - begun
    assert shell_code(process.returncode) == 128 + number
    assert took < SOON
    assert (out, err) == (b"", b"")
    assert live.dump() == before


def wait_until_it_waits(pid: int) -> None:
    """Return once a process has the portal open and has used next to no processor time for a fifth of a second."""
    spent, quiet, until = [""], 0, time.monotonic() + PATIENCE
    while quiet < 10:
        assert time.monotonic() < until
        time.sleep(0.02)
        before, spent = spent, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        quiet = quiet + 1 if spent == before and has_open(pid, "portal.db") else 0


def has_open(pid: int, name: str) -> bool:
    """Whether a process has a file of that name open."""
    with suppress(FileNotFoundError):  # others come and go while one looks
        return any(link.readlink().name == name for link in Path(f"/proc/{pid}/fd").iterdir())
    return False


ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def table(live: Program, columns: int = 120, **environment: str) -> str:
    """A list as a terminal shows it."""
    code, shown = live.shown("--profile", "anna", "appointments", "services", environment=environment, columns=columns)
    assert code == 0
    return shown


@pytest.mark.parametrize("columns", ["0", "1", "-5", "1000000000", "", "x", "1e9", "\uff18\uff10"])
def test_a_senseless_width_still_gives_a_table(live: Program, columns: str) -> None:
    """Names are there, and no line is padded to a width that nobody has."""
    shown = table(live, COLUMNS=columns)
    assert "Name" in shown
    assert "svc_" in shown
    assert all(len(line) < 500 for line in shown.splitlines())


def test_the_width_of_the_terminal_is_used_and_columns_wins(live: Program) -> None:
    """Where they make sense."""
    live.ok("--profile", "practice", "practice", "services", "add", "A very long name " * 10, "--duration", "30m")

    def widest(shown: str) -> int:
        return max(len(ESCAPES.sub("", line)) for line in shown.splitlines())

    assert widest(table(live, columns=90)) <= 90
    assert widest(table(live, columns=90, COLUMNS="110")) <= 110
    assert widest(table(live, columns=90, COLUMNS="110")) > 90


def test_colour_is_for_terminals_that_want_it(live: Program) -> None:
    """An empty NO_COLOR says nothing; FORCE_COLOR does not reach a pipe."""
    assert ESCAPES.search(table(live, TERM="xterm", NO_COLOR=""))
    assert not ESCAPES.search(table(live, TERM="xterm", NO_COLOR="1"))
    assert not ESCAPES.search(table(live, TERM="dumb"))
    environment = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "xterm", "PORTALCTL_PROFILE": "anna"}
    piped = live.run("appointments", "services", environment=environment)
    assert not ESCAPES.search(piped.stdout)


def test_a_failure_on_a_terminal_has_no_colour_or_box(live: Program) -> None:
    """Two lines, as in a pipe."""
    code, shown = live.shown("--profile", "anna", "appointments", "show", "not-an-id", environment={"FORCE_COLOR": "1"})
    assert code == 2
    assert len(shown.splitlines()) == 2
    assert not ESCAPES.search(shown)


def test_no_text_of_ours_moves_the_cursor() -> None:
    """But for how far a transfer is, which only a terminal sees; what a test writes to somebody is no text of ours."""
    for module in Path(portalctl.__file__).parent.rglob("*.py"):
        if module.parent.name == "testing" or module.name == "progress.py":
            continue
        assert not re.search(r"(?<!\\)\\r[^\\n\"']|\\x1b\[[0-9]*[A-HJK]", module.read_text()), module
