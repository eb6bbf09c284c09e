"""Programs that portalctl starts, the browser and a store command, get arguments and no secrets, and no shell."""

from __future__ import annotations

import json
import os
import select
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.conftest import ANNA_PASSWORD
from tests.cli.live import PATIENCE, Program, ended

ROOM = "https://meet.example.com/rossi"


class Recorder(NamedTuple):
    """A program that tells a test with which words and in which environment it was started."""

    script: Path
    fifo: Path

    def told(self) -> str:
        """One line per word and per variable, once it ran."""
        reading = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            content = b""
            while not content.endswith(b"\nend\n"):
                assert select.select([reading], [], [], PATIENCE)[0], "it was not started"
                content += os.read(reading, 65_536)
        finally:
            os.close(reading)
        return content.decode()


RECORD = """#!/bin/sh
{{
  for word in "$@"; do printf 'word %s\\n' "$word"; done
  tr '\\0' '\\n' </proc/$$/environ
  echo end
}} >{fifo}
"""


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    script, fifo = tmp_path / "browser", tmp_path / "told"
    os.mkfifo(fifo)
    script.write_text(RECORD.format(fifo=fifo))
    script.chmod(0o700)
    return Recorder(script, fifo)


def token_of(live: Program, profile: str) -> str:
    """The session token that a profile keeps in its file."""
    kept = json.loads((live.home / "state" / "sessions.json").read_text())[profile]
    return str(json.loads(kept)["token"])


@pytest.fixture
def call(live: Program) -> str:
    """A video appointment of Anna's whose room is open."""
    soon = (datetime.now(UTC) + timedelta(minutes=4)).strftime("%Y-%m-%dT%H:%MZ")
    who = ("--client", "anna@example.com", "--practitioner", "rossi@example.com", "--service", "Video call")
    return live.ok("--profile", "practice", "appointments", "book", *who, "--at", soon, "--format", "ids").strip()


def test_the_browser_gets_words_and_the_link_and_no_shell_reads_them(
    live: Program, call: str, recorder: Recorder, tmp_path: Path
) -> None:
    """Whatever BROWSER says, its first word is a program and the others are its arguments."""
    mark = tmp_path / "mark"
    hostile = f"{recorder.script} --new-window '; touch {mark}' $(touch {mark}) `touch {mark}` | tee {mark} > {mark}"
    token = token_of(live, "anna")
    terminal = live.on_terminal(
        "--profile", "anna", "appointments", "join", call, environment={"BROWSER": hostile, "PORTALCTL_TOKEN": token}
    )
    told = recorder.told()
    assert ended(terminal) == 0
    words = [line.removeprefix("word ") for line in told.splitlines() if line.startswith("word ")]
    shell_words = ["$(touch", f"{mark})", "`touch", f"{mark}`", "|", "tee", str(mark), ">", str(mark)]
    assert words == ["--new-window", f"; touch {mark}", *shell_words, ROOM]
    assert not mark.exists()


def test_the_browser_sees_the_users_environment_without_the_token(live: Program, call: str, recorder: Recorder) -> None:
    """A page's helper programs read the environment too."""
    token = token_of(live, "anna")
    environment = {"BROWSER": str(recorder.script), "PORTALCTL_TOKEN": token, "MY_OWN": "kept"}
    environment["PORTALCTL_SMTP_PASSWORD"] = "hunter2"
    environment["PORTALCTL_STRIPE_SECRET_KEY"] = "hunter2"
    terminal = live.on_terminal("--profile", "anna", "appointments", "join", call, environment=environment)
    told = recorder.told()
    assert ended(terminal) == 0
    assert "MY_OWN=kept" in told
    assert "PORTALCTL_TOKEN" not in told
    assert token not in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "browser", ["less; rm -rf /", "nosuch-browser", '"', "", "   ", ":", "/dev/null", "$(id)", "\\"]
)
def test_without_a_browser_that_runs_the_link_is_printed(live: Program, call: str, browser: str) -> None:
    """On the terminal, to be opened by hand."""
    code, shown = live.shown(
        "--profile", "anna", "appointments", "join", call, environment={"BROWSER": browser, "PATH": "/nonexistent"}
    )
    assert (code, shown.strip()) == (0, ROOM)


def test_a_script_gets_the_link_and_no_browser_starts(live: Program, call: str, recorder: Recorder) -> None:
    """Where stdout is no terminal nobody wants a window."""
    environment = {"BROWSER": str(recorder.script), "PORTALCTL_PROFILE": "anna"}
    done = live.run("appointments", "join", call, environment=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{ROOM}\n", "")


STORE = """#!/bin/sh
here=${0%/*}
for file in /proc/$PPID/cmdline /proc/$PPID/environ /proc/$$/cmdline /proc/$$/environ; do
  tr '\\0' '\\n' <$file
done >>"$here/seen"
file="$here/$(echo "$2" | tr / _)"
case $1 in
  get) [ ! -e "$file" ] || cat "$file" ;;
  store) cat >"$file" ;;
  erase) rm -f "$file" ;;
esac
"""


def test_no_secret_is_in_the_words_or_environment_of_any_process(live: Program, tmp_path: Path) -> None:
    """Seen from within a child, while password, link and token are in use: other users could read them."""
    store, seen = tmp_path / "store", tmp_path / "seen"
    store.write_text(STORE)
    store.chmod(0o700)
    invite = ["--profile", "practice", "practice", "invite", "eva@example.com", "--name", "Eva"]
    link = live.ok(*invite).strip()
    keep = ["--password-stdin", "--store-command", str(store)]
    for words, typed in (
        (["signup", "-", *keep], f"{link}\n{ANNA_PASSWORD}\n"),
        (["login", *keep], f"{ANNA_PASSWORD}\n"),
        (["whoami"], ""),
    ):
        done = live.run("--profile", "eva", *words, stdin=typed)
        assert done.returncode == 0, done
    (kept,) = [path for path in tmp_path.iterdir() if path.name.endswith("_eva")]
    token = json.loads(kept.read_text())["token"]
    live.run("--profile", "eva", "logout", environment={"PORTALCTL_TOKEN": token})
    text = seen.read_text()
    assert text.count("PORTALCTL_HOME=") > 10
    assert ANNA_PASSWORD not in text
    assert link.rpartition(".")[2] not in text
    only_where_the_user_set_it = [line for line in text.splitlines() if token in line]
    assert set(only_where_the_user_set_it) <= {f"PORTALCTL_TOKEN={token}"}
    assert len(only_where_the_user_set_it) == text.count("logout"), "a child saw it as well"
