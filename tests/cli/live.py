"""The program in processes of its own, under the machine's clock, on pipes and on terminals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw
import pexpect

import portalctl
from portalctl.clock import system_clock
from tests.cli.inside import Cli

COMMAND = (sys.executable, "-m", "portalctl")

PATIENCE = 60
"""Seconds after which something that should have happened did not; generous, since machines of tests are slow."""


class Program:
    """Runs portalctl as a user's shell does, in one PORTALCTL_HOME and with no other environment than is said."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            "PATH": os.defpath,
            "PORTALCTL_HOME": str(home),
            "PYTHONPATH": str(Path(portalctl.__file__).parent.parent),
            "LANG": "C.UTF-8",
            "TZ": "Europe/Rome",
        }

    def start(self, *arguments: str | bytes, environment: Mapping[str, str] | None = None, **settings: Any) -> Any:
        """A process under way; standard streams are pipes unless told otherwise."""
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*COMMAND, *arguments], env={**self.environment, **(environment or {})}, **{**streams, **settings}
        )

    def run(
        self,
        *arguments: str | bytes,
        stdin: str | int = subprocess.DEVNULL,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """A finished process and what it printed."""
        source: dict[str, Any] = {"input": stdin} if isinstance(stdin, str) else {"stdin": stdin}
        return subprocess.run(
            [*COMMAND, *arguments],
            env={**self.environment, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            cwd=cwd,
            **source,
        )

    @property
    def inside(self) -> Cli:
        """Runs commands in this process, on the same home: for what happens around the process that a test is about."""
        cli = Cli(self.home)
        cli.now, cli.environment = system_clock(), self.environment
        return cli

    def ok(self, *arguments: str, stdin: str = "") -> str:
        """What a command prints that must succeed; it runs in this process."""
        return self.inside.ok(*arguments, stdin=stdin).out

    def dump(self) -> list[Any]:
        """Everything in the portal but when sessions were last used."""
        connection = apsw.Connection(str(self.home / "data" / "portal.db"), flags=apsw.SQLITE_OPEN_READONLY)
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        rows = [
            connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  the portal's own names
            for (name,) in names
            if name != "sessions"
        ]
        connection.close()
        return rows

    def on_terminal(
        self, *arguments: str, environment: Mapping[str, str] | None = None, columns: int = 120
    ) -> pexpect.spawn[str]:
        """A process whose three streams are a terminal."""
        return pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            env={**self.environment, "TERM": "xterm", **(environment or {})},
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(24, columns),
        )

    def shown(
        self, *arguments: str, environment: Mapping[str, str] | None = None, columns: int = 120
    ) -> tuple[int, str]:
        """The exit code and everything that a terminal is sent."""
        terminal = self.on_terminal(*arguments, environment=environment, columns=columns)
        text = terminal.read()
        return ended(terminal), text


def ended(terminal: pexpect.spawn[str]) -> int:
    """The exit code of what ran on a terminal, as a shell reports it."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    if terminal.signalstatus is not None:
        return 128 + int(terminal.signalstatus)
    assert terminal.exitstatus is not None
    return int(terminal.exitstatus)


def shell_code(returncode: int) -> int:
    """The exit code of a process as a shell reports it: a signal is 128 and its number."""
    return returncode if returncode >= 0 else 128 + signal.Signals(-returncode)
