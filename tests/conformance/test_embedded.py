"""The portal in a local file does what every portal does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.testing import EmptyPortal, MovableClock, UnderTest
from portalctl.testing.suite import *  # noqa: F403  the tests themselves
from tests.conformance.surroundings import mailed_code, use_up
from tests.mail.relay import MailServer


@pytest.fixture(scope="session")
def empty_portal(tmp_path_factory: pytest.TempPathFactory, letters: MailServer) -> EmptyPortal:
    @contextmanager
    def opened() -> Iterator[UnderTest]:
        clock, file = MovableClock(), tmp_path_factory.mktemp("embedded") / "portal.db"
        portal = EmbeddedPortal(f"sqlite://{file}", file, None, clock, lambda _: None)
        office = portal._office
        reset, spent = mailed_code(office, letters), use_up(office)
        yield UnderTest(portal.with_token, clock, mailed_code=reset, use_up=spent, relay=letters.url)
        portal.close()

    return opened
