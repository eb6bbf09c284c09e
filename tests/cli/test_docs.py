"""`portalctl docs`: what people see of their documents, and what they do to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Cli

ANNA, BEN, OWNER = {"profile": "anna"}, {"profile": "ben"}, {"profile": "practice"}


def uploaded(cli: Cli, *options: str, name: str = "letter.txt", profile: str = "anna") -> str:
    """Send a file; its id."""
    file = cli.home / name
    file.write_text("Dear Dr Rossi,\n")
    return cli.ok("docs", "upload", str(file), *options, "--format", "ids", profile=profile).out.strip()


def listed(cli: Cli, *options: str, profile: str = "anna") -> Any:
    """The list as JSON."""
    return cli.ok("docs", "list", *options, "--json", profile=profile).data


def test_a_list_shows_what_is_new_and_from_whom_and_opens_nothing(cli: Cli) -> None:
    uploaded(cli, "--title", "Blood test")
    cli.advance(minutes=1)
    given = uploaded(cli, "--client", "anna@example.com", profile="practice")
    for _ in range(2):
        lines = cli.ok("docs", "list", **ANNA).out.splitlines()
        assert lines[0].split() == ["ID", "Date", "Kind", "Title", "From", "For", "State", "Size"]
        assert [line.split()[-3:] for line in lines[2:]] == [["new", "15", "B"], ["Bianchi", "15", "B"]]
    assert [each["id"] for each in listed(cli, "--new")] == [given]
    assert "Dear" in cli.ok("docs", "view", given, **ANNA).out
    assert listed(cli, "--new") == []
    assert cli.ok("docs", "list", "--new", **ANNA).err == "No documents.\n"


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ((), ["plan.txt", "blood.txt"]),
        (("--from-me",), ["blood.txt"]),
        (("--shared",), ["plan.txt"]),
        (("--kind", "file", "--limit", "1"), ["plan.txt"]),
        (("--kind", "note"), []),
    ],
)
def test_a_list_is_narrowed(cli: Cli, options: tuple[str, ...], titles: list[str]) -> None:
    uploaded(cli, name="blood.txt")
    cli.advance(minutes=1)
    uploaded(cli, "--client", "anna@example.com", name="plan.txt", profile="practice")
    assert [each["title"] for each in listed(cli, *options)] == titles
    assert len(listed(cli, "--client", "anna@example.com", profile="practice")) == 2
    assert listed(cli, profile="ben") == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "--from-me", "--shared"), "exclude each other"),
        (("list", "--kind", "letter"), "file"),
        (("list", "--appointment", "../x"), "apt_7k2m9x4qv3bd"),
        (("show", "doc_"), "doc_7k2m9x4qv3bd"),
        (("show", "doc_７k2m"), "doc_7k2m9x4qv3bd"),
        (("show", "doc_7k2m?x=1"), "doc_7k2m9x4qv3bd"),
        (("show", ""), "doc_7k2m9x4qv3bd"),
        (("rename", "doc_7k2m"), "--title or --folder"),
        (("rename", "doc_7k2m", "--title", "a\x1b[2Jb"), "control characters"),
        (("rename", "doc_7k2m", "--title", "x" * 201), "200"),
        (("delete", "doc_7k2m"), "--yes"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_happens(cli: Cli, words: tuple[str, ...], told: str) -> None:
    refused = cli("docs", *words, **ANNA)
    assert (refused.code, refused.out) == (2, "")
    assert told in refused.err
    assert "\x1b" not in refused.err


def test_documents_of_others_are_not_there(cli: Cli) -> None:
    theirs = uploaded(cli, profile="ben")
    for words in (("show",), ("rename", "--title", "x"), ("hide",), ("delete", "--yes"), ("views",)):
        refused = cli("docs", words[0], theirs, *words[1:], **ANNA)
        missing = cli("docs", words[0], "doc_zzzzzzzzzzzz", *words[1:], **ANNA)
        assert (refused.code, refused.err.replace(theirs, "…")) == (3, missing.err.replace("doc_zzzzzzzzzzzz", "…"))


def test_a_document_is_renamed_hidden_and_deleted(cli: Cli) -> None:
    mine = uploaded(cli)
    renamed = cli.ok("docs", "rename", mine, "--title", "-rf", "--folder", "Lab", **ANNA)
    assert renamed.err == f"Renamed {mine}.\n"
    assert [(each["title"], each["folder"]) for each in listed(cli)] == [("-rf", "Lab")]
    assert cli.ok("docs", "rename", mine, "--folder", "", "--json", **ANNA).data["folder"] is None
    cli.ok("docs", "hide", mine[:9], **ANNA)
    assert listed(cli) == []
    assert [each["hidden"] for each in listed(cli, "--hidden")] == [True]
    cli.ok("docs", "unhide", mine, **ANNA)
    assert cli.ok("docs", "delete", mine, "--yes", **ANNA).err == f"Deleted {mine}.\n"
    assert listed(cli) == []
    cli.ok("docs", "delete", mine, "--yes", **ANNA)


def test_staff_share_and_see_who_opened_what(cli: Cli) -> None:
    plan = uploaded(cli, name="plan.txt", profile="practice")
    for client in ("anna@example.com", "Ben Carter"):
        cli.ok("docs", "share", plan, client, **OWNER)
    cli.ok("docs", "view", plan, **BEN)
    table = cli.ok("docs", "views", plan, **OWNER).out
    assert "Mon 2 Mar 2026 09:00 CET" in table
    assert "Ben Carter" in table
    assert cli.ok("docs", "views", plan, "--json", **ANNA).data == []
    cli.ok("docs", "unshare", plan, "ben@example.com", **OWNER)
    assert listed(cli, profile="ben") == []
    assert len(listed(cli)) == 1
    assert cli("docs", "share", plan, "ben@example.com", **ANNA).code == 5
    assert cli("docs", "delete", plan, "--yes", **ANNA).code == 5
    assert cli("docs", "hide", plan, **OWNER).code == 5


def test_a_title_of_somebody_else_can_do_nothing_to_a_terminal(cli: Cli) -> None:
    """It is one line, shown as what it is, and in a spreadsheet it is text."""
    hostile = ["\u202egpj.exe", "=cmd|'/C calc'!A0", "[bold]x[/bold] :smile:", "a\u200b\u2028b", "Z" + "\u0351" * 60]
    for number, title in enumerate(hostile):
        uploaded(cli, "--title", title, name=f"{number}.txt")
    table = cli.ok("docs", "list", **OWNER).out
    assert len(table.splitlines()) == 2 + len(hostile)
    assert not {"\u202e", "\u2028", "\u200b"} & set(table)
    assert "[bold]x[/bold] :smile:" in table
    assert table.count("\u0351") < 60
    assert "'=cmd" in cli.ok("docs", "list", "--format", "csv", **OWNER).out
    assert {each["title"] for each in listed(cli, profile="practice")} == set(hostile)


def test_the_practice_says_how_long_documents_are_and_of_which_kinds(cli: Cli) -> None:
    policy = cli.ok("practice", "policy", "set", "--document-size", "1.5MiB", "--document-kinds", ".PDF, txt", **OWNER)
    told = dict(line.split("  ", 1) for line in policy.out.splitlines())
    assert told["Document size"].strip() == "1.6 MB"
    assert told["Document kinds"].strip() == "pdf, txt"
    shown = cli.ok("practice", "policy", "show", "--json", **ANNA).data
    assert (shown["document_max_bytes"], shown["document_kinds"]) == (1_572_864, ["pdf", "txt"])
    for wrong in (
        ("--document-size", "much"),
        ("--document-size", "0"),
        ("--document-kinds", "../x"),
        ("--document-kinds", ""),
    ):
        assert cli("practice", "policy", "set", *wrong, **OWNER).code == 2
    assert cli("practice", "policy", "set", "--document-size", "1M", **ANNA).code == 5
    (cli.home / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert cli("docs", "upload", str(cli.home / "photo.png"), **ANNA).code in (5, 6)
