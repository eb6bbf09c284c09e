"""A real portal server on a loopback port that the kernel chooses, in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn

from portalctl.clock import Clock, system_clock
from portalctl.server.app import create_app
from portalctl.server.limits import Limits
from portalctl.server.opening import open_site
from portalctl.server.site import Site


class Serving(NamedTuple):
    """A server that runs. `url` is where it listens; `said` is what it told whoever started it."""

    url: str
    port: int
    site: Site
    said: list[str]
    stop: Callable[[], None]

    @property
    def set_up_code(self) -> str | None:
        """What `practice.set_up` wants on a portal that belongs to nobody yet."""
        from portalctl.domain import practice

        return practice.setup_code(self.site.anyone()) if hasattr(practice, "setup_code") else None


@contextmanager
def serving(
    database_url: str,
    clock: Clock = system_clock,
    *,
    key_file: Path | None = None,
    limits: Limits | None = None,
) -> Iterator[Serving]:
    """Serve the portal in a database until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    said: list[str] = []
    site = open_site(database_url, clock=clock, public_url=url, notify=said.append, key_file=key_file, limits=limits)
    config = uvicorn.Config(
        create_app(site), lifespan="off", log_config=None, access_log=False, server_header=False, ws="none"
    )
    server = uvicorn.Server(config)
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
