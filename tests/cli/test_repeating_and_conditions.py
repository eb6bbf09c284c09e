"""`--idempotency-key` and `--if-version`: a script may repeat what it made, and changes only what it has read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.asking import free_slot
from tests.cli.conftest import Cli
from tests.surface import commands, options_of

MAKES = {
    "practice invite": ("carl@example.com", "--name", "Carl"),
    "practice staff add": ("verdi@example.com", "--name", "Dr Verdi"),
    "practice services add": ("Talk", "--duration", "30m"),
    "practice hours add": ("rossi@example.com", "--days", "sat", "--windows", "09:00-12:00"),
    "practice reset-link": ("anna@example.com",),
    "practice relationships add": (
        *("anna@example.com", "--name", "Rosa", "--kind", "mother", "--email", "rosa@example.com"),
    ),
    "practice invoices create": ("anna@example.com", "--item", "Visit", "--amount", "80 EUR"),
    "docs note add": ("--title", "A visit", "--body", "All is well.", "--client", "anna@example.com"),
    "inbox send": ("--to", "anna@example.com", "--subject", "Hello", "--body", "All is well."),
    "appointments book": ("SLOT", "--client", "anna@example.com"),
    "appointments book --weekly": ("SLOT", "--weekly", "3", "--client", "anna@example.com"),
}
"""What is made with a key."""

MADE_ELSEWHERE = {
    *("appointments reschedule", "inbox reply", "practice form share"),
    *("practice invoices charge", "practice invoices refund", "invoices pay", "settings payment add"),
}
"""What needs something to be there first: in the tests of its noun, and in the conformance suite."""

EDITS = {
    "practice services edit": (("practice", "services", "list"), ("First visit", "--duration", "30m")),
    "practice staff edit": (("practice", "staff", "list"), ("rossi@example.com", "--timezone", "Asia/Tokyo")),
    "practice policy set": (("practice", "policy", "show"), ("--daily-limit", "3")),
    "practice hours set": (("practice", "hours", "show"), ("rossi@example.com", "--days", "mon", "--closed")),
    "settings profile set": (("settings", "profile", "show"), ("--preferred-name", "Giulia")),
    "settings notifications set": (("settings", "notifications", "show"), ("--off", "message")),
    "practice hours override": (("practice", "hours", "show"), ("rossi@example.com", "2026-03-20", "--closed")),
}
"""How each is read, and how it is changed."""

EDITED_ELSEWHERE = {
    *("docs rename", "docs note edit", "docs form fill", "docs form save", "docs form submit"),
    *("practice relationships edit", "practice invoices issue", "practice invoices void"),
}
"""What needs something to be there first: in the tests of its noun, and in the conformance suite."""


def owner(cli: Cli, *words: str) -> Any:
    """What a command of the owner's prints as JSON; the first of a list."""
    data = cli.ok(*words, "--json", profile="practice").data
    return data[0] if isinstance(data, list) else data


@pytest.mark.parametrize("name", MAKES)
def test_what_is_repeated_with_its_key_is_made_once(cli: Cli, name: str) -> None:
    words = [*name.removesuffix(" --weekly").split(), *MAKES[name], "--idempotency-key", "k-1"]
    words = [free_slot(cli) if word == "SLOT" else word for word in words]
    assert owner(cli, *words) == owner(cli, *words)
    assert (
        cli("practice", "staff", "add", "eva@example.com", "--name", "Eva", *words[-2:], profile="practice").code == 5
    )


@pytest.mark.parametrize("name", EDITS)
def test_what_was_changed_since_it_was_read_is_left_alone(cli: Cli, name: str) -> None:
    read, change = EDITS[name]
    version = owner(cli, *read)["version"]
    after = owner(cli, *name.split(), *change, "--if-version", version)
    assert after["version"] != version
    refused = cli(*name.split(), *change, "--if-version", version, "--json", profile="practice")
    assert (refused.code, refused.out, refused.error["code"]) == (5, "", "changed_meanwhile")
    assert after["version"] in refused.error["hint"]
    assert owner(cli, *read) == after


def test_a_version_alone_changes_nothing(cli: Cli) -> None:
    refused = cli("practice", "staff", "edit", "rossi@example.com", "--if-version", "x", profile="practice")
    assert refused.code == 2
    assert "nothing to change" in refused.err


@pytest.mark.parametrize("key", ["", "two words", "é", "k" * 256])
def test_a_key_that_is_none_is_refused_before_anything_happens(cli: Cli, key: str) -> None:
    words = ("practice", "invite", "carl@example.com", "--name", "Carl", "--idempotency-key", key)
    assert cli(*words, profile="practice").code == 2
    assert cli.ok("practice", "invites", "list", "--format", "ids", profile="practice").out.count("inv_") == 2


def test_every_command_with_a_key_or_a_version_is_among_those() -> None:
    with_key = {" ".join(path) for path, each in commands().items() if "--idempotency-key" in options_of(each)}
    with_version = {" ".join(path) for path, each in commands().items() if "--if-version" in options_of(each)}
    assert with_key == {name.removesuffix(" --weekly") for name in MAKES} | MADE_ELSEWHERE
    assert with_version == EDITS.keys() | EDITED_ELSEWHERE
