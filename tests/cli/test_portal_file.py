"""Trouble with the portal's file, as a user meets it: told in words, with exit code 8, and what can be done is done."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from portalctl.storage import filesystem, sqlite
from tests.cli.asking import free_slot, refused
from tests.cli.conftest import Cli
from tests.cli.live import Program as Live
from tests.storage.portals import HOLDS_THE_LOCK, Program


@pytest.fixture
def file(cli: Cli) -> Path:
    """Where the practice's portal is."""
    return cli.home / "data" / "portal.db"


def test_a_portal_that_others_could_read_is_closed_and_that_is_said_once(cli: Cli, file: Path) -> None:
    """The command does its work."""
    file.chmod(0o644)
    done = cli.ok("practice", "invite", "c@example.com", "--name", "C", profile="practice")
    assert done.err.count("could be read by others") == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "could be read" not in cli.ok("practice", "show", profile="practice").err


def test_a_portal_on_a_network_works_and_that_is_said_once(
    cli: Cli, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "without_wal", lambda _: "a network file system (nfs)")
    done = cli.ok("appointments", "book", free_slot(cli), profile="anna")
    assert done.err.count(f"{file} is in a network file system (nfs)") == 1


def test_a_locked_portal_is_read_and_a_change_is_refused_in_words(
    cli: Cli, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's reading needs no lock; the holder's number is told where the system shows it."""
    slot = free_slot(cli)
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 50)
    with Program(HOLDS_THE_LOCK, file) as holder:
        assert holder.line() == "held"
        cli.ok("appointments", "list", profile="anna")
        told = f"process {holder.pid} (" if Path("/proc/locks").exists() else "another process"
        refused(cli("appointments", "book", slot, profile="anna"), str(file), "is locked by", told, code=8)


READ_ONLY = """
import sys
from portalctl.app import main
sys.argv = ["portalctl", *sys.argv[1:]]
main()
"""


def test_a_client_reads_a_portal_that_cannot_be_written(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """What owes no record works: what they change, and what staff read of them, does not."""
    monkeypatch.setenv("PORTALCTL_HOME", str(live.home))
    data = live.home / "data"
    data.chmod(0o500)
    codes = {}
    for words in (
        ("appointments", "services", "--profile", "anna"),
        ("appointments", "cancel", "apt_zzzzzzzzzzzz", "--profile", "anna"),
        ("practice", "calendar", "--profile", "practice"),
    ):
        with Program(READ_ONLY, *words, obeys_modes=True) as program:
            program.process.communicate(timeout=60)
            codes[words[1]] = program.process.returncode
    data.chmod(0o700)
    assert codes == {"services": 0, "cancel": 8, "calendar": 8}
