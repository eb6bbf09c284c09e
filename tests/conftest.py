"""What every test may ask for."""

from __future__ import annotations

import os

pytest_plugins = ["tests.postgres"]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for servers, terminals and browsers as often as they compute."""
    return len(os.sched_getaffinity(0)) + 1
