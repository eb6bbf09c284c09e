"""A real portal file and the real commands, run in this process under a clock that tests set."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from portalctl.app import run
from portalctl.context import Context
from tests.cli.live import Program

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday, 09:00 in Rome."""

OWNER_PASSWORD = "walnut harbour cobalt seven"
ANNA_PASSWORD = "tulip engine marble sunday"
BEN_PASSWORD = "copper lantern orchid nine"


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


class _Terminalless(io.StringIO):
    def isatty(self) -> bool:
        return False


class Cli:
    """Runs commands in one PORTALCTL_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = MORNING
        self.environment: dict[str, str] = {"PORTALCTL_HOME": str(home), "PATH": "/usr/bin:/bin", "TZ": "Europe/Rome"}

    def __call__(self, *arguments: str, stdin: str = "", profile: str | None = None) -> Result:
        """Run one command line."""
        out, err = _Terminalless(), _Terminalless()
        environment = self.environment | ({"PORTALCTL_PROFILE": profile} if profile else {})
        context = Context(
            stdin=_Terminalless(stdin), stdout=out, stderr=err, environment=environment, clock=lambda: self.now
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


@pytest.fixture
def empty(tmp_path: Path) -> Cli:
    """A home with nothing in it."""
    return Cli(tmp_path / "home")


@pytest.fixture(scope="session")
def _practice_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made(Cli(tmp_path_factory.mktemp("template") / "home"))


@pytest.fixture(scope="session")
def _live_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cli = Cli(tmp_path_factory.mktemp("live-template") / "home")
    cli.now = datetime.now(UTC).replace(microsecond=0)
    return _made(cli)


def _made(cli: Cli) -> Path:
    cli.ok(
        *("practice", "init", "--profile", "practice", "--name", "Studio Rossi", "--owner", "Dr Rossi"),
        *("--email", "rossi@example.com", "--timezone", "Europe/Rome", "--password-stdin", "--store", "file"),
        stdin=OWNER_PASSWORD,
    )
    owner = {"profile": "practice"}
    cli.ok("practice", "services", "add", "First visit", "--duration", "50m", "--buffer-after", "10m", **owner)
    cli.ok(
        *("practice", "services", "add", "Video call", "--duration", "30m", "--place", "video"),
        *("--room", "https://meet.example.com/rossi"),
        **owner,
    )
    cli.ok("practice", "hours", "set", "rossi@example.com", "--days", "mon-fri", "--windows", "09:00-17:00", **owner)
    for name, email, password in (
        ("Anna Bianchi", "anna@example.com", ANNA_PASSWORD),
        ("Ben Carter", "ben@example.com", BEN_PASSWORD),
    ):
        link = cli.ok("practice", "invite", email, "--name", name, "--json", **owner).data["link"]
        first = name.split()[0].lower()
        cli.ok("signup", link, "--profile", first, "--password-stdin", "--store", "file", stdin=password)
    return cli.home


@pytest.fixture
def cli(_practice_home: Path, tmp_path: Path) -> Cli:
    """A practice with hours and two services; the owner (`practice`) and two clients (`anna`, `ben`) are signed in."""
    return Cli(copied(_practice_home, tmp_path / "home"))


@pytest.fixture
def live(_live_home: Path, tmp_path: Path) -> Program:
    """The same practice, made just now, for processes of their own under the machine's clock."""
    return Program(copied(_live_home, tmp_path / "live"))


def copied(template: Path, home: Path) -> Path:
    """Copy a home; what is written in it about itself follows."""
    shutil.copytree(template, home)
    for file in home.rglob("*"):
        if file.suffix in (".toml", ".json"):
            file.write_text(file.read_text().replace(str(template), str(home)))
    return home
