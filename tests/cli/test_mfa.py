"""`settings mfa`, and signing in with a second factor."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pexpect
import pyotp
import pytest
from PIL import Image

from portalctl.commands.qr_codes import on_terminal
from portalctl.domain import second_factors
from tests.cli.asking import refused
from tests.cli.conftest import ANNA_PASSWORD, OWNER_PASSWORD, Cli
from tests.cli.live import Program, ended
from tests.cli.screens import Ground, code_of, painted, read_by_zbar, read_by_zxing

ANNA = {"profile": "anna"}
SETUP = ("settings", "mfa", "setup", "--password-stdin")
SHORT = "tulip engine"


def now(cli: Cli) -> str:
    """The portal's time as oathtool reads it."""
    return cli.now.strftime("%Y-%m-%d %H:%M:%S UTC")


def guard(cli: Cli) -> tuple[str, list[str]]:
    """Turn Anna's second factor on: its secret, and her recovery codes."""
    secret = cli.ok(*SETUP, "--show-secret", "--json", stdin=ANNA_PASSWORD, **ANNA).data["secret"]
    codes = cli.ok("settings", "mfa", "verify", code_of(secret, now(cli)), **ANNA).out.split()
    cli.advance(seconds=30)
    return secret, codes


def login(cli: Cli, *arguments: str, password: str = ANNA_PASSWORD) -> tuple[int, str]:
    """Sign in as Anna: the exit code, and what was told."""
    result = cli("login", "--password-stdin", *arguments, stdin=password, **ANNA)
    return result.code, result.err


def test_another_programs_codes_turn_it_on_and_sign_in_once_each(cli: Cli) -> None:
    secret, codes = guard(cli)
    assert [len(code) for code in codes] == [19] * 10
    assert login(cli)[0] == 4
    code = code_of(secret, now(cli))
    assert [login(cli, "--code", code)[0] for _ in range(2)] == [0, 4]
    assert [login(cli, "--code", codes[0])[0] for _ in range(2)] == [0, 4]
    status = cli.ok("settings", "mfa", "status", "--json", **ANNA).data
    assert (status["state"], status["recovery_codes_left"]) == ("on", 9)
    assert cli.ok("settings", "mfa", "recovery-codes", "--json", **ANNA).data == {"codes": [], "left": 9}


def test_without_a_terminal_the_flag_is_named(cli: Cli) -> None:
    guard(cli)
    for more in ((), ("--no-input",)):
        code, told = login(cli, *more)
        assert (code, "--code" in told, "Traceback" in told) == (4, True, False)
    result = cli("login", "--password-stdin", "--json", stdin=ANNA_PASSWORD, **ANNA)
    assert (result.out, result.error["code"]) == ("", "mfa_needed")


def test_new_recovery_codes_are_printed_once(cli: Cli) -> None:
    secret, codes = guard(cli)
    refused(cli("settings", "mfa", "recovery-codes", "--renew", **ANNA), "--code")
    renewed = cli.ok("settings", "mfa", "recovery-codes", "--renew", "--code", code_of(secret, now(cli)), **ANNA)
    assert (len(renewed.out.split()), set(renewed.out.split()) & set(codes)) == (10, set())
    assert login(cli, "--code", codes[0])[0] == 4
    refused(cli("settings", "mfa", "recovery-codes", "--code", "123456", **ANNA), "--renew")


def test_turning_it_off_wants_password_and_code_and_a_longer_password_where_it_is_short(
    cli: Cli, tmp_path: Path
) -> None:
    secret, codes = guard(cli)
    disable = ("settings", "mfa", "disable", "--password-stdin")
    refused(cli(*disable, stdin=ANNA_PASSWORD, **ANNA), "--code", code=4)
    link = cli.ok("practice", "reset-link", "anna@example.com", profile="practice").out.strip()
    cli.ok("password", "reset", link, "--password-stdin", stdin=SHORT)
    assert login(cli, "--code", codes[0], password=SHORT)[0] == 0
    code = ("--code", code_of(secret, now(cli)))
    refused(cli(*disable, *code, stdin=SHORT, **ANNA), "15 characters", "--new-password-file", code=5)
    longer = tmp_path / "longer"
    longer.write_text(ANNA_PASSWORD + "\n")
    done = cli.ok(*disable, *code, "--new-password-file", str(longer), "--json", stdin=SHORT, **ANNA)
    assert done.data["state"] == "off"
    assert login(cli)[0] == 0


def test_the_practice_takes_a_lost_one_away_once_it_is_sure(cli: Cli) -> None:
    guard(cli)
    reset = ("practice", "clients", "reset-mfa", "anna@example.com")
    refused(cli(*reset, profile="practice"), "--yes")
    assert login(cli)[0] == 4
    assert cli.ok(*reset, "--yes", "--json", profile="practice").data["state"] == "off"
    assert login(cli)[0] == 0
    refused(cli(*reset, "--yes", profile="practice"), "no second factor", code=5)
    refused(cli(*reset, "--yes", profile="ben"), code=5)


class TestTheSecret:
    """Case 70: it is on a terminal or where it was asked for, and nowhere else."""

    @pytest.mark.parametrize("output", [[], ["--json"], ["--format", "csv"], ["--fields", "secret"]], ids=" ".join)
    def test_is_not_shown_elsewhere_than_on_a_terminal_unasked(self, cli: Cli, output: list[str]) -> None:
        """Nothing is made that nobody could use."""
        result = cli(*SETUP, *output, stdin=ANNA_PASSWORD, **ANNA)
        assert (result.code, result.out) == (2, "")
        assert "--png" in result.err
        assert cli.ok("settings", "mfa", "status", "--json", **ANNA).data["state"] == "off"

    @pytest.mark.parametrize("output", [[], ["--json", "--debug"]], ids=" ".join)
    def test_goes_into_a_file_for_its_owner_alone(self, cli: Cli, tmp_path: Path, output: list[str]) -> None:
        """Which both readers read, and which takes the place of none."""
        file = tmp_path / "code.png"
        done = cli.ok(*SETUP, "--png", str(file), *output, stdin=ANNA_PASSWORD, **ANNA)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with Image.open(file) as image:
            (uri,) = read_by_zxing(image)
            assert read_by_zbar(image, tmp_path) == [uri]
        secret = pyotp.parse_uri(uri).secret
        assert secret not in done.out + done.err
        before = file.read_bytes()
        refused(cli(*SETUP, "--png", str(file), stdin=ANNA_PASSWORD, **ANNA), "is there already")
        assert file.read_bytes() == before
        cli.ok("settings", "mfa", "verify", code_of(secret, now(cli)), **ANNA)

    def test_leaves_no_file_where_none_was_made(self, cli: Cli, tmp_path: Path) -> None:
        file = tmp_path / "code.png"
        refused(cli(*SETUP, "--png", str(file), stdin=OWNER_PASSWORD, **ANNA), code=4)
        assert not file.exists()

    def test_is_printed_by_no_other_command(self, cli: Cli) -> None:
        """Nor kept beside the session, nor are recovery codes."""
        secret, codes = guard(cli)
        told = [cli.ok("settings", "mfa", *each, "--json", **ANNA).out for each in (["status"], ["recovery-codes"])]
        told += [file.read_text(errors="replace") for file in cli.home.rglob("*") if file.is_file()]
        assert not any(hidden in text for text in told for hidden in (secret, *codes))


def session(live: Program, *arguments: str, **environment: str) -> pexpect.spawn[str]:
    """A command of Anna's on a terminal of 80 by 24."""
    return live.on_terminal("--profile", "anna", *arguments, environment=environment, columns=80)


def answer(terminal: pexpect.spawn[str], question: str, text: str) -> None:
    terminal.expect_exact(question)
    if question.startswith("Password"):
        terminal.waitnoecho()
    terminal.sendline(text)


def beside(live: Program) -> Cli:
    """Runs commands on the same practice in this process, at the time of now."""
    cli = Cli(live.home)
    cli.now = datetime.now(UTC)
    return cli


class TestOnATerminal:
    @pytest.mark.parametrize(
        ("ground", "environment"), [("dark", {}), ("light", {}), ("dark", {"NO_COLOR": "1"})], ids=str
    )
    def test_two_readers_read_what_80_by_24_shows(
        self, live: Program, tmp_path: Path, ground: Ground, environment: dict[str, str]
    ) -> None:
        """Whatever the terminal's colours: the code that is then typed in comes from what was read."""
        terminal = session(live, "settings", "mfa", "setup", **environment)
        answer(terminal, "Password: ", ANNA_PASSWORD)
        sent = f"$ portalctl settings mfa setup\r\nPassword: {terminal.read()}$ "
        assert ended(terminal) == 0
        image = painted(sent, ground)
        (uri,) = read_by_zxing(image)
        assert read_by_zbar(image, tmp_path) == [uri]
        app = pyotp.parse_uri(uri)
        assert (app.issuer, app.name) == ("Studio Rossi", "anna@example.com")
        assert app.secret not in sent
        assert not re.search("\x1b(?!\\[(40;97|0)m)", sent), "nothing but colours is sent"

    def test_a_text_of_the_greatest_length_is_read_too(self, tmp_path: Path) -> None:
        secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        uri = second_factors.uri(secret, practice="Praxis " * 20, email="a" * 60 + "@example.com")
        assert second_factors.LONGEST_URI - 5 < len(uri) <= second_factors.LONGEST_URI
        image = painted("\r\n".join([*on_terminal(uri, {}), "$ "]), "dark")
        assert read_by_zxing(image) == read_by_zbar(image, tmp_path) == [uri]

    @pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}], ids=str)
    def test_one_that_cannot_show_it_is_told_so_before_anything_happens(
        self, live: Program, environment: dict[str, str]
    ) -> None:
        terminal = session(live, "settings", "mfa", "setup", **environment)
        assert "--png" in terminal.read()
        assert ended(terminal) == 2

    def test_sign_in_asks_for_the_code(self, live: Program) -> None:
        _, codes = guard(beside(live))
        terminal = session(live, "login")
        answer(terminal, "Password of anna@example.com: ", ANNA_PASSWORD)
        answer(terminal, "Code from your authenticator app, or a recovery code: ", f" {codes[0].upper()} ")
        assert "is signed in" in terminal.read()
        assert ended(terminal) == 0

    def test_turning_it_off_asks_for_a_longer_password_first(self, live: Program) -> None:
        cli = beside(live)
        _, codes = guard(cli)
        link = cli.ok("practice", "reset-link", "anna@example.com", profile="practice").out.strip()
        cli.ok("password", "reset", link, "--password-stdin", stdin=SHORT)
        assert login(cli, "--code", codes[0], password=SHORT)[0] == 0
        terminal = session(live, "settings", "mfa", "disable")
        answer(terminal, "Password: ", SHORT)
        terminal.expect_exact("choose a longer one first")
        answer(terminal, "Password: ", ANNA_PASSWORD)
        answer(terminal, "Password again: ", ANNA_PASSWORD)
        answer(terminal, "or a recovery code: ", codes[1])
        assert "The second factor is off" in terminal.read()
        assert ended(terminal) == 0
        assert login(cli)[0] == 0
