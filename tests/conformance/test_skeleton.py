"""The smallest backend, found by its entry point, does what it says it can do and refuses the rest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portalctl.backends.registry import open_portal
from portalctl.testing import EmptyPortal, MovableClock, UnderTest
from portalctl.testing.suite import *  # noqa: F403  the tests themselves

SKELETON = Path(__file__).parent.parent.parent / "examples" / "backend_skeleton.py"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the example is installed as a package would be."""
    folder = tmp_path_factory.mktemp("site-packages")
    shutil.copy(SKELETON, folder)
    about = folder / "backend_skeleton-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: backend-skeleton\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[portalctl.backends]\nskeleton = backend_skeleton:open_portal\n")
    return folder


@pytest.fixture(scope="session")
def empty_portal(installed: Path) -> Iterator[EmptyPortal]:
    @contextmanager
    def opened() -> Iterator[UnderTest]:
        clock = MovableClock()
        portal = open_portal("skeleton://rossi", None, clock, lambda _: None)
        yield UnderTest(portal.with_token, clock, tokens={"owner": None, "client": None})

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(installed)
        yield opened


def run(installed: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(installed), "PORTALCTL_HOME": str(home)}
    command = [sys.executable, "-m", "portalctl", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_program_lists_the_services_of_a_portal_that_another_package_opens(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "--portal", "skeleton://rossi", "appointments", "services", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [service["name"] for service in json.loads(done.stdout)] == ["First visit", "Follow-up"]


def test_the_program_says_what_such_a_portal_cannot_do(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "--portal", "skeleton://rossi", "dashboard")
    assert done.returncode == 5
    assert "this portal cannot do that: dashboard.show" in done.stderr
