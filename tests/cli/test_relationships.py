"""`relationships` and `practice relationships`: a relative is invited, reads what is shared, and is out again."""

from __future__ import annotations

import pytest

from tests.cli.conftest import ANNA_PASSWORD, Cli

ANNA = "anna@example.com"
ROSA = ("--name", "Rosa Bianchi", "--kind", "mother", "--email", "rosa@example.com")
ADD = ("practice", "relationships", "add", ANNA, *ROSA)
BOTH = ("--portal-access", "--information-access")


@pytest.fixture
def related(cli: Cli) -> str:
    """Rosa, Anna's mother, who has signed up under the profile `rosa`: the relationship's id."""
    made = cli.ok(*ADD, *BOTH, "--json", profile="practice").data
    keep = ("--profile", "rosa", "--password-stdin", "--store", "file")
    cli.ok("signup", made["link"], *keep, stdin=ANNA_PASSWORD)
    return str(made["id"])


def test_the_invite_is_printed_alone_and_says_what_it_is_for(cli: Cli) -> None:
    """Once; whoever signs up with it is told first."""
    made = cli.ok(*ADD, *BOTH, profile="practice")
    assert made.out.startswith("sqlite://")
    assert made.out.count("\n") == 1
    assert "invited Rosa Bianchi" in made.err
    signed = cli.ok(
        *("signup", "-", "--profile", "rosa", "--password-stdin", "--store", "file"), stdin=made.out + ANNA_PASSWORD
    )
    assert "invites Rosa Bianchi (rosa@example.com) to its client portal, as somebody close to one of" in signed.err
    assert cli.ok("whoami", "--json", profile="rosa").data["role"] == "related"


def test_a_relative_reads_what_is_shared_and_nothing_else(cli: Cli, related: str) -> None:
    note = ("docs", "note", "add", "--title", "Plan", "--body", "Walk daily.", "--client", ANNA, "--format", "ids")
    shared = cli.ok(*note, profile="practice").out.strip()
    cli.ok("docs", "note", "complete", shared, profile="practice")
    own = cli.ok("docs", "note", "add", "--title", "Mine", "--body", "x", "--format", "ids", profile="anna").out.strip()
    cli.ok("docs", "note", "complete", own, profile="anna")
    (listed,) = cli.ok("relationships", "list", "--json", profile="rosa").data
    assert (listed["id"], listed["client"], listed["readable"]) == (related, "Anna Bianchi", True)
    assert cli.ok("relationships", "docs", "Anna Bianchi", "--format", "ids", profile="rosa").out.split() == [shared]
    overview = cli.ok("relationships", "dashboard", "Anna Bianchi", profile="rosa").out
    assert [line.split()[0] for line in overview.splitlines()] == ["Client", "Shared", "New", "Others"]
    assert "Walk daily." in cli.ok("docs", "view", shared, profile="rosa").out
    assert cli("docs", "view", own, profile="rosa").code == 3
    for refused in (("docs", "list"), ("dashboard",), ("appointments", "list"), ("inbox", "list")):
        assert cli(*refused, profile="rosa").code == 5


def test_a_client_sees_who_is_close_to_them_and_what_those_see(cli: Cli, related: str) -> None:
    shown = cli.ok("relationships", "list", profile="anna").out
    assert shown.splitlines()[-1].split()[-4:] == ["rosa@example.com", "yes", "yes", "no"]
    assert cli.ok("relationships", "show", "rosa bianchi", "--format", "ids", profile="anna").out.strip() == related
    assert cli.ok("relationships", "docs", "rosa@example.com", "--json", profile="anna").data == []
    assert cli("relationships", "show", related, profile="ben").code == 3


def test_what_is_taken_away_is_gone_at_once(cli: Cli, related: str) -> None:
    cli.ok("practice", "relationships", "edit", related, "--no-information-access", profile="practice")
    refused = cli("relationships", "docs", "Anna Bianchi", "--json", profile="rosa")
    assert (refused.code, refused.error["message"]) == (3, "nothing of Anna Bianchi is shared with you")
    assert cli("practice", "relationships", "remove", related, profile="practice").code == 2, "asks, on a terminal"
    for _ in range(2):
        done = cli.ok("practice", "relationships", "remove", related, "--yes", profile="practice")
        assert done.err == f"Removed {related}.\n"
    assert cli("relationships", "list", profile="rosa").code == 4
    assert cli.ok("practice", "relationships", "list", ANNA, "--json", profile="practice").data == []


def test_who_has_an_account_is_not_invited(cli: Cli) -> None:
    """Ben is Anna's brother, and a client himself."""
    brother = ("--name", "Ben", "--kind", "brother", "--email", "ben@example.com")
    made = cli.ok("practice", "relationships", "add", ANNA, *brother, *BOTH, profile="practice")
    assert "://" not in made.out
    (mine,) = cli.ok("relationships", "list", "--json", profile="ben").data
    assert (mine["client"], mine["readable"]) == ("Anna Bianchi", True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", ANNA, "--name", "Rosa", "--kind", "mother", "--email", "rosa"), 2, "@-sign"),
        (("add", ANNA, "--name", "Rosa\x1b[2J", "--kind", "x", "--email", "r@example.com"), 2, "control characters"),
        (("add", ANNA, "--name", "Anna", "--kind", "self", "--email", ANNA), 2, "the client's own address"),
        (("add", "nobody@example.com", *ROSA), 3, "there is no client"),
        (("edit", "rel_zzzz", "--kind", "aunt"), 3, "there is no relationship"),
        (("edit", "rel_zzzz"), 2, "there is nothing to change"),
        (("edit", "cli_7k2m", "--kind", "aunt"), 2, "not an id such as rel_"),
        (("remove", "rel_zzzz", "--yes"), 3, "there is no relationship"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = cli("practice", "relationships", *arguments, profile="practice")
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert cli.ok("practice", "relationships", "list", "--json", profile="practice").data == []
