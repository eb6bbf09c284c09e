"""Canary cards are typed everywhere; then every byte that was written is searched for them, and the processes too."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from portalctl.gateways.keys import StripeKeys
from portalctl.server.logs import make_log
from tests.cli.conftest import ANNA_PASSWORD, OWNER_PASSWORD, Cli
from tests.cli.live import Program, ended
from tests.serving import serving

AMEX, AMEX_CODE = "3782 822463 10005", "9173"
REAL = "4929 1234 5678 9015"
"""The number of a card that no trial knows; its last digit fits."""

WRONG = "4929 1234 5678 9013"
"""It has a mistake in it."""


def digits(text: str) -> str:
    """A number as it is sent."""
    return text.replace(" ", "")


class Typed(NamedTuple):
    """A session at a terminal: what it was sent, and what its process could be asked for while it held a card."""

    code: int
    shown: str
    process: bytes


def type_card(program: Program, answers: Iterable[tuple[str, str]], *more: str, **environment: str) -> Typed:
    """Add a card at a terminal; the process is looked at while it asks for the security code."""
    terminal = program.on_terminal("--profile", "anna", "settings", "payment", "add", *more, environment=environment)
    shown, process = "", b""
    for question, answer in answers:
        terminal.expect_exact(f"{question}: ")
        shown += str(terminal.before)
        terminal.waitnoecho()
        if sys.platform == "linux":
            process += b"".join(Path(f"/proc/{terminal.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
        terminal.sendline(answer)
    shown += terminal.read()
    return Typed(ended(terminal), shown, process)


def written(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below, whole."""
    for folder in folders:
        yield from ((file, file.read_bytes()) for file in folder.rglob("*") if file.is_file())


def assert_nowhere(content: bytes, where: object, code: str = AMEX_CODE) -> None:
    """Hold that no canary is in there, in one piece or as it is printed on a card."""
    for number in (AMEX, REAL, WRONG):
        assert digits(number).encode() not in content, where
        assert number.encode() not in content, where
    assert not re.search(rb"(?<![0-9A-Za-z])" + code.encode() + rb"(?![0-9A-Za-z])", content), where


def test_of_a_card_that_is_typed_nothing_is_written_shown_or_kept(live: Program) -> None:
    """Right or wrong, kept or refused, at a question or in the place of another answer, with a traceback asked for."""
    live.ok("--profile", "practice", "practice", "policy", "set", "--gateway", "test")
    number, expiry, code = "Card number", "Expiry (MM/YY)", "Security code"
    kept = type_card(
        live,
        [(number, WRONG), (number, AMEX), (expiry, REAL), (expiry, "11/31"), (code, "12"), (code, AMEX_CODE)],
        "--debug",
    )
    assert kept.code == 0
    assert "amex 0005" in kept.shown
    refused = type_card(live, [(number, REAL), (expiry, "11/31"), (code, "917")], "--json", "--debug")
    assert refused.code == 5
    assert "card_declined" in refused.shown
    given_up = type_card(live, 3 * [(number, WRONG)])
    assert given_up.code == 2
    piped = live.run("settings", "payment", "add", "--profile", "anna", "--card-stdin", stdin=f"{REAL}\n11/31\n917\n")
    assert piped.returncode == 5
    for typed in (kept, refused, given_up):
        assert_nowhere(typed.shown.encode() + typed.process, "the terminal, or /proc")
    assert_nowhere((piped.stdout + piped.stderr).encode(), "the pipes")
    files = list(written(live.home))
    assert any(file.name == "portal.db" for file, _ in files)
    for file, content in files:
        assert_nowhere(content, file)


@pytest.fixture
def served(localstripe: StripeKeys, tmp_path: Path) -> Iterator[tuple[Program, io.BytesIO]]:
    """A practice on a server that takes typed cards by Stripe, Anna's program for it, and what the server logs."""
    log, cli = io.BytesIO(), Cli(tmp_path / "home")
    cli.now = datetime.now(UTC)
    with serving(f"sqlite://{tmp_path}/served/portal.db", stripe=localstripe, log=make_log(log)) as server:
        practice: dict[str, Any] = {"profile": "practice"}
        cli.ok(
            *("practice", "init", "--portal", server.url, "--setup", server.set_up_code, "--name", "Studio Rossi"),
            *("--owner", "Dr Rossi", "--email", "rossi@example.com", "--timezone", "Europe/Rome"),
            *("--password-stdin", "--store", "file"),
            stdin=OWNER_PASSWORD,
            **practice,
        )
        cli.ok("practice", "policy", "set", "--gateway", "stripe", "--typed-cards", **practice)
        invited = cli.ok("practice", "invite", "anna@example.com", "--name", "Anna Bianchi", "--json", **practice)
        signup = ("signup", invited.data["link"], "--profile", "anna", "--password-stdin", "--store", "file")
        cli.ok(*signup, stdin=ANNA_PASSWORD)
        yield Program(cli.home), log


def test_a_typed_card_goes_from_the_program_to_stripe_and_not_through_the_portal(
    served: tuple[Program, io.BytesIO], localstripe: StripeKeys, tmp_path: Path
) -> None:
    """What the server writes and logs has nothing of it, nor has the program's own home."""
    program, log = served
    answers = [("Card number", REAL), ("Expiry (MM/YY)", "11/31"), ("Security code", "917")]
    untrusted = type_card(program, [])
    assert untrusted.code == 5
    assert "PORTALCTL_STRIPE_API_BASE" in untrusted.shown
    kept = type_card(program, answers, "--authorize", "practice", PORTALCTL_STRIPE_API_BASE=localstripe.api_base)
    assert kept.code == 0, kept.shown
    assert "9015" in kept.shown
    assert "the whole practice" in kept.shown
    assert_nowhere(kept.shown.encode() + kept.process, "the terminal, or /proc")
    assert b"payment_methods.add" in log.getvalue()
    assert_nowhere(log.getvalue(), "the server's log")
    for file, content in written(tmp_path):
        assert_nowhere(content, file, "917")
        if localstripe.secret_key is not None and program.home in file.parents:
            assert localstripe.secret_key.encode() not in content, file
