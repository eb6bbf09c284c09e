"""The program on a real terminal, for what only a terminal shows: questions, echo and interrupts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pexpect

from portalctl.clock import system_clock
from tests.cli.conftest import OWNER_PASSWORD, Cli

ROOT = Path(__file__).parents[2]


def today(cli: Cli) -> Cli:
    """The same practice at the machine's own time, as a process of its own sees it; the owner is signed in again."""
    cli.now = system_clock()
    cli.ok("login", "--password-stdin", stdin=OWNER_PASSWORD, profile="practice")
    return cli


def on_terminal(cli: Cli, *arguments: str) -> Any:
    """Start `portalctl …` on a terminal of its own."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(cli.home), "PYTHONPATH": str(ROOT), "TERM": "dumb"}
    return pexpect.spawn(
        sys.executable,
        ["-m", "portalctl", *arguments],
        env={**environment, **cli.environment, "PATH": os.environ["PATH"]},
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 200),
    )


def ended(child: Any) -> tuple[int, str]:
    """Wait for the end: the exit code, and what was shown since the last question."""
    child.expect(pexpect.EOF)
    shown = str(child.before)
    child.wait()
    return int(child.exitstatus), shown


def answer(child: Any, question: str, text: str) -> None:
    """Wait for a question and answer it."""
    child.expect_exact(question)
    child.sendline(text)


def answer_hidden(child: Any, question: str, text: str) -> None:
    """Wait for a question whose answer is not shown, and answer it."""
    child.expect_exact(question)
    assert child.waitnoecho(10)
    child.sendline(text)
