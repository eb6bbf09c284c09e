"""`portalctl practice init --setup`: a server's practice is made by whoever has the code that the server printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.asking import refused
from tests.cli.conftest import OWNER_PASSWORD, Cli
from tests.serving import Serving, serving

PRACTICE = ("practice", "init", "--name", "Studio Rossi", "--email", "rossi@example.com", "--timezone", "Europe/Rome")
KEPT = ("--password-stdin", "--store", "file")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    """A server on an empty database."""
    with serving(f"sqlite://{tmp_path}/served/portal.db") as running:
        yield running


def test_a_link_on_standard_input_names_portal_and_code(empty: Cli, server: Serving) -> None:
    """Neither of them has to be an argument, which others could read."""
    given = f"{server.url}/setup/{server.set_up_code}\n{OWNER_PASSWORD}\n"
    made = empty.ok(*PRACTICE, "--setup", "-", *KEPT, "--json", stdin=given)
    assert made.data["name"] == "Studio Rossi"
    [profile] = empty.ok("profiles", "list", "--json").data
    assert (profile["portal"], profile["email"]) == (server.url, "rossi@example.com")


def test_without_the_code_or_with_another_nothing_is_made(empty: Cli, server: Serving) -> None:
    where = ("--portal", server.url)
    for setup in ((), ("--setup", "set_000000000000.forged"), ("--setup", f"{server.url}/setup/x")):
        refused(empty(*PRACTICE, *setup, *where, *KEPT, stdin=OWNER_PASSWORD), "--setup CODE", code=4)
    empty.ok(*PRACTICE, "--setup", server.set_up_code, *where, *KEPT, stdin=OWNER_PASSWORD)
    again = empty(*PRACTICE, "--setup", server.set_up_code, *where, *KEPT, stdin=OWNER_PASSWORD)
    refused(again, "already belongs to a practice", code=5)


def test_a_link_of_another_kind_is_told_apart(empty: Cli) -> None:
    link = "https://portal.example.com/invite/inv_zzzzzzzzzzzz.x"
    refused(empty(*PRACTICE, "--setup", link, *KEPT, stdin=OWNER_PASSWORD), "portalctl signup -")
