"""A portal server on PostgreSQL does, over HTTP, what every portal does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portalctl.backends.remote import open_portal
from portalctl.testing import EmptyPortal, MovableClock, UnderTest
from portalctl.testing.suite import *  # noqa: F403  the tests themselves
from tests.postgres import PostgresServer, fresh_schema
from tests.serving import serving


@pytest.fixture(scope="session")
def empty_portal(postgres_server: PostgresServer) -> EmptyPortal:
    @contextmanager
    def opened() -> Iterator[UnderTest]:
        clock = MovableClock()
        with fresh_schema(postgres_server) as database, serving(database, clock) as server:
            portal = open_portal(server.url, None, clock, server.said.append)
            yield UnderTest(portal.with_token, clock, server.set_up_code)
            portal.close()

    return opened
