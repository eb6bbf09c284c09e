"""Whoever sends or reads slowly, or not at all, keeps nobody else waiting and is let go in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.domain.house import House
from tests.server.conftest import Served, served_copy
from tests.server.raw import Wire, ask, request
from tests.serving import GENEROUS

HASTY = GENEROUS._replace(head_seconds=0.5, body_seconds=0.5, idle_seconds=1, unread_seconds=0.5, connections=40)


@pytest.fixture(scope="module")
def hasty(furnished: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with little patience and room."""
    with served_copy(furnished, tmp_path_factory.mktemp("hasty"), limits=HASTY) as served:
        yield served


def test_whoever_says_nothing_is_let_go(hasty: Served) -> None:
    with Wire(hasty.serving.port) as wire:
        assert wire.is_closed()


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(hasty: Served) -> None:
    with Wire(hasty.serving.port) as wire:
        stop = _drip(wire, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-One: " + b"a" * 10_000)
        answer = wire.reply()
        stop.set()
    assert (answer.status, answer.code) == (408, "too_slow")


def test_a_body_that_comes_byte_by_byte_is_not_waited_for(hasty: Served) -> None:
    with Wire(hasty.serving.port) as wire:
        wire.send(request("POST", "/sessions", {"Content-Length": "10000", "Content-Type": "application/json"}))
        stop = _drip(wire, b" " * 9_999)
        answer = wire.reply()
        stop.set()
    assert (answer.status, answer.code) == (408, "too_slow")


def test_empty_lines_before_a_request_buy_no_time(hasty: Served) -> None:
    with Wire(hasty.serving.port) as wire:
        stop = _drip(wire, b"\r\n" * 5_000)
        assert wire.is_closed()
        stop.set()


def test_a_connection_without_a_further_request_is_let_go(hasty: Served) -> None:
    with Wire(hasty.serving.port) as wire:
        for _ in range(2):
            wire.send(request("GET", "/healthz"))
            assert wire.reply().status == 200
        assert wire.is_closed()


def test_an_answer_that_nobody_fetches_is_given_up(hasty: Served) -> None:
    """However many were asked for at once: what waits to be written is bounded, and is dropped in the end."""
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", hasty.serving.port))
        reader.settimeout(0.05)
        until = time.monotonic() + 30
        while not _is_cut(reader):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_idle_connections_leave_room_for_others(hasty: Served) -> None:
    """Far more than the server keeps: the idle ones go, and whoever asks is answered."""
    with ExitStack() as stack:
        for _ in range(4 * HASTY.connections):
            stack.enter_context(Wire(hasty.serving.port))
        for _ in range(5):
            assert ask(hasty.serving.port, request("GET", "/healthz")).status == 200


def test_many_idle_connections_do_not_slow_others_down(shared: Served) -> None:
    token = {"Authorization": f"Bearer {shared.house.tokens['client']}"}

    def slowest() -> float:
        took = []
        with Wire(shared.serving.port) as wire:
            for _ in range(40):
                begin = time.perf_counter()
                wire.send(request("GET", "/practice", token))
                assert wire.reply().status == 200
                took.append(time.perf_counter() - begin)
        return sorted(took)[len(took) // 2]

    alone = slowest()
    with ExitStack() as stack:
        for number in range(500):
            wire = stack.enter_context(Wire(shared.serving.port))
            wire.send(b"GET / HTTP/1.1\r\nHost: " if number % 2 else b"")
        among_others = slowest()
    assert among_others < 2 * alone + 0.05


def _drip(wire: Wire, content: bytes) -> threading.Event:
    """Send byte by byte in the background until told to stop."""
    stop = threading.Event()

    def send() -> None:
        with suppress(OSError):  # the test may hang up in the middle of it
            for byte in content:
                if stop.wait(0.02):
                    return
                wire.send(bytes([byte]))

    threading.Thread(target=send, daemon=True).start()
    return stop


def _is_cut(reader: socket.socket) -> bool:
    """Ask for a long answer, without reading any: whether the connection was cut."""
    try:
        reader.sendall(request("GET", "/openapi.json") * 10)
    except TimeoutError:
        return False
    except OSError:
        return True
    return False
