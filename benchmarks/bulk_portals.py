"""New practices for the measurements of bulk sharing: in a file, or behind a server in any database.

Whoever sends is the owner, already signed in, on a machine that has never sent anything.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.bulk_peers import Cost, timed
from benchmarks.hosted import Hosts, Practice, new_practice, opened, processes
from benchmarks.portals import Sample, keep
from benchmarks.timing import program
from portalctl.storage import policy

LONGEST = 2**40
"""Bytes that a document may have in these practices."""


class Ground(NamedTuple):
    """A practice with clients and nothing shared yet, its owner's session, and the home folder of their machine."""

    database: str
    home: Path
    clients: Sequence[str]
    token: str
    server: Hosts | None

    @property
    def environment(self) -> dict[str, str]:
        """What the owner's commands run in."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTALCTL")}
        return {**kept, "PORTALCTL_HOME": str(self.home), "PORTALCTL_PROFILE": "owner"}

    def words(self, source: Path, program: Sequence[str]) -> list[str]:
        """The command that shares all files of a folder with the first client."""
        return [*program, "docs", "upload", str(source), "--recursive", "--client", self.clients[0], "--yes"]

    def send(self, source: Path) -> Cost:
        """Run that command."""
        return timed(self.words(source, program()), environment=self.environment)

    def stored(self) -> int:
        """How many documents there are."""
        with opened(self.database) as store, store.reading() as tx:
            found = tx.one("SELECT count(*) AS documents FROM documents WHERE deleted_at IS NULL")
        assert found is not None
        return int(found["documents"])

    def memory_of_server(self) -> float:
        """The most memory, in MB, that the server has had; 0 where there is none."""
        if self.server is None:
            return 0.0
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.server.pid}/status").read_text())
        assert found is not None
        return int(found[1]) / 1000


@contextmanager
def in_a_file(place: Path, clients: int = 1) -> Iterator[Ground]:
    """A practice in a portal file, that the owner's commands open themselves."""
    with tempfile.TemporaryDirectory(prefix="embedded-", dir=place) as name:
        url = _portal_file(Path(name))
        practice = _practice(url, clients)
        yield _signed_in(practice, Path(name) / "owner", url, None)


@contextmanager
def on_a_server(
    place: Path,
    *options: str,
    clients: int = 1,
    database: str | None = None,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] = program(),
) -> Iterator[Ground]:
    """A practice behind `portalctl serve`; without a database in a portal file with its folder beside it.

    `command` is what starts portalctl.
    """
    with tempfile.TemporaryDirectory(prefix="served-", dir=place) as name:
        url = database or _portal_file(Path(name))
        practice = _practice(url, clients)
        with processes(url, 1, [*command, "serve", *options], environment) as running:
            yield _signed_in(practice, Path(name) / "owner", running.url, running)


def _portal_file(folder: Path) -> str:
    data = folder / "data"
    data.mkdir(mode=0o700)
    return f"sqlite://{data / 'portal.db'}"


def _practice(url: str, clients: int) -> Practice:
    practice = new_practice(url, practitioners=1, clients=clients, minutes=30)
    with opened(url) as store, store.writing() as tx:
        policy.put(tx, policy.PRACTICE, {"document_max_bytes": LONGEST})
    return practice


def _signed_in(practice: Practice, home: Path, portal: str, server: Hosts | None) -> Ground:
    home.mkdir(mode=0o700)
    keep(Sample(home, portal, practice.service), "owner", practice.owner_token)
    return Ground(practice.database, home, [client for client, _ in practice.clients], practice.owner_token, server)
