"""`portalctl practice invite` and `practice invites`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Cli, Result


def practice(cli: Cli, *arguments: str) -> Result:
    """What the owner gets from a command of the practice."""
    return cli("practice", *arguments, profile="practice")


def invited(cli: Cli, email: str = "cara@example.com", *arguments: str) -> Any:
    """A new invite, as JSON."""
    result = practice(cli, "invite", email, "--name", "Cara Neri", "--json", *arguments)
    assert result.code == 0, result
    return result.data


def test_the_link_alone_is_on_standard_output(cli: Cli) -> None:
    result = practice(cli, "invite", "cara@example.com", "--name", "Cara Neri")
    assert result.code == 0
    [link] = result.out.splitlines()
    assert link.startswith(f"sqlite://{cli.home}/data/portal.db/invite/inv_")
    assert "Invited Cara Neri" in result.err
    assert link not in result.err


def test_json_holds_the_whole_invite_with_its_link(cli: Cli) -> None:
    data = invited(cli)
    assert data["state"] == "pending"
    assert data["expires_at"] == "2026-03-09T08:00:00Z"
    assert data["link"].rpartition("/")[2].startswith(data["id"])


@pytest.mark.parametrize(("length", "until"), [("12h", "2026-03-02T20:00:00Z"), ("30d", "2026-04-01T08:00:00Z")])
def test_an_invite_expires_when_told(cli: Cli, length: str, until: str) -> None:
    assert invited(cli, "cara@example.com", "--expires", length)["expires_at"] == until


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("cara", "--name", "Cara"), 2, "email"),
        (("cara@example.com",), 2, "--name"),
        (("cara@example.com", "--name", " "), 2, "name"),
        (("cara@example.com", "--name", "Cara", "--expires", "soon"), 2, "7d"),
        (("cara@example.com", "--name", "Cara", "--expires", "0"), 2, "expires"),
        (("cara@example.com", "--name", "Cara", "--expires", "365d"), 2, "expires"),
        (("cara@example.com", "--name", "Cara", "--fields", "nonsense"), 2, "link"),
        (("anna@example.com", "--name", "Anna"), 5, "already belongs"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_invited(
    cli: Cli, arguments: tuple[str, ...], code: int, says: str
) -> None:
    refused = practice(cli, "invite", *arguments)
    assert refused.code == code
    assert says in refused.err
    assert len(practice(cli, "invites", "list", "--json").data) == 2


def test_a_new_invite_revokes_the_one_before(cli: Cli) -> None:
    first, second = invited(cli), invited(cli)
    states = {each["id"]: each["state"] for each in practice(cli, "invites", "list", "--json").data}
    assert (states[first["id"]], states[second["id"]]) == ("revoked", "pending")


def test_the_list_is_newest_first_without_links_and_says_when_there_are_more(cli: Cli) -> None:
    for number in range(3):
        cli.advance(minutes=1)
        invited(cli, f"guest{number}@example.com")
    listed = practice(cli, "invites", "list", "--limit", "2", "--json")
    assert [each["email"] for each in listed.data] == ["guest2@example.com", "guest1@example.com"]
    assert "more with --limit" in listed.err
    assert "/invite/" not in practice(cli, "invites", "list", "--format", "csv").out


def test_an_invite_is_revoked_by_the_beginning_of_its_id_once(cli: Cli) -> None:
    invite = invited(cli)
    revoked = practice(cli, "invites", "revoke", invite["id"][:9], "--json")
    assert revoked.data["state"] == "revoked"
    again = practice(cli, "invites", "revoke", invite["id"], "--json")
    assert (again.code, again.error["code"]) == (5, "not_changeable")
    link = cli("signup", invite["link"], "--password-stdin", "--store", "file", stdin="x" * 20, profile="cara")
    assert link.code == 4


@pytest.mark.parametrize(
    "reference", ["", " ", "../x", "inv_", "inv_%2e", "apt_7k2m", "inv_" + "7" * 10_000, "ｉnv_7k"]
)
def test_what_is_no_id_is_refused_as_such(cli: Cli, reference: str) -> None:
    assert practice(cli, "invites", "revoke", reference).code == 2


def test_a_missing_invite_is_not_found(cli: Cli) -> None:
    assert practice(cli, "invites", "revoke", "inv_000000000000").code == 3


@pytest.mark.parametrize("command", [("invite", "x@example.com", "--name", "X"), ("invites", "list")])
def test_clients_may_not(cli: Cli, command: tuple[str, ...]) -> None:
    refused = cli("practice", *command, "--json", profile="anna")
    assert (refused.code, refused.error["code"]) == (5, "not_permitted")
