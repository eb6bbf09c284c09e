"""A portal server on SQLite does, over HTTP, what every portal does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portalctl.backends.remote import open_portal
from portalctl.testing import EmptyPortal, MovableClock, UnderTest
from portalctl.testing.suite import *  # noqa: F403  the tests themselves
from tests.conformance.surroundings import mailed_code, use_up
from tests.mail.relay import MailServer
from tests.serving import serving


@pytest.fixture(scope="session")
def empty_portal(tmp_path_factory: pytest.TempPathFactory, letters: MailServer) -> EmptyPortal:
    @contextmanager
    def opened() -> Iterator[UnderTest]:
        clock, file = MovableClock(), tmp_path_factory.mktemp("served") / "portal.db"
        with serving(f"sqlite://{file}", clock) as server:
            portal = open_portal(server.url, None, clock, server.said.append)
            office, code = server.site.anyone(), server.set_up_code
            yield UnderTest(portal.with_token, clock, code, mailed_code(office, letters), use_up(office))
            portal.close()

    return opened
