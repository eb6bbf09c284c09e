"""Certificates of an authority made for the run, and tries without pauses between them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
import trustme


class Authority:
    """An authority that nobody believes but who names its file."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.file = folder / "authority.pem"
        self.ca.cert_pem.write_to_path(str(self.file))

    def server(self, leaf: trustme.LeafCert | None = None) -> ssl.SSLContext:
        """A server's side, by default with a certificate for localhost."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (leaf or self.ca.issue_cert("localhost")).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One for all tests: keys take long to make."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def without_pauses() -> Iterator[None]:
    """Two tries, one right after the other."""
    with stamina.set_testing(True, attempts=2):
        yield
