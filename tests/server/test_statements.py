"""What a request asks of PostgreSQL, counted where it passes by on its way to the server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, quote, urlsplit

from benchmarks.hosted import new_practice
from benchmarks.portals import midnight
from portalctl.domain.slot_ids import SlotKey, encode
from tests.server.raw import ask, request
from tests.serving import serving

DAY = 86_400
SIMPLE, EXECUTE = b"Q", b"E"
"""The protocol's messages that have a statement executed: a text, and one that was prepared."""


class Passage:
    """A way to PostgreSQL on which everything that is executed is noted: texts as they are, prepared ones as `$`."""

    def __init__(self, folder: Path, upstream: Path) -> None:
        self.executed: list[str] = []
        self._upstream = upstream
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / ".s.PGSQL.5432"))
        self._listening.listen()

    def serve(self) -> None:
        """Take connections until it is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._upstream / ".s.PGSQL.5432"))
                threading.Thread(target=self._there, args=(client, server), daemon=True).start()
                threading.Thread(target=_back, args=(server, client), daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _there(self, client: socket.socket, server: socket.socket) -> None:
        with client.makefile("rb") as asked, server, suppress(OSError):
            head = asked.read(4)
            server.sendall(head + asked.read(int.from_bytes(head) - 4))
            while kind := asked.read(1):
                size = asked.read(4)
                content = asked.read(int.from_bytes(size) - 4)
                if kind in (SIMPLE, EXECUTE):
                    self.executed.append(content.rstrip(b"\0").decode() if kind == SIMPLE else "$")
                server.sendall(kind + size + content)


def _back(server: socket.socket, client: socket.socket) -> None:
    with client, suppress(OSError):
        while content := server.recv(1 << 16):
            client.sendall(content)


@contextmanager
def passage(url: str) -> Iterator[tuple[Passage, str]]:
    """A way to the database of a URL, and the URL of that way."""
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    with TemporaryDirectory(prefix="pg-", dir="/tmp") as place:
        found = Passage(Path(place), Path(folder))
        thread = threading.Thread(target=found.serve)
        thread.start()
        try:
            yield found, url.replace(quote(folder, safe=""), quote(place, safe=""))
        finally:
            found.close()
            thread.join()


def test_a_signed_in_read_is_two_statements_in_one_transaction(postgres_url: str) -> None:
    practice = new_practice(postgres_url, practitioners=1, clients=1, minutes=30)
    _, token = practice.clients[0]
    signed_in = {"Authorization": f"Bearer {token}"}
    slot = encode(SlotKey(practice.service, practice.practitioners[0], midnight() + 3 * DAY))
    listing = request("GET", "/appointments?when=upcoming&limit=20", signed_in)
    with passage(postgres_url) as (way, url), serving(url) as server:
        ask(server.port, request("POST", "/appointments", signed_in, b'{"slot": "%s"}' % slot.encode()))
        ask(server.port, listing)
        way.executed.clear()
        reply = ask(server.port, listing)
        executed = list(way.executed)
    assert len(reply.json()["items"]) == 1
    assert executed == ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "$", "$", "COMMIT"]
