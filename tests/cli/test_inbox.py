"""`portalctl inbox` and `practice assign`: what clients and the practice write to each other, at the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Cli

OWNER, ANNA, BEN = {"profile": "practice"}, {"profile": "anna"}, {"profile": "ben"}


def sent(cli: Cli, *options: str, body: str = "How are you?", to: str = "Anna Bianchi") -> Any:
    """The conversation that the practice begins with a client."""
    return cli.ok(
        "inbox", "send", "--to", to, "--subject", "Your visit", "--body", body, "--json", *options, **OWNER
    ).data


def listed(cli: Cli, *options: str, profile: str = "anna") -> Any:
    """A list of conversations."""
    return cli.ok("inbox", "list", "--json", *options, profile=profile).data


def test_a_client_answers_what_the_practice_wrote(cli: Cli) -> None:
    conversation = sent(cli)["id"]
    answered = cli.ok("inbox", "reply", conversation[:9], "--body", "-", "--json", stdin="Well.\nAnd you?\n", **ANNA)
    assert (answered.data["body"], answered.data["from_client"]) == ("Well.\nAnd you?", True)
    shown = cli.ok("inbox", "show", conversation, **OWNER).out
    assert "#1  Dr Rossi  Mon 2 Mar 2026 09:00 CET\n  How are you?\n" in shown
    assert "#2  Anna Bianchi  Mon 2 Mar 2026 09:00 CET\n  Well.\n  And you?\n" in shown


def test_showing_marks_as_read_and_listing_or_peeking_does_not(cli: Cli) -> None:
    conversation = sent(cli)["id"]
    for _ in range(2):
        (before,) = listed(cli, "--unread")
        assert before["unread"] == 1
        cli.ok("inbox", "show", conversation, "--peek", **ANNA)
    assert cli.ok("inbox", "show", conversation, "--json", **ANNA).data["unread"] == 1
    assert listed(cli, "--unread") == []
    assert cli.ok("inbox", "unread", conversation, "--json", **ANNA).data["unread"] == 1
    assert cli.ok("inbox", "read", conversation, "--json", **ANNA).data["unread"] == 0
    assert [each["id"] for each in listed(cli)] == [conversation]


def test_a_refusal_names_the_policy_and_the_configuration(cli: Cli) -> None:
    refused = cli("inbox", "send", "--to", "Dr Rossi", "--subject", "Hello", "--body", "Hi", "--json", **ANNA)
    assert (refused.code, refused.error["code"]) == (5, "policy_reply_only")
    assert "communication configuration is the reason (its policy is reply-only)" in refused.error["hint"]
    cli.ok("practice", "policy", "set", "--communication", "all-clients", **OWNER)
    assert "all-clients" in cli.ok("practice", "policy", "show", **ANNA).out
    cli.ok("inbox", "send", "--to", "Dr Rossi", "--subject", "Hello", "--body", "Hi", **ANNA)
    assert [each["started_by"] for each in listed(cli, "--unread", profile="practice")] == ["client"]


def test_staff_close_and_reopen(cli: Cli) -> None:
    conversation = sent(cli)["id"]
    assert cli.ok("inbox", "close", conversation, "--json", **OWNER).data["state"] == "closed"
    assert listed(cli, "--open") == []
    refused = cli("inbox", "reply", conversation, "--body", "Wait", "--json", **ANNA)
    assert (refused.code, refused.error["code"]) == (5, "conversation_closed")
    assert cli.ok("inbox", "reopen", conversation, "--json", **OWNER).data["state"] == "open"
    cli.ok("inbox", "reply", conversation, "--body", "Here I am", **ANNA)
    assert cli("inbox", "close", conversation, **ANNA).code == 5


def test_assignments_are_made_listed_and_taken_away(cli: Cli) -> None:
    cli.ok("practice", "policy", "set", "--communication", "assigned-only", **OWNER)
    write = ("inbox", "send", "--to", "Dr Rossi", "--subject", "Hello", "--body", "Hi", "--json")
    assert cli(*write, **ANNA).error["code"] == "policy_assigned_only"
    cli.ok("practice", "assign", "anna@example.com", "Dr Rossi", **OWNER)
    (row,) = cli.ok("practice", "assigned", "--staff", "rossi@example.com", "--json", **OWNER).data
    assert (row["client"], row["staff"]) == ("Anna Bianchi", "Dr Rossi")
    cli.ok(*write, **ANNA)
    cli.ok("practice", "unassign", "Anna Bianchi", "Dr Rossi", **OWNER)
    assert cli(*write, **ANNA).error["code"] == "policy_assigned_only"
    assert cli.ok("practice", "assigned", **OWNER).err == "No assignments.\n"


def test_a_broadcast_is_one_conversation_per_client(cli: Cli) -> None:
    broadcast = ("inbox", "send", "--all-clients", "--subject", "We move", "--body", "To the park.", "--json")
    told = cli.ok(*broadcast, "--idempotency-key", "move", **OWNER)
    assert (told.data["clients"], told.data["sent"]) == (2, 2)
    assert "--idempotency-key move" in told.err
    assert cli.ok(*broadcast, "--idempotency-key", "move", **OWNER).data == told.data
    for profile in ("anna", "ben"):
        (own,) = listed(cli, profile=profile)
        assert (own["subject"], own["unread"]) == ("We move", 1)
    assert len(listed(cli, profile="practice")) == 2


def test_a_conversation_of_somebody_else_is_not_there(cli: Cli) -> None:
    conversation = sent(cli)["id"]
    for command in (("show", conversation), ("reply", conversation, "--body", "Hi"), ("read", conversation)):
        assert cli("inbox", *command, **BEN).code == 3
    assert listed(cli, profile="ben") == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("send", "--subject", "x", "--body", "y"), "either --to WHOM or --all-clients"),
        (("send", "--subject", "x", "--body", "y", "--to", "Ben", "--all-clients"), "either --to WHOM or"),
        (("send", "--subject", "x", "--to", "Ben Carter"), "give it with --body TEXT|-"),
        (("send", "--subject", "x", "--to", "Ben Carter", "--body", "   "), "must not be blank"),
        (("send", "--subject", "a\nb", "--to", "Ben Carter", "--body", "x"), "must not contain control characters"),
        (("list", "--client", "Ben Carter", "--practice"), "exclude each other"),
        (("list", "--all", "--limit", "3"), "exclude each other"),
        (("show", "../../etc"), "not an id such as cnv_7k2m9x4qv3bd"),
    ],
)
def test_a_wrong_command_line_is_refused_before_anything_is_sent(cli: Cli, command: tuple[str, ...], told: str) -> None:
    refused = cli("inbox", *command, **OWNER)
    assert refused.code == 2
    assert told in " ".join(refused.err.split())
    assert listed(cli, "--practice", profile="practice") == []


def test_a_text_of_64_kib_is_taken_and_a_longer_one_refused(cli: Cli) -> None:
    longest = "ä" * 32_768
    conversation = sent(cli, body=longest)["id"]
    shown = cli.ok("inbox", "show", conversation, "--json", **ANNA).data
    assert shown["messages"][0]["body"] == longest
    for body in (longest + "x", "x" * 70_000):
        refused = cli(
            *("inbox", "send", "--to", "Anna Bianchi", "--subject", "Long", "--body", "-"), stdin=body, **OWNER
        )
        assert refused.code == 2
        assert "65,536 bytes" in refused.err


HOSTILE = "\x1b[2J\x1b]52;c;aGk=\x07\x9b31mpaid\r\x1b[2K#9  Dr Rossi\u202egnp\t\x00"[:-1]


@pytest.mark.parametrize("command", [("list",), ("show",), ("list", "--format", "csv"), ("show", "--peek")])
def test_hostile_text_never_moves_the_cursor(cli: Cli, command: tuple[str, ...]) -> None:
    """What others write stands at the margin only in our words."""
    cli.ok("practice", "policy", "set", "--communication", "all-clients", **OWNER)
    body = HOSTILE + "\n#2  Dr Rossi  Mon 2 Mar 2026 09:00 CET\n  All paid."
    conversation = cli.ok(
        *("inbox", "send", "--to", "Dr Rossi", "--subject", "=cmd|'/C calc'!A0 [bold] \u202egnp", "--body", body),
        "--json",
        **ANNA,
    ).data["id"]
    name, *options = command
    shown = cli.ok("inbox", name, *([conversation] if name == "show" else []), *options, **OWNER).out
    assert not set(shown) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))} - (
        {"\r"} if "csv" in command else set()
    )
    if name == "show":
        assert [line for line in shown.splitlines() if line.startswith("#")] == [
            "#1  Anna Bianchi  Mon 2 Mar 2026 09:00 CET"
        ]
        assert "\\x1b[2J" in shown
    if "csv" in command:
        assert "'=cmd|" in shown
    assert json.loads(cli.ok("inbox", "show", conversation, "--json", **OWNER).out)["messages"][0]["body"] == body
    raw = cli.ok("inbox", "show", conversation, "--raw", **OWNER)
    assert (raw.out, "may draw on a terminal" in raw.err) == (f"{body}\n\n", True)
