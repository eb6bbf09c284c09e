"""`docs note`: written at the command line or in an editor, completed, and downloaded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.live import Program, ended

ANNA = "anna@example.com"
ADD = ("docs", "note", "add", "--title", "Week 12")


def test_a_note_is_written_changed_completed_and_read(cli: Cli) -> None:
    """By its author; then by the other side."""
    added = cli.ok(*ADD, "--body", "-", "--json", profile="anna", stdin="Slept better.\n\n- less tea\n").data
    assert (added["state"], added["text"]) == ("draft", "Slept better.\n\n- less tea")
    note = added["id"]
    assert cli("docs", "note", "show", note, profile="practice").code == 3
    cli.ok("docs", "note", "edit", note, "--title", "Week 13", profile="anna")
    done = cli.ok("docs", "note", "complete", note, profile="anna")
    assert done.err == f"Completed {note}.\n"
    shown = cli.ok("docs", "note", "show", note, profile="practice").out
    assert shown.endswith("\n\nSlept better.\n\n- less tea\n")
    assert "Week 13" in shown
    assert "completed" in shown
    listed = cli.ok("docs", "note", "list", "--format", "ids", profile="practice").out.split()
    assert listed == [note]


def test_a_completed_note_is_amended(cli: Cli) -> None:
    note = cli.ok(*ADD, "--client", ANNA, "--body", "5 g.", "--format", "ids", profile="practice").out.strip()
    cli.ok("docs", "note", "complete", note, profile="practice")
    refused = cli("docs", "note", "edit", note, "--body", "5 mg.", "--json", profile="practice")
    assert (refused.code, refused.error["code"]) == (5, "not_changeable")
    assert refused.error["hint"] == f"amend it: portalctl docs note add --amends {note}"
    more = cli.ok("docs", "note", "add", "--amends", note, "--body", "5 mg.", "--json", profile="practice").data
    assert (more["title"], more["amends"], more["client"]) == ("Week 12", note, "Anna Bianchi")


def test_a_note_is_downloaded_as_markdown(cli: Cli, tmp_path: Path) -> None:
    note = cli.ok(*ADD, "--body", "Slept *better*.", "--format", "ids", profile="anna").out.strip()
    cli.ok("docs", "note", "complete", note, profile="anna")
    cli.ok("docs", "download", note, "-o", str(tmp_path), profile="practice")
    assert (tmp_path / "Week 12.md").read_text() == (
        "# Week 12\n\n*Anna Bianchi, 2026-03-02 08:00 UTC*\n\nSlept *better*.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "said"),
    [
        (("docs", "note", "add", "--body", "Better."), "", 2, "a note has a title"),
        (ADD, "", 2, "--body TEXT|-"),
        ((*ADD, "--body", " "), "", 2, "must not be blank"),
        ((*ADD, "--body", "-"), "", 2, "must not be blank"),
        ((*ADD, "--body", "-"), 65_537 * "x", 2, "longer than 65,536 bytes"),
        ((*ADD, "--body", "ä" * 40_000), "", 2, "longer than 65,536 bytes: this is 80,000"),
        ((*ADD, "--body", "x", "--amends", "apt_7k2m"), "", 2, "not an id such as doc_"),
        ((*ADD, "--body", "x", "--amends", "doc_zzzz"), "", 3, "there is no document"),
        ((*ADD, "--body", "x", "--client", "ben@example.com"), "", 3, "there is no client"),
        (("docs", "note", "edit", "doc_zzzz"), "", 3, "there is no document"),
        (("docs", "note", "complete", "doc_zzzz"), "", 3, "there is no document"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    cli: Cli, arguments: tuple[str, ...], stdin: str, code: int, said: str
) -> None:
    done = cli(*arguments, profile="anna", stdin=stdin)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert cli.ok("docs", "note", "list", "--json", profile="anna").data == []


def test_what_somebody_wrote_never_moves_the_cursor(cli: Cli) -> None:
    """Its controls are shown, and JSON keeps them."""
    hostile = "\x1b[2J\x1b]0;owned\x07 \x9b31m\r\x1b[2Kpaid \u202egnp.exe"
    note = cli.ok(*ADD, "--body", hostile, "--format", "ids", profile="anna").out.strip()
    cli.ok("docs", "note", "complete", note, profile="anna")
    shown = cli.ok("docs", "note", "show", note, profile="practice").out
    assert not set("\x1b\x07\x9b\r\u202e") & set(shown)
    assert "\\x1b[2J" in shown
    assert cli.ok("docs", "note", "show", note, "--json", profile="practice").data["text"] == hostile


EDITOR = """#!/bin/sh
here={here}
for word in "$@"; do printf 'word %s\\n' "$word"; last=$word; done >$here/words
tr '\\0' '\\n' </proc/$$/environ >$here/environment
stat -c '%a' "$last" "${{last%/*}}" >$here/modes
cp "$last" $here/before
printf 'Slept better.\\n' >"$last"
"""


@pytest.fixture
def editor(tmp_path: Path) -> Path:
    """An editor that keeps what it was started with, and writes."""
    script = tmp_path / "editor"
    script.write_text(EDITOR.format(here=tmp_path))
    script.chmod(0o700)
    return script


def written(live: Program) -> str:
    """The text of Anna's only note."""
    note = live.ok("--profile", "anna", "docs", "note", "list", "--format", "ids").strip()
    return live.ok("--profile", "anna", "docs", "note", "show", note, "--fields", "text", "--json")


def test_an_editor_gets_words_and_a_private_file_and_no_shell_reads_them(
    live: Program, editor: Path, tmp_path: Path
) -> None:
    """Whatever EDITOR says, its first word is a program and the others are its arguments; it learns no token."""
    mark = tmp_path / "mark"
    hostile = f"{editor} --wait '; touch {mark}' $(touch {mark}) `touch {mark}` > {mark}"
    environment = {"EDITOR": hostile, "PORTALCTL_PROFILE": "anna", "PORTALCTL_SMTP_PASSWORD": "hunter2", "MY_OWN": "1"}
    code, shown = live.shown(*ADD, environment=environment)
    assert code == 0, shown
    *words, file = [line.removeprefix("word ") for line in (tmp_path / "words").read_text().splitlines()]
    shell_words = ["$(touch", f"{mark})", "`touch", f"{mark}`", ">", str(mark)]
    assert words == ["--wait", f"; touch {mark}", *shell_words]
    assert not mark.exists()
    assert (tmp_path / "modes").read_text() == "600\n700\n"
    assert not Path(file).parent.exists()
    told = (tmp_path / "environment").read_text()
    assert "MY_OWN=1" in told
    assert "hunter2" not in told
    assert '"Slept better."' in written(live)


def test_an_editor_is_given_what_a_draft_says(live: Program, editor: Path, tmp_path: Path) -> None:
    """VISUAL before EDITOR, as everywhere."""
    note = live.ok("--profile", "anna", *ADD, "--body", "Slept.", "--format", "ids").strip()
    environment = {"VISUAL": str(editor), "EDITOR": "/dev/null", "PORTALCTL_PROFILE": "anna"}
    code, shown = live.shown("docs", "note", "edit", note, environment=environment)
    assert code == 0, shown
    assert (tmp_path / "before").read_text() == "Slept."
    assert '"Slept better."' in written(live)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("less; rm -rf /", "there is no editor 'less;'"),
        ('"', "EDITOR is no command"),
        ("   ", "there is no editor"),
        ("/dev/null", "there is no editor '/dev/null'"),
        ("/bin/false", "ended with 1; nothing was sent"),
        ("/bin/true", "nothing was written; nothing was sent"),
    ],
)
def test_where_no_editor_writes_anything_nothing_is_sent(live: Program, asked: str, said: str) -> None:
    before = live.dump()
    environment = {"EDITOR": asked, "PORTALCTL_PROFILE": "anna", "PATH": "/nonexistent"}
    code, shown = live.shown(*ADD, environment=environment, columns=400)
    assert code == 2, shown
    assert said in shown
    assert live.dump() == before


def test_without_a_terminal_no_editor_starts(live: Program, editor: Path, tmp_path: Path) -> None:
    """The flag is named that takes the text."""
    done = live.run(*ADD, environment={"EDITOR": str(editor), "PORTALCTL_PROFILE": "anna"})
    assert done.returncode == 2
    assert "--body" in done.stderr
    assert not (tmp_path / "words").exists()


def test_a_text_that_could_not_be_sent_is_kept(live: Program, editor: Path, tmp_path: Path) -> None:
    """Where its author is told, and for nobody else to read."""
    environment = {"EDITOR": str(editor), "PORTALCTL_PROFILE": "anna", "TMPDIR": str(tmp_path)}
    terminal = live.on_terminal(*ADD, "--amends", "doc_zzzz", environment=environment, columns=400)
    terminal.expect(r"Your text is kept in (\S+)")
    assert isinstance(terminal.match, re.Match)
    file = Path(terminal.match[1])
    assert ended(terminal) == 3
    assert file.read_text() == "Slept better.\n"
    assert file.stat().st_mode & 0o777 == 0o600
