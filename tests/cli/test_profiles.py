"""`portalctl profiles`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Cli
from tests.cli.terminal import answer, ended, on_terminal


def test_the_list_shows_portal_address_and_store_by_name_but_no_token(cli: Cli) -> None:
    listed = cli.ok("profiles", "list", "--json")
    assert [(each["name"], each["email"], each["store"]) for each in listed.data] == [
        ("anna", "anna@example.com", "file"),
        ("ben", "ben@example.com", "file"),
        ("practice", "rossi@example.com", "file"),
    ]
    assert "pct_" not in listed.out


def test_without_profiles_the_list_is_empty(empty: Cli) -> None:
    assert empty.ok("profiles", "list", "--json").data == []
    assert "No profiles." in empty.ok("profiles", "list").err


def test_the_profile_in_use_is_marked_and_serves_where_none_is_named(cli: Cli) -> None:
    assert cli.ok("profiles", "use", "ben", "--json").data["current"] is True
    assert [each["name"] for each in cli.ok("profiles", "list", "--json").data if each["current"]] == ["ben"]
    assert cli.ok("whoami", "--json").data["email"] == "ben@example.com"
    assert cli.ok("--profile", "anna", "whoami", "--json").data["email"] == "anna@example.com"
    assert cli.ok("whoami", "--profile", "anna", "--json").data["email"] == "anna@example.com"


@pytest.mark.parametrize("command", ["use", "remove"])
def test_an_unknown_profile_is_not_found_and_the_known_ones_are_named(cli: Cli, command: str) -> None:
    missing = cli("profiles", command, "cara", "--no-input")
    assert missing.code == 3
    assert "anna, ben, practice" in missing.err


def test_removing_signs_out_and_forgets_and_leaves_the_others(cli: Cli) -> None:
    kept = json.loads((cli.home / "state" / "sessions.json").read_text())
    cli.ok("profiles", "remove", "anna", "--yes")
    assert [each["name"] for each in cli.ok("profiles", "list", "--json").data] == ["ben", "practice"]
    assert "anna" not in json.loads((cli.home / "state" / "sessions.json").read_text())
    cli.environment["PORTALCTL_TOKEN"] = json.loads(kept["anna"])["token"]
    assert cli("whoami", profile="practice").code == 4, "the session has ended at the portal too"


def test_removing_asks_and_without_a_terminal_names_the_flag(cli: Cli) -> None:
    refused = cli("profiles", "remove", "anna")
    assert refused.code == 2
    assert "--yes" in refused.err
    cli.ok("whoami", profile="anna")


def test_a_no_removes_nothing(cli: Cli) -> None:
    child = on_terminal(cli, "profiles", "remove", "anna")
    answer(child, "[y/N]: ", "n")
    code, shown = ended(child)
    assert code == 0
    assert "Nothing was changed." in shown
    cli.ok("whoami", profile="anna")


def test_a_profile_whose_store_is_gone_can_be_removed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    config = cli.home / "config.toml"
    config.write_text(config.read_text().replace('store = "file"', 'store = "keyring"'))
    removed = cli.ok("profiles", "remove", "anna", "--yes")
    assert "could not be wiped" in removed.err
    assert len(cli.ok("profiles", "list", "--json").data) == 2


def test_an_unknown_field_is_refused_before_anything_changes(cli: Cli) -> None:
    assert cli("profiles", "use", "ben", "--fields", "nonsense").code == 2
    assert not [each for each in cli.ok("profiles", "list", "--json").data if each["current"]]
