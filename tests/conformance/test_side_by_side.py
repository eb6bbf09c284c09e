"""The same steps on every backend come to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from portalctl.backends.embedded import EmbeddedPortal
from portalctl.backends.remote import open_portal
from portalctl.contract.portal import Portal
from portalctl.testing import UnderTest
from portalctl.testing.beginning import begin
from portalctl.testing.side_by_side import compare
from portalctl.testing.watching import watched
from tests.conformance import rewinding
from tests.conformance.rewinding import Rewind, RewindableClock
from tests.postgres import PostgresServer, fresh_schema
from tests.serving import serving


class Rewindable:
    """A portal on which a practice has begun, and how it begins anew."""

    def __init__(self, backend: UnderTest, clock: RewindableClock, rewind: Rewind) -> None:
        self._backend, self._clock, self._rewind = backend, clock, rewind
        self._kept = {token: backend.portal(token) for token in (None, *backend.tokens.values())}

    @contextmanager
    def anew(self) -> Iterator[UnderTest]:
        """The portal as it was at first; connecting is what costs most, so its people's connections stay."""
        self._clock.rewind()
        self._rewind()
        made: dict[str | None, Portal] = {}

        def portal(token: str | None) -> Portal:
            if token in self._kept:
                return self._kept[token]
            return made.setdefault(token, self._backend.portal(token))

        yield replace(self._backend, portal=portal)
        for each in made.values():
            each.close()

    def close(self) -> None:
        """Let go of it."""
        for each in self._kept.values():
            each.close()


@contextmanager
def embedded(folder: Path) -> Iterator[Rewindable]:
    clock, file = RewindableClock(), folder / "portal.db"
    portal = EmbeddedPortal(f"sqlite://{file}", file, None, clock, lambda _: None)
    backend = begin(UnderTest(portal.with_token, clock))
    with closing(Rewindable(backend, clock, rewinding.of_sqlite(portal.url))) as rewindable:
        yield rewindable


@contextmanager
def served(database: str, rewind: Callable[[str], Rewind]) -> Iterator[Rewindable]:
    clock = RewindableClock()
    with serving(database, clock) as server:
        portal = open_portal(server.url, None, clock, server.said.append)
        backend = begin(UnderTest(portal.with_token, clock, server.set_up_code))
        with closing(Rewindable(backend, clock, rewind(database))) as rewindable:
            yield rewindable


@pytest.fixture(scope="session")
def backends(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[dict[str, Rewindable]]:
    """Each backend by its name."""
    file = tmp_path_factory.mktemp("served") / "portal.db"
    with ExitStack() as portals, fresh_schema(postgres_server) as schema:
        yield {
            "embedded": portals.enter_context(embedded(tmp_path_factory.mktemp("own"))),
            "sqlite": portals.enter_context(served(f"sqlite://{file}", rewinding.of_sqlite)),
            "postgres": portals.enter_context(served(schema, rewinding.of_postgres)),
        }


def test_all_backends_answer_alike(backends: dict[str, Rewindable], tmp_path: Path) -> None:
    compare(lambda: anew(backends), journal=tmp_path / "journal")


def test_servers_on_either_database_answer_alike(backends: dict[str, Rewindable], tmp_path: Path) -> None:
    """A portal file lacks devices: what only servers do is tried on them alone."""
    servers = {name: each for name, each in backends.items() if name != "embedded"}
    compare(lambda: anew(servers), examples=6, journal=tmp_path / "journal")


@contextmanager
def anew(backends: Mapping[str, Rewindable]) -> Iterator[Mapping[str, UnderTest]]:
    """The portals of all as they were at first."""
    with ExitStack() as portals:
        yield {name: portals.enter_context(each.anew()) for name, each in backends.items()}


def test_a_difference_is_found_and_told(backends: dict[str, Rewindable]) -> None:
    """One portal answers without the last of its services."""

    @contextmanager
    def opened() -> Iterator[Mapping[str, UnderTest]]:
        with backends["embedded"].anew() as whole:
            yield {"whole": whole, "forgetful": replace(whole, portal=lambda token: forgetful(whole.portal(token)))}

    with pytest.raises(pytest.fail.Exception, match=r"(?s)owner asked services\.list.*--- whole.*- .*Visit"):
        compare(opened, examples=1)


def forgetful(portal: Portal) -> Portal:
    """A portal that leaves the last of its services out."""
    watching = watched(portal, [])
    answered = watching.services.list
    watching.services.list = lambda request: answered(request)[:-1]  # type: ignore[method-assign]  # it is told apart
    return watching
