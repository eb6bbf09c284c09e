"""What every test may ask for."""

from __future__ import annotations

import os
import sys

pytest_plugins = ["tests.hashing", "tests.postgres", "tests.gateways.localstripe"]


def pytest_configure() -> None:
    """Keep what is compiled, whatever the environment says: a test run starts thousands of processes of the program."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
