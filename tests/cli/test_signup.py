"""`portalctl signup`: from an invite link to an account."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.terminal import answer, answer_hidden, ended, on_terminal, today

PASSWORD = "violet anchor thunder pencil"
FILE_STORE = ("--password-stdin", "--store", "file")


def invite(cli: Cli, email: str = "cara@example.com", name: str = "Cara Neri") -> str:
    """A new invite link."""
    link: str = cli.ok("practice", "invite", email, "--name", name, "--json", profile="practice").data["link"]
    return link


@pytest.fixture
def link(cli: Cli) -> str:
    """An invite link for Cara."""
    return invite(cli)


def test_a_link_makes_an_account_and_signs_in(cli: Cli, link: str) -> None:
    result = cli.ok("signup", link, *FILE_STORE, "--json", stdin=PASSWORD, profile="cara")
    assert (result.data["email"], result.data["role"], result.data["name"]) == (
        "cara@example.com",
        "client",
        "Cara Neri",
    )
    assert cli.ok("whoami", "--json", profile="cara").data == result.data
    assert PASSWORD not in result.out + result.err


def test_the_link_may_come_on_standard_input_before_the_password(cli: Cli, link: str) -> None:
    cli.ok("signup", "-", *FILE_STORE, stdin=f"{link}\n{PASSWORD}\n", profile="cara")
    assert cli.ok("whoami", "--json", profile="cara").data["email"] == "cara@example.com"


def test_the_password_may_come_from_a_file(cli: Cli, link: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    cli.ok("signup", "-", "--password-file", str(file), "--store", "file", stdin=f"  {link} \r\n", profile="cara")
    cli.ok("login", "--password-stdin", stdin=PASSWORD, profile="cara")


def test_the_link_leads_to_its_portal_from_a_home_that_knows_nothing(link: str, tmp_path: Path) -> None:
    elsewhere = Cli(tmp_path / "elsewhere")
    elsewhere.ok("signup", link, *FILE_STORE, stdin=PASSWORD)
    [profile] = elsewhere.ok("profiles", "list", "--json").data
    assert (profile["name"], profile["email"], profile["store"]) == ("default", "cara@example.com", "file")
    assert profile["portal"] == link.partition("/invite/")[0]


def test_a_bare_code_is_for_the_portal_in_use(cli: Cli, link: str) -> None:
    cli.ok("signup", link.rpartition("/")[2], *FILE_STORE, stdin=PASSWORD, profile="cara")


def test_portal_wins_over_the_portal_in_the_link(cli: Cli, link: str) -> None:
    portal, _, code = link.partition("/invite/")
    moved = f"sqlite:///nowhere/portal.db/invite/{code}"
    assert cli("signup", moved, *FILE_STORE, stdin=PASSWORD, profile="cara").code == 8
    cli.ok("signup", moved, "--portal", portal, *FILE_STORE, stdin=PASSWORD, profile="cara")


@pytest.mark.parametrize(
    ("zone", "arguments", "expected"),
    [
        ("America/New_York", (), "America/New_York"),
        (":Asia/Kathmandu", (), "Asia/Kathmandu"),
        ("No/Such", (), "Europe/Rome"),
        ("America/New_York", ("--timezone", "Asia/Kolkata"), "Asia/Kolkata"),
    ],
)
def test_the_zone_is_the_machines_unless_told_and_else_the_practices(
    cli: Cli, link: str, zone: str, arguments: tuple[str, ...], expected: str
) -> None:
    cli.environment["TZ"] = zone
    result = cli.ok("signup", link, *FILE_STORE, *arguments, "--json", stdin=PASSWORD, profile="cara")
    assert result.data["timezone"] == expected


def test_a_client_may_correct_their_name(cli: Cli, link: str) -> None:
    result = cli.ok("signup", link, *FILE_STORE, "--name", "Cara Bruno", "--json", stdin=PASSWORD, profile="cara")
    assert result.data["name"] == "Cara Bruno"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--store", "command", "--store-command", "false"), 4),
        (("--store", "somewhere"), 2),
        (("--store", "file", "--fields", "nonsense"), 2),
        (("--store", "file", "--format", "yaml"), 2),
        (("--store", "file", "--timezone", "Mars/Olympus"), 2),
        (("--store", "file", "--name", "\x1b[2J"), 2),
        (("--store", "file", "--password-file", "/dev/null"), 2),
        (("--store", "file", "--password", PASSWORD), 2),
    ],
)
def test_what_cannot_work_is_refused_before_the_invite_is_redeemed(
    cli: Cli, link: str, arguments: tuple[str, ...], code: int
) -> None:
    refused = cli("signup", link, "--password-stdin", *arguments, stdin=PASSWORD, profile="cara")
    assert refused.code == code
    assert PASSWORD not in refused.err
    cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")


def test_without_a_keyring_the_way_out_is_named_and_the_invite_stays(
    cli: Cli, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    refused = cli("signup", link, "--password-stdin", stdin=PASSWORD, profile="cara")
    assert refused.code == 4
    assert "--store file" in refused.err
    cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")


def test_a_weak_password_leaves_the_invite_for_another_try(cli: Cli, link: str) -> None:
    refused = cli("signup", link, *FILE_STORE, "--json", stdin="cara neri 2026!!", profile="cara")
    assert (refused.code, refused.error["code"]) == (5, "weak_password")
    cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")


def test_a_link_works_once_and_a_wrong_one_gets_the_same_answer(cli: Cli, link: str) -> None:
    cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")
    used = cli("signup", link, *FILE_STORE, "--json", stdin=PASSWORD, profile="dora")
    wrong = cli("signup", link[:-4] + "AAAA", *FILE_STORE, "--json", stdin=PASSWORD, profile="dora")
    assert used.code == wrong.code == 4
    assert used.error == wrong.error
    assert used.error["code"] == "link_not_valid"


@pytest.mark.parametrize("arguments", [(), ("-",), ("-", "--no-input")])
def test_without_a_terminal_and_a_link_nobody_waits(cli: Cli, arguments: tuple[str, ...]) -> None:
    refused = cli("signup", *arguments, *FILE_STORE, profile="cara")
    assert refused.code == 2
    assert "link" in refused.err


def test_without_a_terminal_and_a_password_the_flags_are_named(cli: Cli, link: str) -> None:
    for arguments in ((link,), (link, "--name", "Cara"), (link, "--no-input")):
        refused = cli("signup", *arguments, "--store", "file", profile="cara")
        assert refused.code == 2
        assert "--password-file" in refused.err


def test_a_reset_link_is_sent_to_the_command_it_is_for(cli: Cli) -> None:
    link = cli.ok("practice", "reset-link", "anna@example.com", profile="practice").out.strip()
    refused = cli("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")
    assert refused.code == 2
    assert "portalctl password reset" in refused.err


class TestOnATerminal:
    def test_link_name_and_password_are_asked_for_and_the_password_is_not_shown(self, cli: Cli) -> None:
        link = invite(today(cli))
        child = on_terminal(cli, "--profile", "cara", "signup", "-", "--store", "file", "--json")
        answer(child, "Invite link: ", link)
        child.expect_exact("Studio Rossi invites Cara Neri (cara@example.com) to its client portal.")
        answer(child, "Your name [as in the invite]: ", "")
        answer_hidden(child, "Password: ", PASSWORD)
        answer_hidden(child, "Password again: ", PASSWORD)
        code, shown = ended(child)
        assert code == 0
        assert "Cara Neri" in shown
        assert PASSWORD not in shown
        assert cli.ok("whoami", "--json", profile="cara").data["name"] == "Cara Neri"

    def test_a_link_that_does_not_work_is_told_before_a_password_is_asked_for(self, cli: Cli) -> None:
        link = invite(today(cli))
        cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")
        child = on_terminal(cli, "--profile", "again", "signup", link, "--store", "file")
        code, shown = ended(child)
        assert code == 4
        assert "this link is not valid" in shown
        assert "assword" not in shown

    def test_two_passwords_that_differ_change_nothing(self, cli: Cli) -> None:
        link = invite(today(cli))
        child = on_terminal(cli, "--profile", "cara", "signup", link, "--store", "file", "--name", "Cara")
        answer_hidden(child, "Password: ", PASSWORD)
        answer_hidden(child, "Password again: ", PASSWORD + "!")
        code, shown = ended(child)
        assert code == 2
        assert "the two passwords differ" in shown
        cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")

    @pytest.mark.parametrize("question", ["Your name", "Password: ", "Password again: "])
    def test_an_interrupt_ends_it_with_130_the_echo_back_and_the_invite_unused(self, cli: Cli, question: str) -> None:
        link = invite(today(cli))
        child = on_terminal(cli, "--profile", "cara", "signup", link, "--store", "file")
        for asked in ("Your name", "Password: ", "Password again: "):
            child.expect_exact(asked)
            if asked.startswith("Password"):
                assert child.waitnoecho(10)
            if asked == question:
                break
            child.sendline("" if asked == "Your name" else PASSWORD)
        child.sendintr()
        code, shown = ended(child)
        assert code == 130
        assert "Traceback" not in shown
        assert child.getecho()
        cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")

    def test_the_end_of_input_at_a_question_is_an_interrupt(self, cli: Cli) -> None:
        link = invite(today(cli))
        child = on_terminal(cli, "--profile", "cara", "signup", link, "--store", "file", "--name", "Cara")
        child.expect_exact("Password: ")
        assert child.waitnoecho(10)
        child.sendeof()
        assert ended(child)[0] == 130

    def test_no_input_forbids_questions(self, cli: Cli) -> None:
        link = invite(today(cli))
        code, shown = ended(on_terminal(cli, "--no-input", "--profile", "cara", "signup", link, "--store", "file"))
        assert code == 2
        assert "--password-file" in shown


def test_a_crash_after_the_password_was_read_would_leave_no_core(cli: Cli, link: str) -> None:
    import resource

    cli.ok("signup", link, *FILE_STORE, stdin=PASSWORD, profile="cara")
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    assert os.environ.get("PORTALCTL_TOKEN") is None
