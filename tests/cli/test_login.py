"""`portalctl login`, `logout` and `whoami`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import ANNA_PASSWORD, Cli
from tests.cli.terminal import answer, answer_hidden, ended, on_terminal, today


def token_of(cli: Cli, profile: str) -> str:
    """The session token that is kept for a profile."""
    kept = json.loads((cli.home / "state" / "sessions.json").read_text())
    token: str = json.loads(kept[profile])["token"]
    return token


def test_who_is_signed_in_and_where(cli: Cli) -> None:
    shown = cli.ok("whoami", profile="anna")
    assert "anna@example.com" in shown.out
    assert f"Profile `anna`, portal sqlite://{cli.home}" in shown.err
    assert cli.ok("whoami", "--fields", "role,email", "--json", profile="practice").data == {
        "role": "owner",
        "email": "rossi@example.com",
    }


def test_signing_in_uses_the_address_of_the_profile_unless_told(cli: Cli) -> None:
    signed_in = cli.ok("login", "--password-stdin", "--json", stdin=f"{ANNA_PASSWORD}\n", profile="anna")
    assert signed_in.data["email"] == "anna@example.com"
    assert ANNA_PASSWORD not in signed_in.out + signed_in.err
    other = cli.ok(
        *("login", "--email", "ANNA@example.com", "--password-stdin", "--store", "file", "--json"),
        stdin=ANNA_PASSWORD,
        profile="second",
    )
    assert other.data["account_id"] == signed_in.data["account_id"]
    assert cli.ok("whoami", profile="second").code == 0


def test_the_token_is_shown_nowhere(cli: Cli) -> None:
    result = cli.ok("login", "--password-stdin", "--json", stdin=ANNA_PASSWORD, profile="anna")
    assert token_of(cli, "anna") not in result.out + result.err


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(cli: Cli) -> None:
    wrong = cli("login", "--password-stdin", "--json", stdin="not the password", profile="anna")
    unknown = cli(
        "login", "--email", "no@example.com", "--password-stdin", "--json", stdin="not the password", profile="anna"
    )
    assert wrong.code == unknown.code == 4
    assert wrong.error == unknown.error
    assert wrong.error["code"] == "bad_credentials"
    assert cli("whoami", profile="anna").code == 0, "the session before is still there"


def test_after_many_failures_it_says_from_when_the_next_try_counts(cli: Cli) -> None:
    for _ in range(6):
        assert cli("login", "--password-stdin", stdin="not the password", profile="anna").code == 4
    slowed = cli("login", "--password-stdin", "--json", stdin=ANNA_PASSWORD, profile="anna")
    assert slowed.code == 7
    assert slowed.error["code"] == "too_many_attempts"
    assert slowed.error["allowed_from"] == "2026-03-02T08:00:01Z"
    cli.advance(seconds=1)
    cli.ok("login", "--password-stdin", stdin=ANNA_PASSWORD, profile="anna")


@pytest.mark.parametrize(
    "arguments",
    [("--password", "hunter2hunter2hunter2"), ("--password=hunter2hunter2hunter2",), ("--passwor", "hunter2hunter2")],
)
def test_a_password_is_never_an_argument(cli: Cli, arguments: tuple[str, ...]) -> None:
    for command in (("login",), ("signup", "-"), ("password", "reset", "-"), ("practice", "init")):
        refused = cli(*command, *arguments, profile="anna")
        assert refused.code == 2
        assert "hunter2" not in refused.out + refused.err
        if "--passwor" not in arguments:
            assert "--password-stdin" in refused.err
            assert "--password-file" in refused.err


def test_two_ways_to_give_a_password_are_one_too_many(cli: Cli) -> None:
    refused = cli("login", "--password-stdin", "--password-file", "x", stdin=ANNA_PASSWORD, profile="anna")
    assert refused.code == 2


def test_without_a_terminal_the_flags_are_named(cli: Cli) -> None:
    refused = cli("login", profile="anna")
    assert refused.code == 2
    assert "--password-stdin or --password-file" in refused.err
    nobody = cli("login", "--password-stdin", "--store", "file", stdin=ANNA_PASSWORD, profile="new")
    assert nobody.code == 2
    assert "--email" in nobody.err


def test_the_store_is_tried_before_the_password_is_sent(cli: Cli) -> None:
    refused = cli("login", "--password-stdin", "--store-command", "false", stdin=ANNA_PASSWORD, profile="anna")
    assert refused.code == 4
    assert "--store file" in refused.err


def test_a_session_ends_after_half_an_hour_without_use_and_login_starts_another(cli: Cli) -> None:
    cli.advance(minutes=30)
    ended_session = cli("whoami", profile="anna")
    assert ended_session.code == 4
    assert "portalctl --profile anna login" in ended_session.err
    cli.ok("login", "--password-stdin", stdin=ANNA_PASSWORD, profile="anna")
    cli.ok("whoami", profile="anna")


def test_a_token_is_not_given_to_another_portal(cli: Cli) -> None:
    assert cli("whoami", "--portal", f"sqlite://{cli.home}/data/other.db", profile="anna").code in (4, 8)
    assert cli("whoami", "--portal", f"sqlite://{cli.home}/data/../data/portal.db", profile="anna").code == 4


def test_logging_out_kills_the_token_and_wipes_it(cli: Cli) -> None:
    token = token_of(cli, "anna")
    assert "Signed out" in cli.ok("logout", profile="anna").err
    assert token not in (cli.home / "state" / "sessions.json").read_text()
    assert cli("whoami", profile="anna").code == 4
    cli.environment["PORTALCTL_TOKEN"] = token
    assert cli("whoami", profile="anna").code == 4


def test_logging_out_again_is_harmless(cli: Cli) -> None:
    cli.ok("logout", profile="anna")
    assert "Nobody was signed in" in cli.ok("logout", profile="anna").err
    assert "Nobody was signed in" in cli.ok("logout", profile="never").err
    cli.ok("whoami", profile="ben")


def test_logging_out_wipes_the_token_also_when_the_portal_is_gone_and_says_so(cli: Cli) -> None:
    (cli.home / "data" / "portal.db").rename(cli.home / "data" / "moved.db")
    result = cli.ok("logout", profile="anna")
    assert "could not be told" in result.err
    assert "Signed out" in result.err
    assert "anna" not in json.loads((cli.home / "state" / "sessions.json").read_text())


def test_logging_out_of_another_portal_leaves_the_session(cli: Cli) -> None:
    cli.ok("logout", "--portal", f"sqlite://{cli.home}/data/other.db", profile="anna")
    cli.ok("whoami", profile="anna")


def test_a_token_in_the_environment_wins_and_is_pointed_out(cli: Cli) -> None:
    cli.environment["PORTALCTL_TOKEN"] = token_of(cli, "ben")
    assert cli.ok("whoami", "--json", profile="anna").data["email"] == "ben@example.com"
    signed_in = cli.ok("login", "--password-stdin", stdin=ANNA_PASSWORD, profile="anna")
    assert "PORTALCTL_TOKEN is still set" in signed_in.err
    out = cli.ok("logout", profile="anna")
    assert "PORTALCTL_TOKEN is still set" in out.err
    del cli.environment["PORTALCTL_TOKEN"]
    assert cli("whoami", profile="anna").code == 4
    assert cli("whoami", profile="ben").code == 4, "the session of the token in the environment has ended too"


def test_whoami_without_a_session_says_how_to_get_one(empty: Cli) -> None:
    refused = empty("whoami", "--json")
    assert refused.code in (4, 8)
    assert "portalctl" in refused.error["hint"]


class TestOnATerminal:
    def test_address_and_password_are_asked_for(self, cli: Cli) -> None:
        today(cli)
        child = on_terminal(cli, "--profile", "new", "login", "--store", "file")
        answer(child, "E-mail: ", "anna@example.com")
        answer_hidden(child, "Password of anna@example.com: ", ANNA_PASSWORD)
        code, shown = ended(child)
        assert code == 0
        assert ANNA_PASSWORD not in shown
        assert cli.ok("whoami", "--json", profile="new").data["email"] == "anna@example.com"

    def test_an_interrupt_at_the_password_ends_it_with_130_and_the_echo_back(self, cli: Cli) -> None:
        child = on_terminal(cli, "--profile", "anna", "login")
        child.expect_exact("Password of anna@example.com: ")
        assert child.waitnoecho(10)
        child.sendintr()
        assert ended(child)[0] == 130
        assert child.getecho()
