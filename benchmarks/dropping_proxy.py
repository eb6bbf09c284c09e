"""A proxy on loopback that lets a request through and loses the answer: it was done, and nobody hears of it."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from typing import BinaryIO, Literal, NamedTuple

Manner = Literal["hang up", "reset", "cut"]
MANNERS: tuple[Manner, ...] = ("hang up", "reset", "cut")
"""How an answer is lost: the connection ends without a byte, is reset, or ends in the middle of the answer."""

PATIENCE = 60.0
"""Seconds after which a peer that says nothing is given up."""


class Message(NamedTuple):
    """One HTTP request or answer, whole."""

    head: bytes
    body: bytes


class DroppingProxy:
    """Passes HTTP/1.1 on to one address. `dropped` counts the answers that it lost, `passed` those it handed on."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.dropped = 0
        self.passed = 0
        self._upstream = upstream
        self._to_drop = 0
        self._manners = cycle(MANNERS)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        """Where clients come."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def drop(self, answers: int = 1) -> None:
        """Lose so many of the coming answers, in turn in each manner."""
        with self._lock:
            self._to_drop = answers

    def serve(self) -> None:
        """Take connections until the proxy is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Take no more, and end every connection."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def on_the_way(self, request: Message) -> Message:
        """What the server is given of a request: all of it."""
        return request

    def on_the_way_back(self, request: Message, answer: Message) -> Message:  # noqa: ARG002  for whoever overrides it
        """What the client is given of the answer: all of it."""
        return answer

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._upstream, PATIENCE) as server, suppress(OSError):
            client.settimeout(PATIENCE)
            with self._lock:
                self._open |= {client, server}
            asking, answering = client.makefile("rb"), server.makefile("rb")
            while (request := read_message(asking)) is not None:
                request = self.on_the_way(request)
                server.sendall(request.head + request.body)
                answer = read_message(answering)
                if answer is None or self._loses(client, answer):
                    break
                answer = self.on_the_way_back(request, answer)
                client.sendall(answer.head + answer.body)
                if b"\r\nconnection: close" in answer.head.lower():
                    break
        with self._lock:
            self._open -= {client, server}

    def _loses(self, client: socket.socket, answer: Message) -> bool:
        with self._lock:
            if self._to_drop == 0:
                self.passed += 1
                return False
            self._to_drop -= 1
            self.dropped += 1
            manner = next(self._manners)
        if manner == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif manner == "cut":
            client.sendall(answer.head + answer.body[: len(answer.body) // 2] if answer.body else answer.head[:-2])
        return True


@contextmanager
def dropping_proxy(port: int) -> Iterator[DroppingProxy]:
    """A proxy in threads of this process, before a server on a port of 127.0.0.1."""
    proxy = DroppingProxy(("127.0.0.1", port))
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()


def _to_the_end_of_head(stream: BinaryIO, lines: list[bytes]) -> bytes:
    while lines[-1] not in (b"\r\n", b""):
        lines.append(stream.readline())
    return b"".join(lines)


def _chunks(stream: BinaryIO) -> bytes:
    """A body in chunks, as it travels. Raises OSError where it breaks off."""
    found = bytearray()
    while True:
        line = stream.readline()
        length = int(line.partition(b";")[0] or b"0", 16)
        content = stream.read(length + 2)
        if len(content) < length + 2:
            raise ConnectionResetError("ended within a chunk")
        found += line + content
        if not length:
            return bytes(found)


def read_message(stream: BinaryIO) -> Message | None:
    """The next message of a stream, None at its end. Raises OSError where it breaks off."""
    lines: list[bytes] = []
    length = 0
    while True:
        line: bytes = stream.readline()
        if not line:
            if lines:
                raise ConnectionResetError("ended within a message")
            return None
        lines.append(line)
        if line == b"\r\n":
            break
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if name.lower() == b"transfer-encoding":
            return Message(_to_the_end_of_head(stream, lines), _chunks(stream))
    body: bytes = stream.read(length) if length else b""
    if len(body) < length:
        raise ConnectionResetError("ended within a body")
    return Message(b"".join(lines), body)
