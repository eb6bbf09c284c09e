"""What ten thousand connections that ask nothing cost those who ask.

    python -m benchmarks.idle_connections [--rounds 3] [--idle 10000]

The p99 of `GET /readyz` over 16 connections that `wrk` keeps busy, which counts a pause once for every request that it
held up: alone; while the idle connections come, as fast as one process can open them; while they are open; and while
the server lets them go for saying nothing, and each comes back at once. Every second one sends half a request's head.
Exits with 1 when the median of the rounds is more than twice that of `alone`. Needs `wrk` and many files.
"""

from __future__ import annotations

import argparse
import resource
import select
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from benchmarks.hosted import PATIENCE, Hosts, hosts
from benchmarks.portals import new_portal
from benchmarks.timing import Figure, finish
from benchmarks.wrk import Load, Request, load
from portalctl.server.limits import Limits

TARGET = 2.0
CONNECTIONS = 16
SECONDS = 3
RETURNING_SECONDS = 8
HALF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: "
SPARE_FILES = 200

READY = [Request("GET", "/readyz", "-")]


def main() -> int:
    """Serve, ask in every state in turn, compare."""
    parser = argparse.ArgumentParser(description="Compare the p99 beside idle connections with that alone.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=10_000)
    options = parser.parse_args()
    _allow_files(options.idle)
    loads: dict[str, list[Load]] = {}
    waits = []
    with tempfile.TemporaryDirectory() as folder, hosts(new_portal(Path(folder), minutes=30).url, 1) as portal:
        for _ in range(options.rounds):
            load(portal.port, READY, connections=CONNECTIONS, seconds=SECONDS)  # whoever was there before is gone now
            found, waited = _measure(portal, options.idle)
            waits.append(waited)
            for name, each in found.items():
                loads.setdefault(name, []).append(each)
    print(f"a new connection behind all of them was answered after {1000 * median(waits):.0f} ms (median)")
    for name, rounds in loads.items():
        print(f"{name}: {median(each.rate for each in rounds):,.0f} answers a second, p99 {_listed(rounds)} ms")
    p99 = {name: median(each.p99 for each in rounds) for name, rounds in loads.items()}
    alone = p99.pop("alone")
    return finish([Figure(f"p99 {name}", took, "p99 alone", alone, TARGET) for name, took in p99.items()])


def _measure(portal: Hosts, count: int) -> tuple[dict[str, Load], float]:
    """The load in every state, and how long a new connection waited behind the idle ones."""
    found = {"alone": load(portal.port, READY, connections=CONNECTIONS, seconds=SECONDS)}
    with _idle(portal.port, count) as idle:
        found["while they come"] = load(portal.port, READY, connections=CONNECTIONS, seconds=SECONDS)
        waited = idle.wait_until_open()
        found["while they are open"] = load(portal.port, READY, connections=CONNECTIONS, seconds=SECONDS)
        if idle.lost:
            raise RuntimeError(f"{idle.lost} idle connections were let go early; is the machine too slow for this?")
        time.sleep(max(0.0, idle.since + Limits().head_seconds - 1 - time.monotonic()))
        found["while they go and come back"] = load(
            portal.port, READY, connections=CONNECTIONS, seconds=RETURNING_SECONDS
        )
        if not idle.lost:
            raise RuntimeError("no idle connection was let go")
    return found, waited


class Idle:
    """Connections that ask nothing, opened and kept by a thread: one that the server lets go is opened anew."""

    def __init__(self, port: int, count: int) -> None:
        self.since = 0.0
        self.lost = 0
        self._port = port
        self._count = count
        self._opened = 0
        self._waited: float | None = None
        self._ends = threading.Event()
        self._is_open = threading.Event()
        self._sockets: dict[int, socket.socket] = {}
        self._events = select.epoll()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begin, when whoever asks has begun."""
        self._thread.start()

    def wait_until_open(self) -> float:
        """How long a connection that came after all others took to be answered. Raises TimeoutError."""
        if not self._is_open.wait(PATIENCE) or self._waited is None:
            raise TimeoutError("the idle connections could not be opened")
        return self._waited

    def close(self) -> None:
        """Let go of all."""
        self._ends.set()
        self._thread.join()
        for each in self._sockets.values():
            each.close()
        self._events.close()

    def _run(self) -> None:
        time.sleep(0.5)
        self.since = time.monotonic()
        for _ in range(self._count):
            self._open()
        begin = time.monotonic()
        with urlopen(f"http://127.0.0.1:{self._port}/healthz", timeout=PATIENCE):
            self._waited = time.monotonic() - begin
        self._is_open.set()
        while not self._ends.is_set():
            for descriptor, _ in self._events.poll(0.1):
                self._sockets.pop(descriptor).close()
                self.lost += 1
                self._open()

    def _open(self) -> None:
        each = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
        self._opened += 1
        if self._opened % 2:
            each.sendall(HALF_A_HEAD)
        self._sockets[each.fileno()] = each
        self._events.register(each, select.EPOLLIN | select.EPOLLRDHUP)


@contextmanager
def _idle(port: int, count: int) -> Iterator[Idle]:
    idle = Idle(port, count)
    idle.start()
    try:
        yield idle
    finally:
        idle.close()


def _allow_files(count: int) -> None:
    """Take as many file descriptors as this process may have. Raises RuntimeError where that is too few."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < count + SPARE_FILES:
        raise RuntimeError(f"needs {count + SPARE_FILES} file descriptors, and may have {most}")
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + SPARE_FILES), most))


def _listed(loads: list[Load]) -> str:
    return ", ".join(f"{1000 * each.p99:.0f}" for each in loads)


if __name__ == "__main__":
    sys.exit(main())
