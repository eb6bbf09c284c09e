"""Filling a form in on a terminal: one question after another, stopped and gone on with, back and forth."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pexpect

from portalctl.testing.questionnaires import question, questionnaire, scored
from tests.cli.conftest import Cli
from tests.cli.live import Program, ended

INTAKE = Path(__file__).parents[2] / "examples" / "forms" / "intake.json"


def inside(live: Program) -> Cli:
    """The same home, with commands that run in this process."""
    cli = Cli(live.home)
    cli.now = datetime.now(UTC)
    return cli


def given(live: Program, text: str) -> str:
    """The id of a form that Anna was given."""
    cli = inside(live)
    made = cli.ok("practice", "form", "import", "-", "--json", stdin=text, profile="practice").data
    share = ("practice", "form", "share", made["id"], "anna@example.com", "--json")
    return str(cli.ok(*share, profile="practice").data["id"])


def filling(live: Program, form: str) -> pexpect.spawn[str]:
    """The program, asking Anna its first question."""
    terminal = live.on_terminal("--profile", "anna", "docs", "form", "fill", form)
    terminal.delaybeforesend = None  # nothing is hidden here
    return terminal


def answer(terminal: pexpect.spawn[str], *told: tuple[str, str]) -> None:
    """Answer questions, each once it is asked."""
    for asked, line in told:
        terminal.expect_exact(asked)
        terminal.expect("> $")
        terminal.sendline(line)


def stop(terminal: pexpect.spawn[str], asked: str) -> str:
    """Press Ctrl-C once the program waits for the answer to a question; what it says then."""
    terminal.expect_exact(asked)
    terminal.expect("> $")
    terminal.sendintr()
    return str(terminal.read())


def kept(live: Program, form: str) -> Any:
    """The form as Anna sees it."""
    return inside(live).ok("docs", "form", "show", form, "--json", profile="anna").data


def answers(live: Program, form: str) -> dict[str, list[str]]:
    """The answers by their keys."""
    return {item["key"]: item["answers"] for item in kept(live, form)["items"] if item["answers"]}


def test_the_intake_form_is_filled_stopped_gone_on_with_and_handed_in(live: Program) -> None:
    form = given(live, INTAKE.read_text())
    terminal = filling(live, form)
    terminal.expect_exact("About you")
    answer(
        terminal,
        ("1. What would you like us to call you? *", "Anna"),
        ("2. When were you born? *", "30 Feb 1980"),
        ("born (When were you born?): is not a date", "1980-02-29"),
        ("3. How may we reach you", "1; 3"),
        ("3a. When is a good time to call?", "18:30"),
    )
    assert "Kept. Go on with: portalctl docs form fill" in stop(terminal, "4. Is there a page about you")
    assert ended(terminal) == 130
    assert kept(live, form)["state"] == "begun"

    terminal = filling(live, form)
    answer(
        terminal,
        ("You go on where you left off.", ""),
        ("Their name", ""),
        ("5. What do you weigh?", "70.5"),
        ("6. Do you smoke? *", "y"),
        ("6a. How many cigarettes a day? *", "<"),
        ("6. Do you smoke? *", "n"),
        ("7. How many alcoholic drinks", ""),
        ("8. Which allergies do you have?", "2; Cats"),
        ("9. Do you take any medicine? *", "y"),
        ("Its name *", "Ibuprofen"),
        ("How much of it at a time", "400"),
        ("Since when?", "2020"),
    )
    terminal.expect_exact("Another: A medicine that you take? [y/N]: ")
    terminal.sendline("y")
    answer(terminal, ("Its name *", "Aspirin"), ("How much of it at a time", ""), ("Since when?", ""))
    terminal.expect_exact("Another: A medicine that you take? [y/N]: ")
    terminal.sendline("n")
    answer(terminal, ("10. Has another doctor seen you", "n"), ("11. What would you like help with? *", "Sleep."))
    terminal.sendline("Worry less.")
    terminal.sendline("")
    answer(terminal, ("12. I agree that the practice keeps", "y"))
    terminal.expect_exact("Hand it in now? [y/N]: ")
    terminal.sendline("y")
    terminal.expect_exact("Your name: ")
    terminal.sendline("Anna Bianchi")
    terminal.expect_exact("What you are to the client [self]: ")
    terminal.sendline("")
    rest = terminal.read()
    assert ended(terminal) == 0
    assert f"Handed in {form}." in rest
    assert "Signed by Anna Bianchi (self), SHA-256 " in rest
    assert answers(live, form) == {
        "called": ["Anna"],
        "born": ["1980-02-29"],
        "reach": ["Phone", "This portal"],
        "call-time": ["18:30:00"],
        "weight": ["70.5 kg"],
        "smoker": ["no"],
        "allergies": ["Pollen", "Cats"],
        "takes": ["yes"],
        "medicine[1]/medicine-name": ["Ibuprofen"],
        "medicine[1]/medicine-dose": ["400"],
        "medicine[1]/medicine-since": ["2020"],
        "medicine[2]/medicine-name": ["Aspirin"],
        "seen": ["no"],
        "wishes": ["Sleep.\nWorry less."],
        "consent-given": ["yes"],
    }


def test_a_choice_is_made_by_its_number_and_an_answer_is_taken_back(live: Program) -> None:
    """The number on the screen comes before a code that looks like one."""
    codes = [{"valueCoding": {"code": code, "display": name}} for code, name in (("2", "First"), ("1", "Second"))]
    form = given(live, questionnaire(question("a", "choice", answerOption=codes), scored("b", "Well", "Unwell")))
    terminal = filling(live, form)
    answer(terminal, ("1. First", "1"), ("2. Unwell", "2"))
    terminal.expect_exact("Hand it in now? [y/N]: ")
    terminal.sendline("n")
    assert "Hand it in with: portalctl docs form submit" in terminal.read()
    assert answers(live, form) == {"a": ["First"], "b": ["Unwell"]}
    inside(live).ok("docs", "form", "save", form, "b=", profile="anna")
    terminal = filling(live, form)
    answer(terminal, ("2. Unwell", "?"), ("! takes an answer back", "<"), ("1. First", "!"), ("2. Unwell", ""))
    terminal.expect_exact("Hand it in now? [y/N]: ")
    terminal.sendline("")
    terminal.read()
    assert answers(live, form) == {}


def test_what_another_editor_answered_meanwhile_is_kept_too(live: Program) -> None:
    form = given(live, questionnaire(question("a"), question("b"), question("c")))
    terminal = filling(live, form)
    terminal.expect_exact("What is a?")
    inside(live).ok("docs", "form", "save", form, "b=theirs", profile="anna")
    answer(terminal, ("", "mine"), ("theirs are kept, too", ""))
    stop(terminal, "What is c?")
    assert answers(live, form) == {"a": ["mine"], "b": ["theirs"]}


def test_a_file_is_sent_while_the_form_is_filled(live: Program, tmp_path: Path) -> None:
    """What cannot be sent is told, and asked for again."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Dr Rossi,\n")
    form = given(live, questionnaire(question("letter", "attachment")))
    terminal = filling(live, form)
    answer(terminal, ("What is letter?", str(tmp_path / "gone.txt")), ("gone.txt", str(tmp_path)), ("", str(letter)))
    terminal.expect_exact("Hand it in now? [y/N]: ")
    terminal.sendline("n")
    terminal.read()
    (attached,) = answers(live, form)["letter"]
    assert attached.startswith("letter.txt (doc_")


def test_text_of_a_form_never_reaches_the_terminal_raw(live: Program) -> None:
    """Neither its title nor its questions and choices, here or in what was handed in."""
    evil = "\u009b2J\u202eevil\x7f"
    option = {"valueCoding": {"code": "c", "display": f"choice {evil}"}}
    group = question("g", "group", item=[question("a", "choice", answerOption=[option])])
    group["text"] = group["item"][0]["text"] = f"text {evil}\n{evil}"
    form = given(live, questionnaire(group, title=f"title {evil}"))
    terminal = filling(live, form)
    answer(terminal, ("1. choice", "1"))
    terminal.expect_exact("Hand it in now? [y/N]: ")
    terminal.sendline("y")
    shown = (terminal.before or "") + terminal.read()
    assert ended(terminal) == 0
    for command in (("form", "show"), ("view",)):
        viewed = live.on_terminal("--profile", "anna", "docs", *command, form)
        shown += viewed.read()
    assert "\\x9b2J\\u202eevil\\x7f" in shown
    assert not {"\u009b", "\u202e", "\x7f"} & set(shown)


def test_without_a_terminal_filling_names_the_option(live: Program) -> None:
    cli, form = inside(live), given(live, questionnaire(question("a")))
    refused = cli("docs", "form", "fill", form, profile="anna")
    assert (refused.code, refused.out) == (2, "")
    assert "--answers" in refused.err
