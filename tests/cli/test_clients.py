"""`portalctl practice clients` and `practice reset-link`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli, Result


def practice(cli: Cli, *arguments: str) -> Result:
    """What the owner gets from a command of the practice."""
    return cli("practice", *arguments, profile="practice")


def test_the_list_is_by_name_and_says_when_there_are_more(cli: Cli) -> None:
    listed = practice(cli, "clients", "list", "--json")
    assert [each["name"] for each in listed.data] == ["Anna Bianchi", "Ben Carter"]
    first = practice(cli, "clients", "list", "--limit", "1", "--format", "ids")
    assert first.out.strip() == listed.data[0]["id"]
    assert "more with --limit" in first.err


def test_a_client_is_shown_by_id_beginning_address_or_name(cli: Cli) -> None:
    anna = practice(cli, "clients", "list", "--json").data[0]
    for reference in (anna["id"], anna["id"][:9], "anna@example.com", "Anna Bianchi"):
        assert practice(cli, "clients", "show", reference, "--json").data == anna


@pytest.mark.parametrize("reference", ["cli_000000000000", "nobody@example.com", "Anna", "'; --", "%"])
def test_nobody_is_not_found(cli: Cli, reference: str) -> None:
    assert practice(cli, "clients", "show", reference).code == 3


@pytest.mark.parametrize("reference", ["", " ", "x" * 1000, "\x1b[2J"])
def test_what_names_nobody_is_refused(cli: Cli, reference: str) -> None:
    assert practice(cli, "clients", "show", reference).code == 2


def test_a_client_sees_themselves_and_nobody_else(cli: Cli) -> None:
    assert cli.ok("practice", "clients", "show", "anna@example.com", "--json", profile="anna").data["name"]
    assert cli("practice", "clients", "show", "ben@example.com", profile="anna").code == 3
    assert cli("practice", "clients", "list", profile="anna").code == 5


def test_a_name_that_tries_to_draw_on_the_terminal_is_shown_as_text(cli: Cli) -> None:
    practice(cli, "invite", "zoe@example.com", "--name", "Zoe [bold]\u202e")
    assert "\u202e" not in practice(cli, "clients", "list").out
    assert "[bold]" in practice(cli, "clients", "list").out


def test_the_reset_link_alone_is_on_standard_output(cli: Cli) -> None:
    result = practice(cli, "reset-link", "Anna Bianchi")
    [link] = result.out.splitlines()
    assert link.startswith(f"sqlite://{cli.home}/data/portal.db/reset/rst_")
    assert link not in result.err


def test_json_holds_the_link_for_whom_and_until_when(cli: Cli) -> None:
    data = practice(cli, "reset-link", "anna@example.com", "--json").data
    assert data["person_id"].startswith("cli_")
    assert data["expires_at"] == "2026-03-03T08:00:00Z"
    assert "/reset/" in data["link"]


def test_somebody_who_has_not_signed_up_is_to_be_invited(cli: Cli) -> None:
    practice(cli, "invite", "cara@example.com", "--name", "Cara Neri")
    refused = practice(cli, "reset-link", "cara@example.com", "--json")
    assert (refused.code, refused.error["code"]) == (5, "not_changeable")
    assert "portalctl practice invite" in refused.error["hint"]
