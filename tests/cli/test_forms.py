"""`practice form` and `docs form`: from the published file to the response, for people and for scripts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from portalctl.testing.questionnaires import CONSENT, HEALTH, question, questionnaire
from tests.cli.conftest import Cli, Result
from tests.domain.published import FREQUENCY, PHQ_9_ITEMS, phq_9

FORMS = Path(__file__).parents[2] / "examples" / "forms"


def given(cli: Cli, text: str = HEALTH) -> str:
    """The id of a form that Anna was given."""
    made = cli.ok("practice", "form", "import", "-", "--json", stdin=text, profile="practice").data
    share = ("practice", "form", "share", made["id"], "anna@example.com", "--json")
    return str(cli.ok(*share, profile="practice").data["id"])


def as_anna(cli: Cli, *arguments: str, stdin: str = "") -> Result:
    """What Anna is told."""
    return cli("docs", "form", *arguments, stdin=stdin, profile="anna")


@pytest.mark.parametrize("name", ["intake.json", "mood_scale.json"])
def test_the_questionnaires_of_our_own_are_imported_shared_and_listed(cli: Cli, name: str) -> None:
    made = cli.ok("practice", "form", "import", str(FORMS / name), "--json", profile="practice").data
    assert cli.ok("practice", "form", "import", str(FORMS / name), "--json", profile="practice").data == made
    listed = cli.ok("practice", "form", "list", profile="practice").out
    assert made["title"] in listed
    shared = cli.ok("practice", "form", "share", made["title"], "anna@example.com", profile="practice")
    assert shared.err.startswith("Shared doc_")
    (waiting,) = as_anna(cli, "list", "--state", "waiting", "--json").data
    assert (waiting["title"], waiting["state"], waiting["answered"]) == (made["title"], "waiting", 0)
    assert [each["id"] for each in cli.ok("docs", "form", "list", "--json", profile="practice").data] == [waiting["id"]]
    assert cli.ok("docs", "form", "list", "--json", profile="ben").data == []


def test_the_published_phq_9_is_imported_filled_from_a_file_and_exported(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "phq.json").write_text("\ufeff" + phq_9())
    imported = cli.ok("practice", "form", "import", str(tmp_path / "phq.json"), "--json", profile="practice").data
    assert (imported["questions"], imported["scored"], imported["notes"]) == (11, True, [])
    share = ("practice", "form", "share", imported["id"], "anna@example.com", "--json")
    form = cli.ok(*share, profile="practice").data["id"]
    told = {f"/{code}": FREQUENCY[1][0] for code in PHQ_9_ITEMS}
    (tmp_path / "answers.json").write_text(json.dumps(told))
    assert as_anna(cli, "fill", form, "--answers", str(tmp_path / "answers.json"), "--json").data["score"] == 9
    handed_in = as_anna(cli, "submit", form)
    assert handed_in.out.endswith("\nTotal: 9\n")
    response = as_anna(cli, "export", form)
    assert [item["linkId"] for item in response.data["item"]] == list(told)
    assert cli.ok("docs", "form", "export", form, profile="practice").out == response.out
    assert "Total: 9" in cli.ok("docs", "view", form, profile="practice").out
    again = cli.ok(*share, profile="practice").data["id"]
    assert as_anna(cli, "fill", again, "--answers", "-", "--json", stdin=response.out).data["score"] == 9


def test_a_person_reads_the_questions_with_their_answers(cli: Cli) -> None:
    form = given(cli)
    as_anna(cli, "save", form, "smoker=yes", "weight=70.50", "mood=Unwell")
    shown = as_anna(cli, "show", form).out
    assert "3 of 4" in shown
    assert shown.partition("\n\n")[2].splitlines() == [
        *("What is smoker? *", "  yes", "What is cigarettes?", "  —", "What is weight?", "  70.50"),
        *("What is mood? *", "  Unwell", "", "Total: 2"),
    ]


def test_single_answers_are_kept_several_given_and_taken_back(cli: Cli) -> None:
    form = given(cli, questionnaire(question("a", repeats=True), question("b")))
    saved = as_anna(cli, "save", form, "a=x=1", "a=y", "b=z", "--json").data
    assert [item["answers"] for item in saved["items"]] == [["x=1", "y"], ["z"]]
    assert [item["answers"] for item in as_anna(cli, "save", form, "a=", "--json").data["items"]] == [[], ["z"]]
    refused = as_anna(cli, "save", form, "a")
    assert (refused.code, refused.out) == (2, "")
    assert "is not KEY=ANSWER" in refused.err


def test_every_problem_is_told_on_a_line_of_its_own_and_to_scripts_as_a_list(cli: Cli) -> None:
    form = given(cli)
    for arguments in (("submit", form), ("submit", form, "--json")):
        refused = as_anna(cli, *arguments)
        assert (refused.code, refused.out) == (2, "")
    problems = ["smoker (What is smoker?): needs an answer", "mood (What is mood?): needs an answer"]
    assert as_anna(cli, "submit", form).err.splitlines()[:3] == [
        "Error: the form is not ready to be handed in",
        *(f"  {problem}" for problem in problems),
    ]
    told = as_anna(cli, "submit", form, "--json").error
    assert (told["code"], told["problems"]) == ("answers_not_valid", problems)
    wrong = cli("practice", "form", "import", "-", "--json", stdin=HEALTH.replace("boolean", "x"), profile="practice")
    assert wrong.error["code"] == "form_not_valid"
    assert [each.partition(":")[0] for each in wrong.error["problems"]] == ["item[0].type"]


def test_a_signature_is_given_by_options(cli: Cli) -> None:
    form = given(cli, CONSENT)
    as_anna(cli, "save", form, "agreed=yes")
    refused = as_anna(cli, "submit", form)
    assert refused.code == 5
    assert "--sign NAME --relationship self" in refused.err
    assert as_anna(cli, "submit", form, "--sign", "Anna Bianchi", "--relationship", "self").code == 0
    shown = cli.ok("docs", "form", "show", form, profile="practice").out
    assert "Anna Bianchi (self)" in shown
    signed = cli.ok("docs", "form", "show", form, "--json", profile="practice").data["signed"]
    assert (signed["holds"], len(signed["hash"])) == (True, 64)
    again = as_anna(cli, "submit", form, "--sign", "Anna Bianchi", "--relationship", "self")
    assert (again.code, again.out) == (5, "")


def test_of_two_editors_the_later_is_told(cli: Cli) -> None:
    form = given(cli)
    version = as_anna(cli, "show", form, "--json").data["version"]
    assert as_anna(cli, "save", form, "smoker=no", "--if-version", version).code == 0
    for late in (("save", form, "smoker=yes"), ("fill", form, "--answers", "-"), ("submit", form)):
        refused = as_anna(cli, *late, "--if-version", version, "--json", stdin="{}")
        assert (refused.code, refused.error["code"]) == (5, "changed_meanwhile")


def test_the_response_goes_into_a_new_file_that_only_its_owner_reads(cli: Cli, tmp_path: Path) -> None:
    form, file = given(cli), tmp_path / "out.json"
    assert as_anna(cli, "export", form, "-o", str(file)).code == 0
    assert (file.stat().st_mode & 0o777, json.loads(file.read_text())["status"]) == (0o600, "in-progress")
    as_anna(cli, "save", form, "smoker=no")
    before = file.read_text()
    assert (as_anna(cli, "export", form, "-o", str(file)).code, file.read_text()) == (5, before)
    assert as_anna(cli, "export", form, "-o", str(file), "--force").code == 0
    assert json.loads(file.read_text())["item"][0]["linkId"] == "smoker"
    (tmp_path / "link.json").symlink_to(tmp_path / "elsewhere.json")
    assert as_anna(cli, "export", form, "-o", str(tmp_path / "link.json")).code == 5
    assert [each.name for each in tmp_path.iterdir() if each.suffix in (".part", "") and each.is_file()] == []


@pytest.mark.parametrize("what", ["missing", "a folder", "a pipe", "no text", "too long", "no JSON"])
def test_answers_that_cannot_be_read_are_refused(cli: Cli, tmp_path: Path, what: str) -> None:
    file, form = tmp_path / "answers.json", given(cli)
    made: dict[str, Any] = {
        "missing": lambda: None,
        "a folder": file.mkdir,
        "a pipe": lambda: os.mkfifo(file),
        "no text": lambda: file.write_bytes(b"\xff\xfe{}"),
        "too long": lambda: file.write_text(" " * 300_001),
        "no JSON": lambda: file.write_text("smoker: no"),
    }
    made[what]()
    refused = as_anna(cli, "fill", form, "--answers", str(file))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: ")
    assert as_anna(cli, "show", form, "--json").data["state"] == "waiting"


def test_what_others_wrote_is_shown_without_its_controls(cli: Cli) -> None:
    evil = "a\u009b2Jb\u202ec"
    form = given(cli, questionnaire(question("a"), title=f"Title {evil}"))
    as_anna(cli, "save", form, f"a={evil}")
    as_anna(cli, "submit", form)
    for arguments in (("docs", "form", "show", form), ("docs", "view", form), ("docs", "form", "list")):
        shown = cli.ok(*arguments, profile="practice").out
        assert "\\x9b2Jb\\u202ec" in shown or "Title a 2Jb c" in shown
        assert not {"\u009b", "\u202e"} & set(shown)


def test_the_practice_does_not_fill_a_clients_form_in(cli: Cli) -> None:
    form = given(cli)
    for arguments in (("save", form, "smoker=no"), ("submit", form)):
        refused = cli("docs", "form", *arguments, "--json", profile="practice")
        assert (refused.code, refused.error["code"]) == (5, "not_permitted")
