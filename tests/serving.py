"""A real portal server on a loopback port that the kernel chooses, in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from portalctl.clock import Clock, system_clock
from portalctl.domain.practice import setup_code
from portalctl.gateways.keys import StripeKeys
from portalctl.server.app import create_app
from portalctl.server.limits import Limits
from portalctl.server.opening import open_office, place
from portalctl.server.running import make_server
from portalctl.server.site import Site

GENEROUS = Limits(session_rate=1e6, session_burst=10**6, address_rate=1e6, address_burst=10**6, grace_seconds=0)
"""Tests ask as fast as they can."""


class Serving(NamedTuple):
    """A server that runs. `url` is where it listens; `said` is what it told whoever started it."""

    url: str
    port: int
    site: Site
    said: list[str]
    stop: Callable[[], None]

    @property
    def set_up_code(self) -> str:
        """What `practice.set_up` wants on a portal that belongs to nobody yet."""
        return setup_code(self.site.anyone())


@contextmanager
def serving(
    database_url: str,
    clock: Clock = system_clock,
    *,
    key_file: Path | None = None,
    limits: Limits | None = None,
    certificate: tuple[Path, Path] | None = None,
    stripe: StripeKeys | None = None,
    **settings: Any,
) -> Iterator[Serving]:
    """Serve the portal in a database until the block ends. `settings` are those of a Site."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    said: list[str] = []
    with _key_place(database_url, key_file) as key_place:
        at = place(database_url, key_place, said.append)._replace(stripe=stripe or StripeKeys())
        office = open_office(at, clock, url)
        site = Site(office, limits=limits or GENEROUS, **settings)
        server = make_server(create_app(site), site.limits, certificate=certificate)
        site.is_stopping = lambda: server.should_exit
        thread = threading.Thread(target=server.run, args=([listener],), name="server")
        listener.listen()
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join()

        try:
            yield Serving(url, port, site, said, stop)
        finally:
            stop()
            site.close()
            listener.close()


@contextmanager
def _key_place(database_url: str, given: Path | None) -> Iterator[Path | None]:
    """Where the portal's key is: beside a file, or in a folder of its own."""
    if given is not None or database_url.startswith("sqlite:"):
        yield given
    else:
        with TemporaryDirectory() as folder:
            yield Path(folder) / "portal.key"
