"""A furnished portal, served: somebody of every role, with appointments, on a loopback port."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from portalctl.server.logs import make_log
from tests.domain.conftest import FakeClock, _furnished, _template, clock  # noqa: F401  fixtures that others need
from tests.domain.house import House
from tests.server.raw import Reply, ask, request
from tests.serving import Serving, serving


class Served(NamedTuple):
    """A house that is served, and what its server logs."""

    house: House
    serving: Serving
    log: io.BytesIO

    def ask(
        self,
        method: str,
        target: str,
        role: str | None = None,
        content: Any = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to a request of somebody of that role; None has not signed in."""
        given = dict(headers or {})
        if role is not None:
            given["Authorization"] = f"Bearer {self.house.tokens[role]}"
        if content is not None:
            body = json.dumps(content).encode()
        return ask(self.serving.port, request(method, target, given, body))

    def logged(self) -> list[dict[str, Any]]:
        """What was logged until now."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@contextmanager
def served_copy(house: House, folder: Path, **settings: Any) -> Iterator[Served]:
    """Serve a copy of a house."""
    shutil.copytree(house.file.parent, folder / "house")
    copy = house.moved(folder / "house" / house.file.name)
    log = io.BytesIO()
    with serving(f"sqlite://{copy.file}", house.clock, log=make_log(log), **settings) as server:
        yield Served(copy, server, log)


@pytest.fixture(scope="session")
def furnished(_furnished: House) -> House:  # noqa: F811  the fixture
    """The house to make copies of."""
    return _furnished


@pytest.fixture(scope="session")
def shared(furnished: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that leave the portal as it is."""
    with served_copy(furnished, tmp_path_factory.mktemp("shared")) as served:
        yield served


@pytest.fixture
def served(furnished: House, tmp_path: Path) -> Iterator[Served]:
    """A server for this test alone."""
    with served_copy(furnished, tmp_path) as served:
        yield served
