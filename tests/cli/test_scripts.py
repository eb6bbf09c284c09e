"""Where nobody can answer nothing is asked, nobody waits, and nothing is destroyed or changed unasked."""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from tests.cli.live import Program, ended
from tests.surface import commands, options_of

ASKING = {
    "login": ["login", "--store", "file"],
    "login without an address": ["--profile", "new", "login", "--store", "file"],
    "signup": ["signup", "--store", "file"],
    "signup with a link": ["signup", "LINK", "--store", "file"],
    "password reset": ["password", "reset"],
    "password reset with a link": ["password", "reset", "RESET"],
    "practice init": [
        *("--profile", "new", "practice", "init", "--name", "X", "--email", "x@example.com"),
        *("--timezone", "Europe/Rome", "--store", "file", "--portal", "sqlite:///nonexistent/new.db"),
    ],
    "profiles remove": ["profiles", "remove", "ben"],
    "devices allow": ["devices", "allow", "WDJB-MJHT"],
    "practice quarantine release": ["--profile", "practice", "practice", "quarantine", "release", "doc_7k2m"],
    "invoices pay": ["invoices", "pay", "ivc_zzzzzzzzzzzz"],
    "practice invoices refund": ["--profile", "practice", "practice", "invoices", "refund", "ivc_zzzzzzzzzzzz"],
    "practice invoices void": ["--profile", "practice", "practice", "invoices", "void", "ivc_zzzzzzzzzzzz"],
    "practice invoices import": ["--profile", "practice", "practice", "invoices", "import", "TABLE", "--issue"],
    "practice staff disable": ["--profile", "practice", "practice", "staff", "disable", "verdi@example.com"],
    "settings payment remove": ["settings", "payment", "remove", "pay_zzzzzzzzzzzz"],
    "docs delete": ["docs", "delete", "doc_zzzzzzzzzzzz"],
    "account delete": ["account", "delete"],
    "account delete with the words": ["account", "delete", "--confirm", "Yes, delete"],
    "settings profile set": ["settings", "profile", "set", "--email", "anna@new.example.com"],
    "settings password change": ["settings", "password", "change"],
    "settings mfa setup": ["settings", "mfa", "setup", "--show-secret"],
    "settings mfa disable": ["settings", "mfa", "disable"],
    "practice clients reset-mfa": [
        *("--profile", "practice", "practice", "clients", "reset-mfa", "anna@example.com"),
    ],
    "practice relationships remove": [
        *("--profile", "practice", "practice", "relationships", "remove", "rel_zzzzzzzzzzzz"),
    ],
    "docs upload": ["--profile", "practice", "docs", "upload", "a.txt", "b.txt", "--client", "anna@example.com"],
    "docs batches resume": ["--profile", "practice", "docs", "batches", "resume", "BATCH"],
    "practice restore": ["--profile", "practice", "practice", "restore", "BACKUP", "--replace"],
}
"""Every command that may ask, without what it would ask for, and what its hint names."""


def words_of(live: Program, name: str) -> list[str]:
    """The command line of an entry of ASKING, with links of the right form, and a backup and a batch that are there."""
    portal = f"sqlite://{live.home}/data/portal.db"
    backup = live.home / "kept.portal"
    table = live.home / "table.csv"
    table.write_text("client,item,amount\nanna@example.com,Visit,80 EUR\n")
    if "BACKUP" in ASKING[name]:
        live.ok("--profile", "practice", "practice", "backup", str(backup))
    if "BATCH" in ASKING[name]:
        live.inside(*ASKING["docs upload"], "--yes")  # there are no such files, and so it is not finished
    values = {
        "BATCH": live.ok("docs", "batches", "list", "--format", "ids").strip() if "BATCH" in ASKING[name] else "",
        "LINK": f"{portal}/invite/inv_zzzzzzzzzzzz.x",
        "RESET": f"{portal}/reset/rst_zzzzzzzzzzzz.x",
        "BACKUP": str(backup),
        "TABLE": str(table),
    }
    words = [values.get(word, word) for word in ASKING[name]]
    return words if "--profile" in words else ["--profile", "anna", *words]


@contextmanager
def silent_pipe() -> Iterator[int]:
    """A pipe into which nobody writes and that nobody closes."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


@contextmanager
def endless_pipe() -> Iterator[TextIO]:
    """A pipe into which somebody writes `y` for ever."""
    with subprocess.Popen(["yes"], stdout=subprocess.PIPE, text=True) as yes:
        assert isinstance(yes.stdout, io.TextIOWrapper)
        yield yes.stdout
        yes.stdout.close()


@contextmanager
def nothing() -> Iterator[TextIO]:
    """The empty device."""
    with Path(os.devnull).open() as device:
        yield device


def check_refused(code: int, out: str, err: str) -> None:
    """A refusal names the flag that answers."""
    assert (code, out) == (2, ""), err
    error, hint = err.splitlines()
    assert "no terminal" in error
    assert re.search(r"--[a-z]|argument", hint)


@pytest.mark.parametrize("name", ASKING)
def test_without_a_terminal_nobody_waits(live: Program, name: str) -> None:
    with silent_pipe() as stdin:
        done = live.run(*words_of(live, name), stdin=stdin)
    check_refused(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("source", [nothing, endless_pipe], ids=["nothing", "endless"])
@pytest.mark.parametrize("name", ASKING)
def test_without_a_terminal_nothing_is_asked(
    live: Program, name: str, source: Callable[[], AbstractContextManager[TextIO]]
) -> None:
    """Neither an end of input nor a yes is taken for an answer."""
    with source() as stdin:
        check_refused(*live.inside(*words_of(live, name), stdin=stdin))


def test_every_command_that_may_ask_is_among_those() -> None:
    """Those with a password or a --yes do."""
    asking = {
        " ".join(path) for path, command in commands().items() if options_of(command) & {"--yes", "--password-stdin"}
    }
    assert asking == {name.partition(" with")[0] for name in ASKING}


@pytest.mark.parametrize("name", ["login", "profiles remove", "signup"])
def test_no_input_forbids_questions_on_a_terminal_too(live: Program, name: str) -> None:
    """As a flag and in the environment."""
    for words, environment in ((["--no-input"], {}), ([], {"PORTALCTL_NO_INPUT": "1"})):
        code, shown = live.shown(*words, *words_of(live, name), environment=environment)
        assert code == 2
        assert "Error: " in shown
        assert ": \r\n" not in shown


@pytest.mark.parametrize("flag", ["--password-stdin"])
def test_a_password_that_never_ends_is_not_waited_for(live: Program, flag: str) -> None:
    """Nor read into memory."""
    with Path("/dev/zero").open("rb") as zero:
        done = live.run("--profile", "anna", "login", flag, stdin=zero.fileno())
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_an_empty_standard_input_is_no_password(live: Program) -> None:
    """And no failed attempt either: nothing is sent."""
    before = live.dump()
    done = live.run("--profile", "anna", "login", "--password-stdin")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--password-stdin" in done.stderr
    assert live.dump() == before


DESTRUCTIVE = [" ".join(path) for path, command in commands().items() if "--yes" in options_of(command)]


@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_a_script_says_yes_before_something_is_destroyed(live: Program, name: str) -> None:
    """Without it nothing happens."""
    words = words_of(live, name)
    before, profiles = live.dump(), (live.home / "config.toml").read_bytes()
    done = live.inside(*words, stdin="y\n")
    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert live.dump() == before
    assert (live.home / "config.toml").read_bytes() == profiles


@pytest.mark.parametrize("answer", ["n", "", "no", "maybe", "yess", "\x04"])
def test_on_a_terminal_anything_but_yes_is_no(live: Program, answer: str) -> None:
    """Enter is no."""
    terminal = live.on_terminal("profiles", "remove", "ben")
    terminal.expect(r"\[y/N\]: ")
    terminal.send(answer if answer == "\x04" else f"{answer}\r")
    terminal.expect("Nothing was changed")
    assert ended(terminal) == 0
    assert "ben" in live.ok("profiles", "list", "--format", "json")


@pytest.mark.parametrize("answer", ["y", "Y", "yes", " YES "])
def test_on_a_terminal_yes_is_yes(live: Program, answer: str) -> None:
    terminal = live.on_terminal("profiles", "remove", "ben")
    terminal.expect(r"\[y/N\]: ")
    terminal.sendline(answer)
    assert ended(terminal) == 0
    assert '"ben"' not in live.ok("profiles", "list", "--format", "json")


def test_a_dry_run_changes_nothing_at_all(live: Program) -> None:
    """Allowed or refused, the portal holds the same as before, to the last row."""
    ids = live.ok("--profile", "anna", "appointments", "slots", "--limit", "9", "--format", "ids").split()
    booked = live.ok("--profile", "anna", "appointments", "book", ids[0], "--format", "ids").strip()
    before = live.dump()
    for words, code in (
        (["book", ids[-1]], 0),
        (["book", ids[0]], 5),
        (["cancel", booked], 5),
    ):
        done = live.inside("--profile", "anna", "appointments", *words, "--dry-run", "--json")
        assert done.code == code, done
    assert live.dump() == before
