"""What goes over the wire byte by byte: requests that no client library would send, and what comes back."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple

PATIENCE = 30.0
"""Seconds that an answer may take on a machine that is busy."""


class Reply(NamedTuple):
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a problem."""
        code: str = json.loads(self.body)["code"]
        return code

    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


class Wire:
    """A connection to a server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._rest = b""

    def __enter__(self) -> Wire:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, content: bytes) -> None:
        """Send; that the server has hung up is found out when reading."""
        try:
            self._socket.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            return

    def reply(self, *, to_head: bool = False) -> Reply:
        """The next answer, whole. Raises EOFError when the server hung up instead."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if to_head else int(headers.get("content-length", "0"))
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return Reply(int(first.split(" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Whether the server hangs up without another word; waits for it."""
        try:
            return not self._rest and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until(self, end: bytes) -> bytes:
        while end not in self._rest:
            self._more()
        found, self._rest = self._rest[: self._rest.index(end) + len(end)], self._rest.partition(end)[2]
        return found

    def _more(self) -> None:
        try:
            found = self._socket.recv(65536)
        except ConnectionResetError:
            found = b""
        if not found:
            raise EOFError("the server hung up")
        self._rest += found


def ask(port: int, content: bytes) -> Reply:
    """The answer to one request on a connection of its own."""
    with Wire(port) as wire:
        wire.send(content)
        return wire.reply(to_head=content.startswith(b"HEAD"))


def request(
    method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None, version: str = "1.1"
) -> bytes:
    """A request as a client would write it."""
    given = {"Host": "127.0.0.1", **(headers or {})}
    if body is not None:
        given = {"Content-Type": "application/json", "Content-Length": str(len(body)), **given}
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (body or b"")
