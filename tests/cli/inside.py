"""The real commands on a portal file, run in this process under a clock that tests set."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from portalctl.app import run
from portalctl.context import Context

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday, 09:00 in Rome."""


class Result(NamedTuple):
    """What a run printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output, read as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """Standard error, read as the JSON of a failure."""
        return json.loads(self.err)["error"]


class Terminalless(io.StringIO):
    """A standard stream that leads to no terminal."""

    def isatty(self) -> bool:
        return False


class Cli:
    """Runs commands in one PORTALCTL_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = MORNING
        self.environment: dict[str, str] = {"PORTALCTL_HOME": str(home), "PATH": "/usr/bin:/bin", "TZ": "Europe/Rome"}

    def __call__(self, *arguments: str, stdin: str | TextIO = "", profile: str | None = None) -> Result:
        """Run one command line."""
        out, err = Terminalless(), Terminalless()
        environment = self.environment | ({"PORTALCTL_PROFILE": profile} if profile else {})
        context = Context(
            stdin=Terminalless(stdin) if isinstance(stdin, str) else stdin,
            stdout=out,
            stderr=err,
            environment=environment,
            clock=lambda: self.now,
        )
        with redirect_stdout(out), redirect_stderr(err):
            code = run(arguments, context)
        if "portal" in context.__dict__:
            context.portal.close()
        return Result(code, out.getvalue(), err.getvalue())

    def ok(self, *arguments: str, stdin: str = "", profile: str | None = None) -> Result:
        """Run one command line that must succeed."""
        result = self(*arguments, stdin=stdin, profile=profile)
        assert result.code == 0, f"{arguments}: {result}"
        return result

    def advance(self, **lengths: float) -> None:
        """Let time pass."""
        self.now += timedelta(**lengths)
