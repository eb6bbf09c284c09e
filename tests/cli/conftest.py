"""A practice in a real portal file, made once and copied for each test, and whoever runs commands on it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.inside import MORNING as MORNING
from tests.cli.inside import Cli as Cli
from tests.cli.inside import Result as Result
from tests.cli.live import Program

OWNER_PASSWORD = "walnut harbour cobalt seven"
ANNA_PASSWORD = "tulip engine marble sunday"
BEN_PASSWORD = "copper lantern orchid nine"


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
