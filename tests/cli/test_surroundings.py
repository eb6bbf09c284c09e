"""Homes, folders, portals and profiles that are missing or strange: it works, or fails in a line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import OWNER_PASSWORD, Cli
from tests.cli.live import COMMAND, Program


def test_no_home_at_all_works_or_is_a_clean_failure(live: Program, tmp_path: Path) -> None:
    """Nothing is written into the current folder or made up."""
    here, home = tmp_path / "here", tmp_path / "somebody"
    here.mkdir()
    home.mkdir()
    relative = {f"XDG_{kind}_HOME": "relative" for kind in ("CONFIG", "DATA", "STATE")}
    setting_up = ["practice", "init", "--name", "X", "--email", "x@example.com", "--timezone", "Europe/Rome"]
    for broken, codes in (
        ({"HOME": "/dev/null/home"}, {8}),
        ({"HOME": "/proc/nobody"}, {8}),
        ({"HOME": str(home), **relative}, {0, 8}),
        ({"PORTALCTL_HOME": "relative"}, {2}),
        ({"PORTALCTL_HOME": "/dev/null/home"}, {8}),
    ):
        done = live.run(
            *(*setting_up, "--password-stdin", "--store", "file"),
            stdin=OWNER_PASSWORD,
            environment={"PORTALCTL_HOME": "", **broken},
            cwd=here,
        )
        assert done.returncode in codes, done
        if done.returncode:
            assert done.stdout == ""
            assert done.stderr.startswith("Error: ")
            assert len(done.stderr.splitlines()) == 2, done.stderr
        assert not list(here.iterdir())


def test_a_home_of_the_system_serves_when_home_is_not_set(live: Program) -> None:
    """The password database knows it, as for every program."""
    live.environment["PORTALCTL_HOME"] = ""
    done = live.run("profiles", "list", "--json")
    assert done.returncode in (0, 8)
    assert "Traceback" not in done.stderr


def test_a_missing_folder_for_temporary_files_is_not_missed(live: Program) -> None:
    """Files are replaced beside themselves."""
    done = live.run("profiles", "use", "ben", environment={"TMPDIR": "/nonexistent"})
    assert done.returncode == 0, done


def test_a_current_folder_that_is_gone_is_not_missed(live: Program, tmp_path: Path) -> None:
    """Nothing of ours is found relative to it."""
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", 'rmdir "$0" && exec "$@"', str(gone), *COMMAND, "whoami", "--json"],
        env={**live.environment, "PORTALCTL_PROFILE": "anna"},
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["email"] == "anna@example.com"


@pytest.mark.parametrize("url", ["", "portal.db", "sqlite://portal.db", "nosuch://x", "https://", "://", "file:///x"])
def test_a_portal_that_no_backend_opens_is_refused(empty: Cli, url: str) -> None:
    """With those that there are."""
    result = empty("whoami", "--portal", url)
    assert result.code in (2, 4, 8)
    assert result.out == ""
    assert "Error: " in result.err
    assert "unexpected" not in result.err


@pytest.mark.parametrize("name", [" ", "../x", "a/b", "x" * 65, "\u0430nna", "a\nb", "\uff21"])
def test_a_profile_has_a_plain_name(empty: Cli, name: str) -> None:
    """It becomes part of a file and of the keyring."""
    result = empty("--profile", name, "whoami")
    assert result.code in (2, 4)
    assert result.out == ""
    assert not empty.home.exists()
