"""The portal in a local file does what every portal does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.testing import EmptyPortal, MovableClock, UnderTest
from portalctl.testing.suite import *  # noqa: F403  the tests themselves


@pytest.fixture(scope="session")
def empty_portal(tmp_path_factory: pytest.TempPathFactory) -> EmptyPortal:
    @contextmanager
    def opened() -> Iterator[UnderTest]:
        clock, file = MovableClock(), tmp_path_factory.mktemp("embedded") / "portal.db"
        portal = EmbeddedPortal(f"sqlite://{file}", file, None, clock, lambda _: None)
        yield UnderTest(portal.with_token, clock)
        portal.close()

    return opened
