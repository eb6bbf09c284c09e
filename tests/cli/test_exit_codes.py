"""Each exit code is reached through the command line; scripts act on them, so none changes its meaning."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from portalctl.domain.dashboard import Dashboards
from tests.cli.conftest import ANNA_PASSWORD, Cli
from tests.cli.live import COMMAND, PATIENCE, Program, ended, shell_code

NOBODY = "apt_zzzzzzzzzzzz"


def free_slot(cli: Cli) -> str:
    """A slot that can be booked now."""
    return cli.ok("appointments", "slots", "--limit", "1", "--format", "ids", profile="anna").out.strip()


def test_0_when_it_is_done(cli: Cli) -> None:
    booked = cli.ok("appointments", "book", free_slot(cli), "--json", profile="anna")
    assert booked.data["status"] == "booked"
    assert booked.err == ""


def test_0_when_there_is_nothing_to_list(cli: Cli) -> None:
    """An empty list is an answer: an empty array for scripts, a word on stderr for people."""
    assert cli.ok("appointments", "list", "--json", profile="anna").data == []
    for_people = cli.ok("appointments", "list", profile="anna")
    assert for_people.out == ""
    assert for_people.err


def test_0_when_asked_for_help_or_the_version(empty: Cli) -> None:
    for asked in ("--help", "--version"):
        assert empty(asked).code == 0


class Surprise(Exception):
    """Something that nobody has foreseen."""


@pytest.fixture
def surprise(monkeypatch: pytest.MonkeyPatch) -> None:
    def show(*_: object) -> None:
        raise Surprise("the moon is in the wrong house")

    monkeypatch.setattr(Dashboards, "show", show)


@pytest.mark.usefixtures("surprise")
def test_1_when_something_unexpected_happens(cli: Cli) -> None:
    """One line and how to report it; no traceback."""
    failed = cli("dashboard", profile="anna")
    assert (failed.code, failed.out) == (1, "")
    error, hint = failed.err.splitlines()
    assert error == "Error: unexpected Surprise: the moon is in the wrong house"
    assert "--debug" in hint
    assert cli("dashboard", "--json", profile="anna").error["code"] == "unexpected"


@pytest.mark.usefixtures("surprise")
def test_1_shows_a_traceback_only_when_asked(cli: Cli) -> None:
    """With --debug the interpreter prints it, and ends with 1 as ever."""
    with pytest.raises(Surprise):
        cli("dashboard", "--debug", profile="anna")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["dashboard", "--nosuch"],
        ["appointments", "show"],
        ["appointments", "show", "not-an-id"],
        ["appointments", "list", "--format", "yaml"],
        ["appointments", "list", "--from", "tomorrow"],
        ["login", "--email", "anna@example.com"],
        ["profiles", "remove", "anna"],
    ],
    ids=" ".join,
)
def test_2_when_the_command_line_is_wrong_or_an_answer_is_missing(cli: Cli, arguments: list[str]) -> None:
    refused = cli(*arguments, profile="anna")
    assert (refused.code, refused.out) == (2, "")
    error, hint = refused.err.splitlines()
    assert error.startswith("Error: ")
    assert hint.startswith("Hint: ")


def test_3_when_it_is_not_there(cli: Cli) -> None:
    assert cli("appointments", "show", NOBODY, "--json", profile="anna").error["code"] == "not_found"
    assert cli("appointments", "show", NOBODY, profile="anna").code == 3
    assert cli("profiles", "use", "nobody").code == 3


def test_3_when_it_is_somebody_else_s(cli: Cli) -> None:
    """The same answer but for the id."""
    theirs = cli.ok("appointments", "book", free_slot(cli), "--format", "ids", profile="ben").out.strip()
    foreign, missing = (cli("appointments", "cancel", each, profile="anna") for each in (theirs, NOBODY))
    assert foreign.code == missing.code == 3
    assert foreign.err.replace(theirs, NOBODY) == missing.err


def test_4_when_nobody_is_signed_in(cli: Cli) -> None:
    stranger = cli("dashboard", "--json", profile="stranger")
    assert (stranger.code, stranger.error["code"]) == (4, "sign_in_needed")
    assert "portalctl --profile stranger login" in stranger.error["hint"]


def test_4_when_the_session_has_ended(cli: Cli) -> None:
    cli.advance(hours=13)
    assert cli("dashboard", profile="anna").code == 4


def test_4_when_the_password_is_wrong(cli: Cli) -> None:
    refused = cli("login", "--password-stdin", "--json", profile="anna", stdin="not the password at all")
    assert (refused.code, refused.error["code"]) == (4, "bad_credentials")


def test_4_when_a_link_does_not_work(cli: Cli) -> None:
    portal = f"sqlite://{cli.home}/data/portal.db"
    refused = cli(
        *("signup", f"{portal}/invite/inv_zzzzzzzzzzzz.forged", "--password-stdin", "--store", "file", "--json"),
        profile="new",
        stdin="walnut harbour cobalt eight",
    )
    assert (refused.code, refused.error["code"]) == (4, "link_not_valid")


def test_5_when_a_rule_says_no(cli: Cli) -> None:
    slot = free_slot(cli)
    cli.ok("appointments", "book", slot, profile="ben")
    taken = cli("appointments", "book", slot, "--json", profile="anna")
    assert (taken.code, taken.error["code"]) == (5, "slot_taken")
    assert taken.error["exit_code"] == 5


def test_5_when_the_role_may_not(cli: Cli) -> None:
    refused = cli("practice", "clients", "list", "--json", profile="anna")
    assert (refused.code, refused.error["code"]) == (5, "not_permitted")


def test_5_when_a_dry_run_finds_that_it_would_be_refused(cli: Cli) -> None:
    """The code of the real thing, and the verdict on stdout."""
    slot = free_slot(cli)
    cli.ok("appointments", "book", slot, profile="ben")
    refused = cli("appointments", "book", slot, "--dry-run", "--json", profile="anna")
    assert (refused.code, refused.data["allowed"], refused.data["code"]) == (5, False, "slot_taken")


def test_7_when_it_may_be_tried_again_later(cli: Cli) -> None:
    """Failed sign-ins slow down; the answer says until when."""
    codes = []
    for _ in range(30):
        refused = cli("login", "--password-stdin", "--json", profile="anna", stdin="not the password at all")
        codes.append(refused.code)
        if refused.code == 7:
            break
    assert codes[-1] == 7
    assert set(codes[:-1]) == {4}
    assert refused.error["code"] == "too_many_attempts"
    assert refused.error["allowed_from"].endswith("Z")
    cli.advance(hours=1)
    assert cli("login", "--password-stdin", profile="anna", stdin=ANNA_PASSWORD).code == 0


def test_8_when_there_is_no_portal(empty: Cli) -> None:
    empty.environment["PORTALCTL_TOKEN"] = "pct_anything"
    missing = empty("dashboard", "--json")
    assert (missing.code, missing.error["code"]) == (8, "portal_missing")
    assert "portalctl practice init" in missing.error["hint"]


def test_8_when_the_file_is_something_else(cli: Cli) -> None:
    """It is left as it is."""
    file = cli.home / "data" / "portal.db"
    file.with_name("portal.db-wal").unlink(missing_ok=True)
    file.write_bytes(b"a letter to my aunt\n" * 200)
    failed = cli("dashboard", "--json", profile="anna")
    assert (failed.code, failed.error["code"]) == (8, "portal_not_a_portal")
    assert file.read_bytes() == b"a letter to my aunt\n" * 200


def test_130_when_interrupted(live: Program) -> None:
    terminal = live.on_terminal("--profile", "anna", "login")
    terminal.expect("Password of anna@example.com: ")
    terminal.sendintr()
    assert ended(terminal) == 130


def test_130_when_interrupted_by_a_signal_to_a_script(live: Program, tmp_path: Path) -> None:
    """A script that kills its child with SIGINT sees what a shell would show."""
    fifo = tmp_path / "password"
    os.mkfifo(fifo)
    process = live.start("--profile", "anna", "login", "--password-file", str(fifo))
    with fifo.open("wb"):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert shell_code(process.returncode) == 130
    assert (out, err) == (b"", b"")


def test_141_when_nobody_reads_on(live: Program) -> None:
    """Silently: a reader that has enough is no failure."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.Popen(
        [*COMMAND, "appointments", "services"],
        env={**live.environment, "PORTALCTL_PROFILE": "anna"},
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, err = done.communicate(timeout=PATIENCE)
    assert shell_code(done.returncode) == 141
    assert err == b""
