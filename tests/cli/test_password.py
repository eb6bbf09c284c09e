"""`portalctl password reset`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import ANNA_PASSWORD, Cli
from tests.cli.terminal import answer, answer_hidden, ended, on_terminal, today

NEW = "violet anchor thunder pencil"


@pytest.fixture
def link(cli: Cli) -> str:
    """A reset link for Anna."""
    return cli.ok("practice", "reset-link", "anna@example.com", profile="practice").out.strip()


def test_the_new_password_signs_in_and_every_session_has_ended(cli: Cli, link: str) -> None:
    result = cli.ok("password", "reset", "-", "--password-stdin", stdin=f"{link}\n{NEW}\n")
    assert result.out == ""
    assert NEW not in result.err
    assert cli("whoami", profile="anna").code == 4
    assert cli("login", "--password-stdin", stdin=ANNA_PASSWORD, profile="anna").code == 4
    cli.ok("login", "--password-stdin", stdin=NEW, profile="anna")
    cli.ok("whoami", profile="ben")


def test_the_link_leads_to_its_portal_from_a_home_that_knows_nothing(cli: Cli, link: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(NEW)
    Cli(tmp_path / "elsewhere").ok("password", "reset", link, "--password-file", str(password))
    cli.ok("login", "--password-stdin", stdin=NEW, profile="anna")


def test_a_link_works_once_and_not_after_a_newer_one(cli: Cli, link: str) -> None:
    newer = cli.ok("practice", "reset-link", "anna@example.com", profile="practice").out.strip()
    assert cli("password", "reset", link, "--password-stdin", stdin=NEW).code == 4
    cli.ok("password", "reset", newer, "--password-stdin", stdin=NEW)
    assert cli("password", "reset", newer, "--password-stdin", stdin=NEW + "!").code == 4


def test_a_link_ends_after_a_day(cli: Cli, link: str) -> None:
    cli.advance(days=1)
    assert cli("password", "reset", link, "--password-stdin", stdin=NEW).code == 4


def test_a_weak_password_leaves_the_link_for_another_try(cli: Cli, link: str) -> None:
    refused = cli("password", "reset", link, "--password-stdin", stdin="Anna Bianchi 2026")
    assert refused.code == 5
    cli.ok("password", "reset", link, "--password-stdin", stdin=NEW)


@pytest.mark.parametrize("text", ["", "\n", "   \n"])
def test_an_empty_standard_input_is_no_link(cli: Cli, text: str) -> None:
    refused = cli("password", "reset", "-", "--password-stdin", stdin=text)
    assert refused.code == 2
    assert "no reset link" in refused.err


def test_without_a_terminal_what_is_missing_is_named(cli: Cli, link: str) -> None:
    assert "as an argument" in cli("password", "reset").err
    refused = cli("password", "reset", link)
    assert refused.code == 2
    assert "--password-stdin or --password-file" in refused.err


def test_an_invite_link_is_sent_to_the_command_it_is_for(cli: Cli) -> None:
    invite = cli.ok("practice", "invite", "cara@example.com", "--name", "Cara", profile="practice").out.strip()
    refused = cli("password", "reset", invite, "--password-stdin", stdin=NEW)
    assert refused.code == 2
    assert "portalctl signup" in refused.err


def test_on_a_terminal_link_and_password_are_asked_for(cli: Cli) -> None:
    link = today(cli).ok("practice", "reset-link", "anna@example.com", profile="practice").out.strip()
    child = on_terminal(cli, "password", "reset")
    answer(child, "Reset link: ", link)
    answer_hidden(child, "Password: ", NEW)
    answer_hidden(child, "Password again: ", NEW)
    code, shown = ended(child)
    assert code == 0
    assert "portalctl login" in shown
    cli.ok("login", "--password-stdin", stdin=NEW, profile="anna")
