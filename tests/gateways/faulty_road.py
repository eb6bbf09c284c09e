"""A road to Stripe on which requests or answers are lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


class Fate(Enum):
    """What becomes of a request."""

    PASSES = "passes"
    LOST = "lost"
    ANSWER_LOST = "answer lost"
    STALLS = "stalls"
    BROKEN = "broken"


Choose = Callable[[str, str], Fate]
"""Chooses the fate of a request by its method and path."""


class FaultyRoad:
    """Passes requests on to `beyond`, as long as nothing else is chosen for them. `seen` are those that arrived."""

    def __init__(self, beyond: str) -> None:
        self.beyond = beyond
        self.choose: Choose = lambda _method, _path: Fate.PASSES
        self.seen: list[str] = []
        self.url = ""
        self.open = threading.Event()
        """Set, it ends what stalls."""

    def once(self, part: str, fate: Fate) -> None:
        """Let the next request with that in its method and path have that fate, and all others pass."""
        left = [fate]

        def choose(method: str, path: str) -> Fate:
            return left.pop() if left and part in f"{method} {path}" else Fate.PASSES

        self.choose = choose


@contextmanager
def faulty_road(beyond: str) -> Iterator[FaultyRoad]:
    """A road to the server at `beyond`, until the block ends."""
    road = FaultyRoad(beyond)
    passing = httpx.Client(base_url=beyond, verify=False)  # noqa: S501  it speaks plain HTTP

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            road.seen.append(f"{self.command} {self.path.partition('?')[0]}")
            fate = road.choose(self.command, self.path)
            if fate is Fate.STALLS:
                road.open.wait(60)
            if fate in (Fate.LOST, Fate.STALLS):
                self.close_connection = True
                return
            if fate is Fate.BROKEN:
                self._answer(500, b'{"error": {"type": "api_error", "message": "broken"}}')
                return
            names = ("authorization", "content-type", "idempotency-key")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            answer = passing.request(self.command, self.path, content=body, headers=headers)
            if fate is Fate.ANSWER_LOST:
                self.close_connection = True
                return
            self._answer(answer.status_code, answer.content)

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815  the names that the library gives them

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002  the name that the library gives it
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing of whoever hangs up."""
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)  # type: ignore[arg-type]  # as it was given

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    road.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield road
    finally:
        road.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
        passing.close()
