"""Several server processes on one listening socket: one that ends is replaced, and all are stopped together.

Each is the same program started afresh with the socket: nothing is shared by forking. A connection that waits in the
socket's queue is taken by whichever process is free, also while another one stops.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from portalctl.server.logs import Log
from portalctl.server.metrics import forget_worker
from portalctl.server.running import STOP_SECONDS

SUPERVISED_BY = "PORTALCTL_SUPERVISOR"
"""The environment variable by which a worker knows whose it is."""

REST_SECONDS = 1.0
"""A worker that did not live longer than this is replaced after as long a rest."""


class Supervisor:
    """Keeps so many workers alive until it is told to stop."""

    def __init__(
        self, command: Sequence[str], listener: socket.socket, workers: int, environment: Mapping[str, str], log: Log
    ) -> None:
        self._command = [*command, "--workers", "1", "--fd", str(listener.fileno())]
        self._listener = listener
        self._wanted = workers
        self._environment = {**environment, SUPERVISED_BY: str(os.getpid())}
        self._log = log
        self._alive: dict[subprocess.Popen[bytes], float] = {}
        self._is_over = False
        self._is_renewal = False

    def run(self) -> None:
        """Work until SIGTERM or SIGINT. SIGHUP replaces the workers, one after another."""
        waker, wakes = socket.socketpair()
        wakes.setblocking(False)
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(name, self._hear)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector, waker, wakes:
            selector.register(waker, selectors.EVENT_READ)
            while not self._is_over:
                self._look_after()
                if selector.select(REST_SECONDS):
                    waker.recv(4096)
            signal.set_wakeup_fd(-1)
        self._listener.close()
        self._stop(list(self._alive))

    def _hear(self, number: int, _: FrameType | None) -> None:
        self._is_over = self._is_over or number in (signal.SIGTERM, signal.SIGINT)
        self._is_renewal = self._is_renewal or number == signal.SIGHUP

    def _look_after(self) -> None:
        now = time.monotonic()
        rest = False
        for worker, since in list(self._alive.items()):
            if worker.poll() is not None:
                del self._alive[worker]
                rest = rest or now - since < REST_SECONDS
                self._log.warning("worker ended", pid=worker.pid, status=worker.returncode)
                forget_worker(worker.pid, self._environment)
        if self._is_renewal:
            self._is_renewal = False
            former = list(self._alive)
            for worker in former:
                self._start()
                self._stop([worker])
        while len(self._alive) < self._wanted and not rest and not self._is_over:
            self._start()

    def _start(self) -> None:
        worker = subprocess.Popen(  # noqa: S603  the program itself
            self._command, env=self._environment, pass_fds=[self._listener.fileno()], start_new_session=True
        )
        self._alive[worker] = time.monotonic()
        self._log.info("worker started", pid=worker.pid)

    def _stop(self, workers: list[subprocess.Popen[bytes]]) -> None:
        """Have workers finish; one that does not is killed."""
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS + 5
        for worker in workers:
            try:
                worker.wait(max(0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            self._alive.pop(worker, None)
            forget_worker(worker.pid, self._environment)


def is_orphan() -> bool:
    """Whether the supervisor of this worker is gone."""
    supervisor = os.environ.get(SUPERVISED_BY)
    return supervisor is not None and supervisor != str(os.getppid())
