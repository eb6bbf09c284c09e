"""A server that misbehaves on purpose: raw sockets on loopback, each connection answered as a test says."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeAlias

from benchmarks.dropping_proxy import read_message
from portalctl.backends.exchange import Patience
from portalctl.backends.remote import open_portal
from portalctl.contract.portal import Portal

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

A_TOKEN = "a-token"

SHORT = Patience(connect=1.0, step=0.4, exchange=1.0, whole=2.0)
"""For servers that say nothing."""

Behaviour: TypeAlias = "bytes | Callable[[Hostile, socket.socket], None]"
"""What a connection gets once its request was read: these bytes and the end, or whatever is done with the socket."""

IDENTITY = {
    "account_id": "acc_1",
    "name": "Anna Bianchi",
    "email": "anna@example.com",
    "role": "client",
    "client_id": "cli_1",
    "timezone": "Europe/Rome",
    "practice": "Studio Rossi",
    "session_expires_at": "2026-03-03T08:00:00Z",
}


def reply(body: bytes | str, status: int = 200, kind: str = "application/json", **headers: str) -> bytes:
    """A whole HTTP answer; underscores in names of headers are dashes."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def record(found: object, status: int = 200, **headers: str) -> bytes:
    """An answer of JSON."""
    return reply(json.dumps(found), status, **headers)


def problem(code: str, status: int, headers: dict[str, str] | None = None, **more: object) -> bytes:
    """A failure as a portal tells it."""
    told = {"type": "about:blank", "title": "No", "status": status, "code": code, **more}
    return reply(json.dumps(told), status, "application/problem+json", **(headers or {}))


class Hostile:
    """Answers one connection after the other as it was told, the last behaviour again and again."""

    def __init__(self, behaviours: Sequence[Behaviour], tls: ssl.SSLContext | None) -> None:
        self.requests: list[bytes] = []
        self.is_over = threading.Event()
        self._behaviours = list(behaviours)
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="hostile")
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        """Its address as a portal's."""
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    def close(self) -> None:
        """End it."""
        self.is_over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection, suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        if self._tls is None and connection.recv(1, socket.MSG_PEEK) == b"\x16":
            connection.sendall(reply("<h1>Bad Request</h1>", 400, "text/html"))  # as servers greet TLS where none is
        elif self._tls is None:
            self._behave(connection)
        else:
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._behave(secured)

    def _behave(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            request = read_message(stream)
        if request is None:
            return
        self.requests.append(request.head + request.body)
        behaviour = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
        if isinstance(behaviour, bytes):
            connection.sendall(behaviour)
        else:
            behaviour(self, connection)


def hold(server: Hostile, connection: socket.socket) -> None:
    """Say nothing until the client has gone or the test is over."""
    connection.settimeout(0.05)
    while not server.is_over.is_set():
        with suppress(TimeoutError):
            if not connection.recv(1):
                return


def drip(content: bytes, seconds: float = 0.1) -> Behaviour:
    """Send a byte at a time."""

    def behave(server: Hostile, connection: socket.socket) -> None:
        for number in range(len(content)):
            connection.sendall(content[number : number + 1])
            if server.is_over.wait(seconds):
                return

    return behave


def reset(_: Hostile, connection: socket.socket) -> None:
    """Begin an answer, and cut the connection in its middle."""
    connection.sendall(record(IDENTITY)[:-40])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def hostile(*behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """A hostile server in a thread of this process."""
    server = Hostile(behaviours, tls)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def reaching(server: Hostile | str, token: str | None = A_TOKEN, **settings: Any) -> Iterator[Portal]:
    """The portal that a hostile server pretends to be."""
    url = server if isinstance(server, str) else server.url
    portal = open_portal(url, token, lambda: NOW, lambda _: None, **settings)
    try:
        yield portal
    finally:
        portal.close()
