"""What every test may ask for."""

from __future__ import annotations

import os
import sys

import pytest

pytest_plugins = ["tests.hashing", "tests.postgres", "tests.gateways.localstripe"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The examples first: nobody waits at the end for the one that was begun last and takes longest."""
    items.sort(key=lambda item: item.path.name != "test_examples.py")


def pytest_configure() -> None:
    """Keep what is compiled, whatever the environment says: a test run starts thousands of processes of the program."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
