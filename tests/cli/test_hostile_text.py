"""What other people wrote reaches the screen, a spreadsheet and a script without doing anything there."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.asking import book, free_slot, refused, slot_id
from tests.cli.conftest import Cli
from tests.cli.live import Program


def test_text_longer_than_a_portal_takes_is_refused_without_repeating_it(cli: Cli) -> None:
    """A page of somebody's life does not land on the screen or in a log."""
    result = cli("appointments", "book", free_slot(cli), "--note", "secret " * 15_000, profile="anna")
    refused(result, "note")
    assert len(result.err) < 500
    assert "secret" not in result.err


def test_bytes_that_are_no_text_are_refused(live: Program) -> None:
    """Not replaced by something else in silence."""
    for arguments in (
        ["appointments", "show", b"apt_\xff"],
        ["appointments", "list", b"--from=\xff"],
        ["appointments", "slots", b"--service=\xff"],
        ["appointments", "book", slot_id(), b"--note=\xff"],
        [b"\xff"],
        ["--profile", b"\xff", "dashboard"],
    ):
        done = live.run(*arguments, environment={"PORTALCTL_PROFILE": "anna"})
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr


HOSTILE_TEXT = (
    "paid\r\x1b[2K\x1b]0;own\x07\x1b]52;c;Zm9v\x07\x1b]8;;http://evil.example\x07x\x9b31m\u202egpj.exe\n\t[bold]:smile:"
)


def test_a_note_cannot_draw_on_the_practices_terminal(cli: Cli) -> None:
    """In tables every control and bidi character is written out, on one line."""
    booked = book(cli, "--note", HOSTILE_TEXT)
    shown = cli.ok("appointments", "show", booked, profile="practice").out
    (line,) = [line for line in shown.splitlines() if line.startswith("Note ")]
    assert r"paid\r\x1b[2K\x1b]0;own\x07" in line
    assert r"\x9b31m\u202egpj.exe\n\t[bold]:smile:" in line
    table = cli.ok("practice", "calendar", "--fields", "id,note", profile="practice").out
    assert len(table.splitlines()) == 3
    for text in (shown, table):
        assert not set(text) & {"\r", "\x1b", "\x07", "\x9b", "\u202e", "\t"}


def test_a_note_comes_back_whole_in_json(cli: Cli) -> None:
    """Scripts get every character, in ASCII escapes where a terminal would obey."""
    booked = book(cli, "--note", HOSTILE_TEXT)
    for output in ("json", "jsonl"):
        printed = cli.ok("appointments", "show", booked, "--format", output, profile="practice")
        assert json.loads(printed.out)["note"] == HOSTILE_TEXT
        assert not set(printed.out) & {"\r", "\x1b", "\x07", "\x9b", "\u202e", "\t"}


@pytest.mark.parametrize("cell", ["=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_note_cannot_run_in_a_spreadsheet(cli: Cli, cell: str) -> None:
    """Unless the reader asks for it raw."""
    booked = book(cli, "--note", cell)
    command = ["appointments", "show", booked, "--format", "csv", "--fields", "note,sequence"]
    quoted, raw = (cli.ok(*command, *more, profile="practice").out for more in ([], ["--csv-raw"]))
    assert next(csv.DictReader(io.StringIO(quoted, newline=""))) == {"note": "'" + cell, "sequence": "0"}
    assert next(csv.DictReader(io.StringIO(raw, newline=""))) == {"note": cell, "sequence": "0"}


@pytest.mark.parametrize(
    "name", ["[/2026]", "[bold]x", "[link=http://x]y", ":smile:", "{0}", "%s", "\\n", "1e5", "0001"]
)
def test_a_name_that_looks_like_markup_is_shown_as_it_is(cli: Cli, name: str) -> None:
    """In tables, messages and failures alike."""
    cli.ok("practice", "services", "add", "--duration", "30m", "--", name, profile="practice")
    assert name in cli.ok("appointments", "services", profile="anna").out
    refused(cli("practice", "services", "add", "--duration", "30m", "--", name, profile="practice"), name, code=5)


def test_a_name_with_a_line_break_is_refused(cli: Cli) -> None:
    """So no log, table or mail can be made to hold a line of somebody's own."""
    forged = 'Eve\n{"action":"sessions.sign_in"}'
    refused(cli("practice", "invite", "eve@example.com", "--name", forged, profile="practice"), "control characters")
    refused(cli("practice", "invite", "eve@example.com\nx", "--name", "Eve", profile="practice"), "email")
    found = cli.ok("practice", "clients", "list", "--format", "csv", "--fields", "email", profile="practice").out
    assert "eve@" not in found
