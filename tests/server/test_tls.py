"""TLS of the server's own: nothing older than 1.2, and browsers are told to come back by it alone."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import trustme

from portalctl import errors
from portalctl.server.running import tls
from tests.domain.house import House
from tests.server.conftest import Served, served_copy
from tests.server.raw import Wire, request

Authority = tuple[ssl.SSLContext, Served]


@pytest.fixture(scope="module")
def secured(furnished: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """A server with a certificate, and the context of a client that believes in it."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with served_copy(furnished, folder, certificate=(chain, key)) as served:
        yield context, served


def test_it_answers_over_tls_and_says_to_stay_with_it(secured: Authority) -> None:
    context, served = secured
    token = {"Authorization": f"Bearer {served.house.tokens['client']}"}
    with urlopen(Request(f"{served.serving.url}/practice", headers=token), context=context) as answer:  # noqa: S310  https
        assert answer.status == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_nothing_older_than_tls_1_2_is_spoken(secured: Authority) -> None:
    _, served = secured
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(OSError, match=r"(?i)version|protocol|alert"), urlopen(served.serving.url, context=old):  # noqa: S310
        pass


def test_plain_http_gets_no_answer(secured: Authority) -> None:
    with Wire(secured[1].serving.port) as wire:
        wire.send(request("GET", "/practice"))
        with pytest.raises(EOFError):
            wire.reply()


def test_what_is_no_certificate_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    for certificate in (tmp_path / "cert.pem", tmp_path / "none.pem"):
        with pytest.raises(errors.InvalidInput, match=certificate.name):
            tls(certificate, certificate)
