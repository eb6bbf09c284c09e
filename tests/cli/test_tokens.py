"""`settings tokens`: what scripts sign in with."""

from __future__ import annotations

import pytest

from tests.cli.asking import refused
from tests.cli.conftest import Cli

ANNA = {"profile": "anna"}
CREATE = ("settings", "tokens", "create", "calendar", "--scope", "appointments:read")


def script(cli: Cli, token: str) -> Cli:
    """Another home, in which nobody has signed in: it has the token alone."""
    elsewhere = Cli(cli.home.parent / "script")
    elsewhere.now = cli.now
    elsewhere.environment |= {"PORTALCTL_TOKEN": token, "PORTALCTL_PORTAL": f"sqlite://{cli.home}/data/portal.db"}
    return elsewhere


def test_a_script_acts_within_its_scopes_until_its_token_is_revoked(cli: Cli) -> None:
    """Tables too, which are shown in its maker's time zone."""
    made = cli.ok(*CREATE, **ANNA)
    (token,) = made.out.split()
    assert token.startswith("pca_")
    assert token not in made.err
    at_work = script(cli, token)
    for output in ([], ["--json"], ["--format", "csv"]):
        at_work.ok("appointments", "list", *output)
    assert at_work.ok("whoami", "--json").data["email"] == "anna@example.com"
    refused(at_work("appointments", "services"), "lacks the scope services:read", code=5)
    refused(at_work("settings", "tokens", "list"), "no API token may do this", code=5)
    assert at_work("settings", "mfa", "status", "--json").error["code"] == "scope_missing"
    (listed,) = cli.ok("settings", "tokens", "list", "--json", **ANNA).data
    assert (listed["name"], listed["scopes"]) == ("calendar", ["appointments:read"])
    assert listed["last_used_at"] == "2026-03-02T08:00:00Z"
    assert "token" not in listed
    cli.ok("settings", "tokens", "revoke", listed["id"][:8], **ANNA)
    refused(at_work("appointments", "list"), "this API token has ended", code=4)


@pytest.mark.parametrize("length", ["0", "1h", "36h", "91d", "90d1m", "-1d", "９d", "soon"])
def test_a_token_lives_from_one_to_ninety_whole_days(cli: Cli, length: str) -> None:
    refused(cli(*CREATE, f"--expires={length}", **ANNA), "d")
    assert cli.ok("settings", "tokens", "list", "--json", **ANNA).data == []


def test_it_expires_to_the_second(cli: Cli) -> None:
    made = cli.ok(*CREATE, "--expires", "7d", "--json", **ANNA).data
    assert made["expires_at"] == "2026-03-09T08:00:00Z"
    cli.advance(days=7, seconds=-1)
    script(cli, made["token"]).ok("appointments", "list")
    cli.advance(seconds=1)
    refused(script(cli, made["token"])("appointments", "list"), code=4)


def test_a_scope_that_there_is_not_lists_those_there_are(cli: Cli) -> None:
    refused(cli(*CREATE, "--scope", "nothing:read", **ANNA), "there is no scope 'nothing:read'", "documents:write")
    refused(cli(*CREATE[:-1], "all of it", **ANNA))


def test_signing_out_with_a_token_ends_no_token(cli: Cli) -> None:
    """It is given by the environment, and there it stays."""
    token = cli.ok(*CREATE, **ANNA).out.strip()
    at_work = script(cli, token)
    at_work.ok("logout")
    at_work.ok("appointments", "list")
