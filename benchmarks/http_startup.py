"""How long a command takes on a portal server, against the least that asking it once can cost.

    python -m benchmarks.http_startup [--rounds 21]

Serves a portal of 20 appointments from a process of its own, over HTTP and over TLS, prints a table and exits with 1
when the target is missed. The server's own answer time is within both sides of each line, and is printed by itself.
"""

from __future__ import annotations

import argparse
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

import trustme

from benchmarks.hosted import PATIENCE, Hosts
from benchmarks.portals import (
    Booking,
    Sample,
    add_appointments,
    add_clients,
    add_practitioners,
    filling,
    keep,
    midnight,
    new_portal,
    sign_in_client,
)
from benchmarks.timing import Figure, Process, compile_all, finish, fixed, medians, portalctl, program

APPOINTMENTS = 20
MINUTES = 50
TARGET = 1.3
ANSWERS = 100
"""How many answers the server's own time is the median of."""

FLOOR = "`benchmarks/floor_http.py`"
LIST = "`appointments list --json`"
WHOAMI = "`whoami --json`"


def main() -> int:
    """Serve, measure, print."""
    parser = argparse.ArgumentParser(description="Measure how long portalctl takes on a portal server.")
    parser.add_argument("--rounds", type=int, default=21, help="how often each command runs (at least 15)")
    options = parser.parse_args()
    compile_all()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        sample, token = _portal(Path(folder, "home"))
        certificate, authority = _certificate(Path(folder))
        for options_of_server, ca_file, scheme in (
            ((), "", "HTTP"),
            (("--tls-cert", certificate, "--tls-key", certificate), authority, "TLS"),
        ):
            with _served(sample, Path(folder, scheme), *options_of_server, scheme=scheme) as url:
                took = medians(_processes(sample, url, token, ca_file), max(15, options.rounds))
                print(f"Over {scheme} the server's own answer takes {1000 * _answer(url, token, ca_file):.1f} ms.")
            figures += [
                Figure(f"{LIST}, over {scheme}", took[LIST], FLOOR, took[FLOOR], TARGET),
                Figure(f"{WHOAMI}, over {scheme}", took[WHOAMI], FLOOR, took[FLOOR], None),
            ]
    return finish(figures)


def _processes(sample: Sample, url: str, token: str, ca_file: str) -> dict[str, Process]:
    """Each with the session in the environment, so that both sides find it alike."""
    home = {"PORTALCTL_HOME": str(sample.home), "PORTALCTL_PROFILE": "served"}
    keep(sample._replace(url=url), "served", token)
    trusted = {"PORTALCTL_CA_FILE": ca_file} if ca_file else {}
    floor = "from benchmarks.floor_http import app; app()"
    return {
        FLOOR: fixed(sys.executable, "-c", floor, url, token, ca_file),
        LIST: portalctl("appointments", "list", "--json", **home, **trusted),
        WHOAMI: portalctl("whoami", "--json", **home, **trusted),
    }


def _portal(home: Path) -> tuple[Sample, str]:
    sample = new_portal(home, minutes=MINUTES)
    with filling(sample) as tx:
        (practitioner,) = add_practitioners(tx, sample, 1, "09:00-17:00")
        (client,) = add_clients(tx, 1)
        starts = [midnight() + 86_400 * (1 + day) + 9 * 3600 for day in range(APPOINTMENTS)]
        add_appointments(tx, sample, [Booking(client, practitioner, start) for start in starts], MINUTES)
        token = sign_in_client(tx, client)
    return sample, token


def _certificate(folder: Path) -> tuple[str, str]:
    """A file with a certificate for this machine and its key, and its authority's file."""
    ca, both, authority = trustme.CA(), folder / "server.pem", folder / "authority.pem"
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(both))
    both.chmod(0o600)
    ca.cert_pem.write_to_path(str(authority))
    return str(both), str(authority)


@contextmanager
def _served(sample: Sample, home: Path, *options: str, scheme: str) -> Iterator[str]:
    """The URL of a process that serves the sample."""
    home.mkdir()
    server = Hosts(sample.url, home, [*program(), "serve", *options])
    try:
        server.start()
        _wait_for(server)
        yield f"{'https' if scheme == 'TLS' else 'http'}://127.0.0.1:{server.port}"
    finally:
        server.stop()


def _wait_for(server: Hosts) -> None:
    """Until the server answers or hangs up: its socket takes connections long before that."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        server.check()
        with suppress(TimeoutError), socket.create_connection(("127.0.0.1", server.port), 1) as connection:
            with suppress(ConnectionResetError):
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                connection.recv(1)
            return
    raise TimeoutError("the server did not become ready")


def _answer(url: str, token: str, ca_file: str) -> float:
    """Median seconds of the whole request as a plain program of Python's own sends it, a connection for each."""
    context = ssl.create_default_context(cafile=ca_file) if ca_file else None
    request = Request(f"{url}/appointments?limit=20", headers={"Authorization": f"Bearer {token}"})  # noqa: S310  ours
    seconds = []
    for _ in range(ANSWERS):
        begin = time.perf_counter()
        with urlopen(request, timeout=PATIENCE, context=context) as answer:  # noqa: S310  on loopback
            answer.read()
        seconds.append(time.perf_counter() - begin)
    return median(seconds)


if __name__ == "__main__":
    sys.exit(main())
