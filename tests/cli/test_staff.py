"""`portalctl practice staff`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.cli.inside import Terminalless

PASSWORD = "granite meadow violin dusk"


@pytest.fixture
def staff(cli: Cli) -> Cli:
    """The practice with Dr Verdi, who has signed up under the profile `verdi`."""
    link = owner(cli, "add", "verdi@example.com", "--name", "Dr Verdi")["link"]
    cli.ok("signup", link, "--profile", "verdi", "--password-stdin", "--store", "file", stdin=PASSWORD)
    return cli


def owner(cli: Cli, *arguments: str) -> Any:
    """What the owner gets from a command, as JSON."""
    return cli.ok("practice", "staff", *arguments, "--json", profile="practice").data


def test_adding_prints_the_link_once_and_the_person_signs_up_with_it(staff: Cli) -> None:
    assert staff.ok("whoami", "--json", profile="verdi").data["role"] == "practitioner"
    assert "/invite/" not in staff.ok("practice", "invites", "list", "--json", profile="practice").out


def test_a_person_s_link_is_among_the_data_and_what_was_done_among_the_messages(cli: Cli) -> None:
    result = cli.ok(
        "practice", "staff", "add", "desk@example.com", "--name", "Desk", "--role", "staff", profile="practice"
    )
    assert "/invite/inv_" in result.out
    assert result.err.startswith("Invited Desk.")


def test_the_list_names_everyone_with_role_and_zone(staff: Cli) -> None:
    listed = staff.ok("practice", "staff", "list", profile="verdi").out
    assert [line.split()[1:3] for line in listed.splitlines()[2:]] == [["Dr", "Rossi"], ["Dr", "Verdi"]]
    ids = staff.ok("practice", "staff", "list", "--format", "ids", profile="practice").out.split()
    assert all(word.startswith("stf_") for word in ids)


def test_an_edit_shows_the_changed_person(staff: Cli) -> None:
    after = owner(staff, "edit", "verdi@example.com", "--timezone", "America/New_York", "--role", "owner")
    assert (after["name"], after["timezone"], after["role"]) == ("Dr Verdi", "America/New_York", "owner")


def test_disabling_asks_and_without_a_terminal_names_the_flag(staff: Cli) -> None:
    refused = staff("practice", "staff", "disable", "Dr Verdi", profile="practice")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert staff("practice", "staff", "list", profile="verdi").code == 0


def test_only_a_yes_disables(staff: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Terminalless, "isatty", lambda _: True)
    declined = staff("practice", "staff", "disable", "Dr Verdi", profile="practice", stdin="no\n")
    assert (declined.code, declined.out) == (0, "")
    assert "Nothing was changed." in declined.err
    assert staff("practice", "staff", "list", profile="verdi").code == 0
    assert staff("practice", "staff", "disable", "Dr Verdi", profile="practice", stdin="y\n").code == 0
    assert staff("practice", "staff", "list", profile="verdi").code == 4


def test_a_disabled_person_is_out_at_once(staff: Cli) -> None:
    assert owner(staff, "disable", "Dr Verdi", "--yes")["active"] is False
    assert staff("practice", "staff", "list", profile="verdi").code == 4


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "verdi", "--name", "Dr Verdi"), 2, "email"),
        (("add", "verdi@example.com"), 2, "--name"),
        (("add", "verdi@example.com", "--name", "\x1b[2J"), 2, "control characters"),
        (("add", "verdi@example.com", "--name", "V", "--role", "client"), 2, "practitioner"),
        (("add", "verdi@example.com", "--name", "V", "--timezone", "Rome"), 2, "Europe/Rome"),
        (("add", "anna@example.com", "--name", "Anna"), 5, "anna@example.com"),
        (("edit", "rossi@example.com"), 2, "nothing to change"),
        (("edit", "rossi@example.com", "--role", "staff"), 5, "only owner"),
        (("disable", "rossi@example.com", "--yes"), 5, "only owner"),
        (("disable", "nobody", "--yes"), 3, "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_with_a_hint(
    cli: Cli, arguments: tuple[str, ...], code: int, says: str
) -> None:
    result = cli("practice", "staff", *arguments, profile="practice")
    assert result.code == code
    assert says in result.err
    assert result.err.splitlines()[1].startswith("Hint: ")
    assert result.out == ""
