"""Servers as processes: a first start, several at work, one that dies, one that stops while it is asked."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server.processes import empty_portal, listening, started
from tests.server.raw import PATIENCE, Wire, ask, request

PASSWORD = "walnut harbour cobalt seven"
SIGN_IN = b'{"email": "nobody@example.com", "password": "walnut harbour cobalt"}'


def _ready(port: int) -> None:
    """Wait until a server answers."""
    assert ask(port, request("GET", "/readyz")).status == 200


def test_the_first_start_tells_the_code_that_makes_the_practice_and_a_later_one_does_not(tmp_path: Path) -> None:
    with started(tmp_path, "--port", "0") as server:
        command = server.told(r"portalctl practice init --portal (\S+) --setup (\S+) --name")
        assert command[1] == f"http://127.0.0.1:{server.port}"
        found = {"name": "Studio Rossi", "email": "rossi@example.com", "timezone": "Europe/Rome", "owner": "Dr Rossi"}
        wrong, right = (
            json.dumps({**found, "password": PASSWORD, "setup": code}).encode() for code in ("x", command[2])
        )
        assert ask(server.port, request("POST", "/practice", body=wrong)).code == "link_not_valid"
        assert ask(server.port, request("POST", "/practice", body=right)).status == 200
        assert ask(server.port, request("POST", "/practice", body=right)).code == "practice_exists"
        assert server.stop() == 0
    data = tmp_path / "data"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("portal.db", "portal.db.key"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    with started(tmp_path, "--port", "0") as server:
        _ready(server.port)
        assert server.stop() == 0
        assert "--setup" not in json.dumps(server.lines)


@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_server_that_stops_answers_what_is_under_way_and_takes_nothing_new(
    tmp_path: Path, wish: signal.Signals
) -> None:
    empty_portal(tmp_path)
    with started(tmp_path, "--port", "0") as server:
        port = server.port
        _ready(port)
        with Wire(port) as under_way, Wire(port) as idle:
            idle.send(request("GET", "/healthz"))
            assert idle.reply().status == 200
            head, _, body = request("POST", "/sessions", body=SIGN_IN).partition(b"\r\n\r\n")
            under_way.send(head + b"\r\n\r\n" + body[:10])
            server.signal(wish)
            assert idle.is_closed()
            under_way.send(body[10:])
            answer = under_way.reply()
            assert (answer.status, answer.code, answer.headers["connection"]) == (401, "bad_credentials", "close")
            assert under_way.is_closed()
        assert server.end() == 0
        with pytest.raises(ConnectionRefusedError):
            Wire(port)


def test_workers_share_a_socket_and_one_that_is_killed_or_renewed_is_replaced(tmp_path: Path) -> None:
    empty_portal(tmp_path)
    secret = {"PORTALCTL_TOKEN": "canary-token"}
    with started(tmp_path, "--port", "0", "--workers", "2", environment=secret) as server:
        port = server.port
        for _ in range(8):
            _ready(port)
        first = server.workers()
        assert len(first) == 2
        assert b"canary" not in Path(f"/proc/{first[0]}/environ").read_bytes()
        os.kill(first[0], signal.SIGKILL)
        server.wait(lambda: len(server.workers()) == 2 and first[0] not in server.workers())
        assert ask(port, request("GET", "/healthz")).status == 200
        told = ask(port, request("GET", "/metrics")).body.decode()
        assert re.search(r'portal_requests_total{operation="server.ready",status="200"} 8\.0', told)
        server.signal(signal.SIGHUP)
        server.wait(lambda: not set(server.workers()[-2:]) & {first[1]} and len(_started(server.lines)) == 5)
        assert ask(port, request("GET", "/healthz")).status == 200
        assert server.stop() == 0
    for pid in _started(server.lines):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_when_nobody_looks_after_them_any_more(tmp_path: Path) -> None:
    empty_portal(tmp_path)
    with started(tmp_path, "--port", "0", "--workers", "1", environment={"PORTALCTL_SUPERVISOR": "1"}) as orphan:
        assert orphan.end() == 0


def test_of_two_servers_at_one_address_one_stops_and_nobody_notices(tmp_path: Path) -> None:
    """Started apart, on a socket that both inherit: what waits in its queue is taken by the one that is left."""
    empty_portal(tmp_path)
    with listening() as listener:
        options = ("--fd", str(listener.fileno()))
        with (
            started(tmp_path, *options, fds=(listener.fileno(),)) as one,
            started(tmp_path, *options, fds=(listener.fileno(),)) as other,
        ):
            port = one.port
            assert other.port == port
            answers: list[int] = []
            is_over = threading.Event()

            def go_on_asking() -> None:
                while not is_over.is_set():
                    with suppress(EOFError):
                        answers.append(ask(port, request("GET", "/readyz", {"Connection": "close"})).status)
                        continue
                    answers.append(0)

            asking = [threading.Thread(target=go_on_asking) for _ in range(4)]
            for thread in asking:
                thread.start()
            try:
                _until(lambda: len(answers) > 50)
                assert one.stop() == 0
                after = len(answers)
                _until(lambda: len(answers) > after + 50)
            finally:
                is_over.set()
                for thread in asking:
                    thread.join()
            assert set(answers) == {200}
            assert other.stop() == 0


def test_without_its_libraries_it_says_which_extra_brings_them(tmp_path: Path) -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from portalctl.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve"],
        env={**os.environ, "PORTALCTL_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'portalctl[server]'" in done.stderr


def _started(lines: list[dict[str, object]]) -> list[int]:
    return [int(str(line["pid"])) for line in lines if line.get("event") == "worker started"]


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)
