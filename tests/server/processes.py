"""Real `portalctl serve` processes on loopback, and what they say."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portalctl.clock import system_clock
from portalctl.server.opening import open_office, place
from tests.server.raw import PATIENCE


class Process:
    """One started server. Its log is read as it comes."""

    def __init__(self, home: Path, options: Sequence[str], fds: Sequence[int], environment: Mapping[str, str]) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PORTALCTL", "PG"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "portalctl", "serve", *options],
            env={**clean, "PORTALCTL_HOME": str(home), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=fds,
        )
        self.lines: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def port(self) -> int:
        """Where it listens, once it says so."""
        return int(self.told(r"Serving the portal at \S+:(\d+)")[1])

    def told(self, pattern: str) -> re.Match[str]:
        """What it says, once it says so."""
        found: list[re.Match[str]] = []

        def is_told() -> bool:
            found.extend(match for line in list(self.lines) if (match := re.search(pattern, json.dumps(line))))
            return bool(found)

        self.wait(is_told)
        return found[0]

    def workers(self) -> list[int]:
        """The workers that it has started and not seen end."""
        started = [line["pid"] for line in self.lines if line.get("event") == "worker started"]
        ended = {line["pid"] for line in self.lines if line.get("event") == "worker ended"}
        return [pid for pid in started if pid not in ended]

    def wait(self, is_so: Callable[[], bool]) -> None:
        """Wait until something that it says is so."""
        with self._news:
            assert self._news.wait_for(is_so, PATIENCE), self.lines

    def signal(self, number: signal.Signals) -> None:
        """Tell it something."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Its exit code, when it has ended."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def stop(self) -> int:
        """Ask it to stop, and wait until it has."""
        self.signal(signal.SIGTERM)
        return self.end()

    def kill(self) -> None:
        """End it without asking."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for line in stream:
                with self._news:
                    self.lines.append(_parsed(line))
                    self._news.notify_all()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"event": "said", "text": line.decode(errors="replace")}
    return found


@contextmanager
def started(
    home: Path, *options: str, fds: Sequence[int] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A server process for the block; it is ended afterwards in any case."""
    process = Process(home, options, fds, environment or {})
    try:
        yield process
    finally:
        process.kill()


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A socket that listens on a loopback port of the kernel's choice, for processes to inherit."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        listener.set_inheritable(True)
        yield listener


def empty_portal(home: Path) -> None:
    """An empty portal where a server looks for it by default, so that starting one takes less."""
    office = open_office(place(f"sqlite://{home / 'data' / 'portal.db'}", None, lambda _: None), system_clock, "")
    office.store.close()
