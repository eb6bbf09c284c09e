"""One server process: uvicorn on sockets that are already bound, which ends when what is under way is finished."""

from __future__ import annotations

import asyncio
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from portalctl import errors
from portalctl.server.limits import Limits
from portalctl.server.protocol import bounded

STOP_SECONDS = 30
"""How long what is under way may take when the server is asked to stop."""


class GracefulServer(uvicorn.Server):
    """Ends in peace when it is told to: what is under way, or on its way here, is still answered."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM, SIGINT and SIGHUP as wishes: following one is no failure. A second SIGINT ends at once."""
        with super().capture_signals():
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGHUP, self.handle_exit)
            yield
            self._captured_signals.clear()

    async def _wait_tasks_to_complete(self) -> None:
        """Have connections end that were made at the last moment, too."""
        while self.server_state.connections and not self.force_exit:
            for connection in list(self.server_state.connections):
                connection.shutdown()
            await asyncio.sleep(0.05)
        await super()._wait_tasks_to_complete()


def make_server(
    app: ASGIApp,
    limits: Limits,
    *,
    certificate: tuple[Path, Path] | None = None,
    each_second: Callable[[], None] | None = None,
) -> GracefulServer:
    """A server of the application, over TLS with a certificate and its key. Raises InvalidInput."""

    async def notify() -> None:
        if each_second is not None:
            each_second()

    return GracefulServer(
        uvicorn.Config(
            app,
            http=bounded(limits),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=limits.idle_seconds,
            timeout_graceful_shutdown=STOP_SECONDS,
            timeout_notify=1,
            callback_notify=notify,
            backlog=2048,
            ssl_context_factory=tls(*certificate) if certificate is not None else None,
        )
    )


def tls(certificate: Path, key: Path) -> Callable[..., ssl.SSLContext]:
    """How connections are secured: TLS 1.2 at least. Raises InvalidInput for what is no certificate with its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise errors.InvalidInput(
            f"{certificate} and {key} are no certificate with its key: {error.strerror or error}",
            "give the chain and the key as PEM files that you may read",
        ) from None
    return lambda *_: context
