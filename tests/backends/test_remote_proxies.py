"""What of the environment is used: proxies and authorities, told with --debug; never .netrc, never for this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from portalctl import errors
from tests.backends.conftest import Authority
from tests.backends.hostile import IDENTITY, hostile, reaching, record

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Tunnel:
    """A proxy that takes one CONNECT, and leads it to a port of this machine whatever was asked for."""

    def __init__(self, port: int) -> None:
        self.heads: list[bytes] = []
        self._port = port
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            client, _ = self.listening.accept()
            with client, socket.create_connection(("127.0.0.1", self._port)) as server:
                self.heads.append(client.recv(65536))
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, client))
                back.start()
                _pump(client, server)
                back.join()

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self._thread.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            sink.sendall(content)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def server_behind_a_proxy(authority: Authority) -> Iterator[tuple[Tunnel, list[bytes]]]:
    """A portal that calls itself portal.example.com, and the proxy that leads there."""
    tls = authority.server(authority.ca.issue_cert("portal.example.com"))
    with hostile(record(IDENTITY), tls=tls) as server:
        tunnel = Tunnel(server.port)
        try:
            yield tunnel, server.requests
        finally:
            tunnel.close()


def test_a_proxy_of_the_environment_is_used_and_told_and_learns_no_session(
    authority: Authority, server_behind_a_proxy: tuple[Tunnel, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tunnel, requests = server_behind_a_proxy
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@{tunnel.address}")
    told: list[str] = []
    url, ca_file = "https://portal.example.com", str(authority.file)
    with reaching(url, ca_file=ca_file, trace=told.append) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi"
    (head,) = tunnel.heads
    assert head.startswith(b"CONNECT portal.example.com:443 HTTP/1.1\r\n")
    assert b"a-token" not in head
    assert b"a-token" in requests[0]
    assert told[0] == f"Through the proxy http://{tunnel.address}, as the environment says"
    assert told[1] == f"Certificates are checked against {ca_file}"


@pytest.mark.usefixtures("without_pauses")
def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("ALL_PROXY", f"http://{address}")
    with reaching("https://portal.example.com") as portal, pytest.raises(errors.NetworkFailure, match=address):
        portal.sessions.who_am_i()


def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", ".example.com")

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with reaching("https://portal.example.com") as portal, pytest.raises(errors.NetworkFailure) as caught:
        portal.sessions.who_am_i()
    assert "proxy" not in caught.value.message


def test_what_stays_on_this_machine_passes_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the session would travel in the clear."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with hostile(record(IDENTITY)) as server, reaching(server) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_refused_by_its_variable(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with reaching("https://portal.example.com") as portal, pytest.raises(errors.InvalidInput, match="proxy") as caught:
        portal.sessions.who_am_i()
    assert "HTTPS_PROXY" in (caught.value.hint or "")


def test_a_netrc_file_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".netrc"
    file.write_text("machine localhost login me password netrc-secret\n")
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(file))
    with hostile(record(IDENTITY)) as server, reaching(server, None) as portal:
        portal.sessions.who_am_i()
    assert b"authorization" not in server.requests[0].lower()
