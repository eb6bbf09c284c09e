"""TLS is checked, always: who is not proved to be the portal gets nothing, and the line says why."""

from __future__ import annotations

import re
import socket
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from portalctl import errors
from tests.backends.conftest import Authority
from tests.backends.hostile import IDENTITY, NOW, SHORT, hostile, reaching, record, reply
from tests.surface import commands, options_of

A_DAY = timedelta(days=1)


def refusal(tls: ssl.SSLContext, ca_file: Path | None) -> errors.NetworkFailure:
    """How `whoami` fails at a server with this side of TLS; nothing of the request reached it."""
    believed = str(ca_file) if ca_file else None
    with hostile(record(IDENTITY), tls=tls) as server:
        with reaching(server, ca_file=believed) as portal, pytest.raises(errors.NetworkFailure) as caught:
            portal.sessions.who_am_i()
        assert not [request for request in server.requests if b"a-token" in request]
    assert caught.value.exit_code == 7
    assert re.match(r"the certificate of localhost:\d+ is not to be trusted: ", caught.value.message)
    return caught.value


def test_a_server_that_the_named_authority_vouches_for_is_believed(authority: Authority) -> None:
    tls, ca_file = authority.server(), str(authority.file)
    with hostile(record(IDENTITY), tls=tls) as server, reaching(server, ca_file=ca_file) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi"


def test_an_authority_may_be_named_by_the_environment_as_other_programs_take_it(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with hostile(record(IDENTITY), tls=authority.server()) as server, reaching(server) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi"


def test_a_server_that_vouches_for_itself_is_refused(authority: Authority) -> None:
    failure = refusal(authority.server(), None)
    assert "certificate" in failure.message
    assert "--ca-file" in (failure.hint or "")


def test_the_named_authority_is_believed_alone(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    refusal(authority.server(), other.file)


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    failure = refusal(authority.server(authority.ca.issue_cert("other.example.com")), authority.file)
    assert "'localhost'" in failure.message


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        pytest.param(timedelta(days=-30), timedelta(days=-1), id="expired"),
        pytest.param(timedelta(days=1), timedelta(days=30), id="not yet valid"),
    ],
)
def test_a_certificate_of_another_time_is_refused_and_both_clocks_are_told(
    authority: Authority, begins: timedelta, ends: timedelta
) -> None:
    """A certificate looks wrong, too, where this machine's clock is."""
    now = datetime.now(UTC)
    leaf = trustme_leaf(authority, now + begins, now + ends)
    answer = reply("", 200, "", Date="Mon, 02 Mar 2020 08:00:00 GMT")
    with hostile(answer, tls=authority.server(leaf)) as server:
        with reaching(server, ca_file=str(authority.file)) as portal, pytest.raises(errors.NetworkFailure) as caught:
            portal.sessions.who_am_i()
        assert not [request for request in server.requests if b"a-token" in request]
    assert f"this machine's clock says {NOW:%Y-%m-%d %H:%M} UTC" in caught.value.message
    assert "the server's, unproved, Mon, 02 Mar 2020 08:00:00 GMT" in caught.value.message


def trustme_leaf(authority: Authority, begins: datetime, ends: datetime) -> trustme.LeafCert:
    """A certificate for localhost of a time of its own."""
    return authority.ca.issue_cert("localhost", not_before=begins, not_after=ends)


def test_a_revoked_certificate_is_refused_where_the_authoritys_file_lists_it(
    authority: Authority, tmp_path: Path
) -> None:
    leaf = authority.ca.issue_cert("localhost")
    serial = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes()).serial_number
    both = tmp_path / "authority-and-list.pem"
    both.write_bytes(authority.ca.cert_pem.bytes() + revocations(authority.ca, serial))
    assert "revoked" in refusal(authority.server(leaf), both).message
    with hostile(record(IDENTITY), tls=authority.server()) as server, reaching(server, ca_file=str(both)) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi", "another one of the authority's is not on the list"


def revocations(ca: trustme.CA, serial: int) -> bytes:
    """The authority's list of revoked certificates, with one on it."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(ca.private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.now(UTC)
    revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - A_DAY).build()
    authority = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    issuer = x509.CertificateRevocationListBuilder().issuer_name(authority.subject)
    listing = issuer.last_update(now - A_DAY).next_update(now + A_DAY).add_revoked_certificate(revoked)
    return listing.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_tls_older_than_1_2_is_not_spoken(authority: Authority) -> None:
    context = authority.server()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with hostile(record(IDENTITY), tls=context) as server:
        with reaching(server, ca_file=str(authority.file)) as portal, pytest.raises(errors.NetworkFailure) as caught:
            portal.sessions.who_am_i()
        assert server.requests == []
    assert "does not speak TLS as it should" in caught.value.message
    assert "version" in caught.value.message


def test_a_server_without_tls_is_told_from_one_with_it() -> None:
    without = pytest.raises(errors.NetworkFailure, match="does not speak TLS")
    with hostile(record(IDENTITY)) as server, reaching(f"https://localhost:{server.port}") as portal, without:
        portal.sessions.who_am_i()


@pytest.mark.usefixtures("without_pauses")
def test_a_server_that_is_silent_within_the_handshake_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        given_up = pytest.raises(errors.NetworkFailure, match="took no connection")
        with reaching(url, patience=SHORT._replace(connect=0.3)) as portal, given_up:
            portal.sessions.who_am_i()


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"\xff\x00"])
def test_an_authoritys_file_that_is_none_is_refused_by_its_name(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with reaching("https://localhost:1", ca_file=str(file)) as portal, pytest.raises(errors.InvalidInput) as caught:
        portal.sessions.who_am_i()
    assert str(file) in caught.value.message


def test_no_option_leaves_the_check_out() -> None:
    """Not under any of the names that programs have for it. --trust-ids is about clients, not about servers."""
    every = {option for command in commands().values() for option in options_of(command)}
    assert "--ca-file" in every
    found = [name for name in every if any(word in name for word in ("insecure", "verify", "trust", "skip-tls"))]
    assert found == ["--trust-ids"]
