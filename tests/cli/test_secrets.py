"""Passwords, links and tokens: no argument, no output, no answer gives them away."""

from __future__ import annotations

import json

import pytest

from tests.cli.asking import refused
from tests.cli.conftest import ANNA_PASSWORD, OWNER_PASSWORD, Cli
from tests.surface import commands, options_of


@pytest.mark.parametrize("form", [["--password", "hunter2"], ["--password=hunter2"]], ids=["word", "equals"])
@pytest.mark.parametrize(
    "command", [["login"], ["signup", "-"], ["password", "reset", "-"], ["practice", "init"]], ids=" ".join
)
@pytest.mark.parametrize("output", [[], ["--json"]], ids=["text", "json"])
def test_a_password_is_no_option_of_any_command(
    empty: Cli, command: list[str], form: list[str], output: list[str]
) -> None:
    """The refusal names the ways there are, and does not repeat it."""
    output = output if command != ["password", "reset", "-"] else []
    result = empty(*command, *form, *output)
    assert (result.code, result.out) == (2, "")
    assert "hunter2" not in result.err
    assert "--password-stdin" in result.err
    assert "--password-file" in result.err


def test_no_command_takes_a_secret_as_an_argument() -> None:
    """Not under another name either."""
    secret = {"--password", "--token", "--secret", "--pin", "--card", "--cvc", "--passphrase", "-p"}
    for path, command in commands().items():
        assert not options_of(command) & secret, path


def test_an_invite_link_in_the_shells_history_is_worthless_afterwards(cli: Cli) -> None:
    """Given as an argument it works, once."""
    link = cli.ok("practice", "invite", "eva@example.com", "--name", "Eva", profile="practice").out.strip()
    enter = ["signup", link, "--password-stdin", "--store", "file"]
    cli.ok(*enter, profile="eva", stdin=ANNA_PASSWORD)
    refused(cli(*enter, profile="thief", stdin=OWNER_PASSWORD), "this link is not valid", code=4)


def test_help_shows_the_invite_link_on_standard_input_only(empty: Cli) -> None:
    """What people copy keeps the link out of their history."""
    for path in ((), ("signup",)):
        for line in empty.ok(*path, "--help").out.splitlines():
            if line.strip().startswith("portalctl") and " signup" in line:
                assert " signup -" in line


def test_a_login_does_not_tell_who_has_an_account(cli: Cli) -> None:
    """Unknown, known, staff: one answer, but for nothing."""
    told = set()
    for address in ("anna@example.com", "nobody@example.com", "rossi@example.com"):
        result = cli("login", "--email", address, "--password-stdin", stdin="wrong password indeed", profile="anna")
        told.add((result.code, result.out, result.err.replace(address, "…")))
    assert len(told) == 1


def test_links_that_do_not_work_do_not_tell_why(cli: Cli) -> None:
    """Used, revoked, replaced, expired, forged, cut: one answer."""
    invite = ["practice", "invite", "fay@example.com", "--name", "Fay"]
    replaced = cli.ok(*invite, profile="practice").out.strip()
    expired = cli.ok(*invite, "--expires", "1h", profile="practice").out.strip()
    cli.advance(hours=2)
    cli.ok("login", "--password-stdin", profile="practice", stdin=OWNER_PASSWORD)
    revoked = cli.ok(*invite, profile="practice").out.strip()
    pending = cli.ok("practice", "invites", "list", "--limit", "1", "--format", "ids", profile="practice").out.strip()
    cli.ok("practice", "invites", "revoke", pending, profile="practice")
    used = cli.ok(*invite, profile="practice").out.strip()
    enter = ["--password-stdin", "--store", "file"]
    cli.ok("signup", used, *enter, profile="fay", stdin=ANNA_PASSWORD)
    forged = used[:-1] + ("A" if used[-1] != "A" else "B")
    told = set()
    for link in (replaced, expired, revoked, used, forged, used[:-5]):
        cli.advance(minutes=5)
        result = cli("signup", link, *enter, profile="thief", stdin=ANNA_PASSWORD)
        told.add((result.code, result.out, result.err))
    assert len(told) == 1
    assert next(iter(told))[0] == 4


def test_the_portals_clock_decides_not_the_clients(cli: Cli) -> None:
    """A link ends by the clock of the portal, whose every moment is in UTC."""
    link = cli.ok("practice", "invite", "gil@example.com", "--name", "Gil", "--expires", "1h", profile="practice")
    cli.environment["TZ"] = "Pacific/Kiritimati"
    cli.advance(minutes=59, seconds=59)
    cli.ok(*("signup", link.out.strip(), "--password-stdin", "--store", "file"), profile="gil", stdin=ANNA_PASSWORD)


def test_a_stolen_token_is_dead_after_logout(cli: Cli) -> None:
    """Wherever it is used from."""
    sessions = cli.home / "state" / "sessions.json"
    token = json.loads(json.loads(sessions.read_text())["anna"])["token"]
    thief = Cli(cli.home.parent / "elsewhere")
    thief.environment |= {"PORTALCTL_TOKEN": token, "PORTALCTL_PORTAL": f"sqlite://{cli.home}/data/portal.db"}
    assert thief.ok("whoami", "--json").data["email"] == "anna@example.com"
    cli.ok("logout", profile="anna")
    refused(thief("whoami"), code=4)


def test_the_token_is_printed_by_no_command(cli: Cli) -> None:
    """Not by those that make a session either, in no format, with --debug too."""
    for output in ("table", "json", "jsonl", "csv"):
        login = ["login", "--password-stdin", "--debug", "--format", output]
        result = cli.ok(*login, profile="anna", stdin=ANNA_PASSWORD)
        token = json.loads(json.loads((cli.home / "state" / "sessions.json").read_text())["anna"])["token"]
        assert token not in result.out + result.err
        assert token[:12] not in result.out + result.err
