"""A practice in any database, filled through the program's own queries, and the processes that serve it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.portals import OWNER, Sample, add_clients, add_practitioners, add_service, sign_in, sign_in_client
from benchmarks.timing import REPOSITORY, program
from portalctl.clock import system_clock
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office
from portalctl.domain.practice import Practices
from portalctl.models.practice import SetUpPractice
from portalctl.storage import policy
from portalctl.storage.engine import Store
from portalctl.storage.stores import open_store
from tests.postgres import PostgresServer, running_postgres

PATIENCE = 60.0
"""Seconds that a server may take to answer or to end."""

HORIZON_DAYS = 730
DURABLE = {"fsync": "on", "full_page_writes": "on", "max_connections": "100"}
"""PostgreSQL as it comes: what it says it has written survives a power cut."""


class Practice(NamedTuple):
    """A practice for a measurement, whose clients may book at any hour and cancel and move until the start."""

    database: str
    service: str
    practitioners: Sequence[str]
    clients: Sequence[tuple[str, str]]
    """Their ids, and the tokens of their sessions."""

    owner_token: str


@contextmanager
def durable_postgres(settings: Mapping[str, str] | None = None, folder: Path | None = None) -> Iterator[PostgresServer]:
    """A PostgreSQL that syncs what it commits. Without a folder it has one of its own, which is removed at the end."""
    with running_postgres(folder, {**DURABLE, **(settings or {})}) as server:
        yield server


@contextmanager
def opened(database: str, *, create: bool = False) -> Iterator[Store]:
    """The store in a database."""
    store = open_store(database, create=create)
    try:
        yield store
    finally:
        store.close()


def set_up(store: Store) -> None:
    """Set a practice up in an empty database."""
    Practices(Office(store, system_clock, None, any_key, "")).set_up(
        SetUpPractice(name="Practice", email=OWNER, timezone="UTC", owner="Owner", password=new_id("password"))
    )


def new_practice(database: str, *, practitioners: int, clients: int, minutes: int) -> Practice:
    """Set a practice up, with one service of so many minutes that every practitioner offers at every hour."""
    with opened(database, create=True) as store:
        set_up(store)
        with store.writing() as tx:
            sample = Sample(Path(), database, add_service(tx, minutes))
            free = {"cancellation_notice_minutes": 0, "reschedule_notice_minutes": 0, "minimum_notice_minutes": 0}
            policy.put(tx, policy.PRACTICE, {"horizon_days": HORIZON_DAYS, **free})
            staff = add_practitioners(tx, sample, practitioners, "00:00-00:00")
            people = add_clients(tx, clients)
            tokens = [sign_in_client(tx, client) for client in people]
            owner_token = sign_in(tx, OWNER)
    return Practice(database, sample.service_id, staff, list(zip(people, tokens, strict=True)), owner_token)


def any_key() -> bytes:
    """A portal's key for whoever makes no links."""
    return bytes(32)


class Hosts:
    """Processes that serve one database behind one address: a listening socket that they share."""

    def __init__(
        self, database: str, home: Path, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listening.set_inheritable(True)
        self._arguments = [*command, "--fd", str(self._listening.fileno()), "--database", database]
        self._environment = {**os.environ, "PORTALCTL_HOME": str(home), **(environment or {})}
        self._log = (home / "serve.log").open("ab")
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def port(self) -> int:
        """Where they listen, on 127.0.0.1."""
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where they listen."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin one more process."""
        self._processes.append(
            subprocess.Popen(
                self._arguments,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[self._listening.fileno()],
            )
        )

    @property
    def pid(self) -> int:
        """The oldest process."""
        return self._processes[0].pid

    def kill(self) -> None:
        """Kill the oldest process with SIGKILL."""
        process = self._processes.pop(0)
        process.kill()
        process.wait()

    def wait_until_ready(self) -> None:
        """Until one says that it is ready. Raises TimeoutError, RuntimeError for a process that ended by itself."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.check()
            with suppress(URLError, OSError), urlopen(f"{self.url}/readyz", timeout=5):  # noqa: S310  on loopback
                return
            time.sleep(0.05)
        raise TimeoutError(f"no server became ready; see {self._log.name}")

    def check(self) -> None:
        """Raise RuntimeError where a process ended by itself."""
        ended = [process.returncode for process in self._processes if process.poll() is not None]
        if ended:
            said = Path(self._log.name).read_text(errors="replace")[-4000:]
            raise RuntimeError(f"{len(ended)} server(s) ended by themselves with {ended}:\n{said}")

    def stop(self) -> None:
        """Ask all to stop and wait for them; kill those that do not."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._listening.close()
        self._log.close()


@contextmanager
def processes(
    database: str, count: int, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[Hosts]:
    """So many processes of one command that serve a database, ready to answer, and stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="portalctl-hosts-") as home:
        running = Hosts(database, Path(home), command, environment)
        try:
            for _ in range(count):
                running.start()
            running.wait_until_ready()
            yield running
        finally:
            running.stop()


@contextmanager
def hosts(database: str, count: int, *options: str) -> Iterator[Hosts]:
    """So many processes of `portalctl serve`."""
    with processes(database, count, [*program(), "serve", *options]) as running:
        yield running
