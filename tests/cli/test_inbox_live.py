"""`portalctl inbox` in processes of its own: messages as they come, files that go with them, and the user's editor."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from tests.cli.live import PATIENCE, Program, ended, shell_code

OWNER, ANNA = ("--profile", "practice"), ("--profile", "anna")


def sent(program: Program, *options: str, subject: str = "Your visit", body: str = "Come.") -> Any:
    """A conversation that the practice begins with Anna."""
    return json.loads(
        program.ok(
            *("inbox", "send", "--to", "Anna Bianchi", "--subject", subject, "--body", body, "--json"), *options, *OWNER
        )
    )


def test_a_watcher_gets_each_message_as_a_line_when_it_comes_and_leaves_it_unread(live: Program) -> None:
    """And Ctrl-C ends it."""
    sent(live, subject="Before")
    watcher = live.start("inbox", "watch", "--jsonl", *ANNA, text=True)
    assert watcher.stderr.readline() == "Watching for new messages; Ctrl-C ends it.\n"
    for subject in ("One", "Two"):
        conversation = sent(live, subject=subject)["id"]
        told = json.loads(watcher.stdout.readline())
        assert (told["conversation_id"], told["subject"], told["body"]) == (conversation, subject, "Come.")
    watcher.send_signal(signal.SIGINT)
    assert shell_code(watcher.wait(PATIENCE)) == 130
    assert watcher.communicate() == ("", "")
    assert len(json.loads(live.ok("inbox", "list", "--unread", "--json", *ANNA))) == 3


def test_a_watcher_whose_reader_is_gone_ends_in_silence(live: Program) -> None:
    with live.start("inbox", "watch", *ANNA, text=True) as watcher:
        watcher.stderr.readline()
        watcher.stdout.close()
        sent(live)
        assert shell_code(watcher.wait(PATIENCE)) == 141
        assert watcher.stderr.read() == ""


HOSTILE = "\x1b[2J\x1b]0;own\x07\r\x1b[2K\u202egnp\ncnv_7k2m9x4qv3bd  Your results  Dr Rossi\n" + 30 * "very long "


def test_what_comes_cannot_draw_on_the_terminal_of_whoever_watches(live: Program) -> None:
    """Nor stand at the margin, not even where a long line goes on."""
    watcher = live.on_terminal("inbox", "watch", *ANNA, columns=60)
    watcher.expect_exact("Watching for new messages; Ctrl-C ends it.\r\n")
    conversation = sent(live, subject="Hello \u202egnp", body=HOSTILE)["id"]
    watcher.expect_exact(conversation)
    watcher.expect("(?:very\\s+long\\s+){30}")
    shown = f"{watcher.before}{watcher.after}"
    watcher.sendintr()
    assert ended(watcher) == 130
    assert not set(shown.replace("\x1b[1m", "").replace("\x1b[0m", "")) & {"\x1b", "\x07", "\u202e", "\x9b"}
    lines = shown.replace("\r\n", "\n").splitlines()
    assert all(line.startswith("  ") for line in lines[1:] if line)
    assert r"  \x1b[2J\x1b]0;own\x07\r\x1b[2K\u202egnp" in lines


def test_a_file_that_goes_with_a_message_stands_in_the_clients_documentation(live: Program, tmp_path: Path) -> None:
    file = tmp_path / "exercises.txt"
    file.write_text("Ten each morning.\n")
    conversation = sent(live, "--attach", str(file))["id"]
    shown = live.ok("inbox", "show", conversation, *ANNA)
    (document,) = json.loads(live.ok("docs", "list", "--json", *ANNA))
    assert f"[attached: exercises.txt, {document['id']}]" in shown
    file.write_text("I did nine.\n")
    live.ok("inbox", "reply", conversation, "--body", "See.", "--attach", str(file), *ANNA)
    assert len(json.loads(live.ok("docs", "list", "--json", *ANNA))) == 2
    missing = live.run("inbox", "reply", conversation, "--body", "See.", "--attach", str(tmp_path / "no.txt"), *ANNA)
    assert (missing.returncode, "there is no file" in missing.stderr) == (2, True)
    assert len(json.loads(live.ok("inbox", "show", conversation, "--json", *ANNA))["messages"]) == 2


def test_an_answer_may_be_written_in_the_users_editor(live: Program, tmp_path: Path) -> None:
    conversation = sent(live)["id"]
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "Yes,\\nI will come." > "$1"\n')
    editor.chmod(0o755)
    code, shown = live.shown("inbox", "reply", conversation, *ANNA, environment={"EDITOR": str(editor)})
    assert (code, "Sent msg_" in shown) == (0, True), shown
    messages = json.loads(live.ok("inbox", "show", conversation, "--json", *ANNA))["messages"]
    assert messages[-1]["body"] == "Yes,\nI will come."
