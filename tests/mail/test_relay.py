"""The relay: how it is named, that nobody listens in on its password, and how long it may take."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from portalctl import errors
from portalctl.mail import smtp
from portalctl.mail.dispatch import send_due
from portalctl.mail.smtp import Fate, Relay
from portalctl.models.outbox import Delivery
from tests.backends.conftest import Authority
from tests.mail.practice import Practice
from tests.mail.relay import MailServer, mail_server
from tests.mail.test_messages import letter

FAR = "mail.example.com"
"""A relay on another machine, as far as the portal knows."""


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port"),
    [
        ("smtp://localhost", "smtp", "localhost", 25),
        ("smtp://mail.example.com:2525/", "smtp", "mail.example.com", 2525),
        ("smtps://mail.example.com", "smtps", "mail.example.com", 465),
        ("smtp+starttls://mail.example.com", "smtp+starttls", "mail.example.com", 587),
        ("smtp://[::1]:25", "smtp", "::1", 25),
    ],
)
def test_a_relay_is_named_by_a_url(url: str, scheme: str, host: str, port: int) -> None:
    assert Relay.at(url) == (scheme, host, port, None, None)


@pytest.mark.parametrize(
    "url", ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:x", "smtp://h/path", "smtp://[h"]
)
def test_what_is_no_relay_is_refused(url: str) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        Relay.at(url)
    assert "smtps://HOST:PORT" in (refused.value.hint or "")


@pytest.mark.parametrize("secret", ["rossi:hunter2@", "rossi@", ":hunter2@"])
def test_a_password_in_the_url_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        Relay.at(f"smtp://{secret}mail.example.com")
    assert "hunter2" not in f"{refused.value.message} {refused.value.hint}"
    assert "PORTALCTL_SMTP_PASSWORD" in (refused.value.hint or "")


def test_a_user_without_a_password_is_refused() -> None:
    with pytest.raises(errors.InvalidInput):
        Relay.at("smtp://localhost", "rossi")


def test_a_relay_shows_no_password() -> None:
    assert "hunter2" not in repr(Relay.at("smtp://localhost", "rossi", "hunter2"))


def given(relay: Relay) -> None:
    """Hand one letter over."""
    connection = relay.connect()
    assert connection.give(letter(), "rossi@example.com", "anna@example.com").fate is Fate.TAKEN
    connection.close()


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to this machine, which the portal does not know."""
    ask = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        return ask("127.0.0.1" if host == FAR else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def at_far(server: MailServer, scheme: str = "smtp") -> str:
    """The server under its other name."""
    return f"{scheme}://{FAR}:{server.url.rpartition(':')[2]}"


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The tests' own authority, believed by this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.mark.usefixtures("far")
def test_tls_is_used_where_it_is_offered(trusted: Authority) -> None:
    with mail_server(tls=trusted.server(trusted.ca.issue_cert(FAR))) as server:
        given(Relay.at(at_far(server)))
        assert server.secure == [True]


@pytest.mark.usefixtures("far")
def test_without_a_password_a_relay_that_offers_no_tls_gets_mail_all_the_same() -> None:
    with mail_server() as server:
        given(Relay.at(at_far(server)))
        assert server.secure == [False]


@pytest.mark.usefixtures("far")
@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls"])
def test_no_password_is_sent_to_another_machine_without_tls(scheme: str) -> None:
    """Also not when somebody in between has struck the offer out."""
    with mail_server(sign_in=True) as server:
        with pytest.raises(errors.NetworkFailure, match="STARTTLS"):
            Relay.at(at_far(server, scheme), "rossi", "right").connect()
        assert server.logins == []


@pytest.mark.usefixtures("far")
def test_a_relay_whose_certificate_nobody_vouches_for_gets_neither_password_nor_mail(authority: Authority) -> None:
    with mail_server(tls=authority.server(authority.ca.issue_cert(FAR)), sign_in=True) as server:
        with pytest.raises(errors.NetworkFailure, match="certificate"):
            Relay.at(at_far(server), "rossi", "right").connect()
        assert server.logins == []


@pytest.mark.usefixtures("far")
def test_a_relay_with_a_certificate_for_another_name_is_refused(trusted: Authority) -> None:
    with (
        mail_server(tls=trusted.server(trusted.ca.issue_cert("other.example.com"))) as server,
        pytest.raises(errors.NetworkFailure, match="certificate"),
    ):
        Relay.at(at_far(server)).connect()


@pytest.mark.usefixtures("far")
@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls"])
def test_behind_tls_the_portal_signs_in(trusted: Authority, scheme: str) -> None:
    with mail_server(tls=trusted.server(trusted.ca.issue_cert(FAR)), sign_in=True) as server:
        given(Relay.at(at_far(server, scheme), "rossi", "right"))
        assert server.logins == [("rossi", "right")]
        assert server.secure == [True]


def test_tls_from_the_start(trusted: Authority) -> None:
    with mail_server(tls=trusted.server(), from_the_start=True) as server:
        given(Relay.at(server.url.replace("smtp://127.0.0.1", "smtps://localhost")))
        assert len(server.taken) == 1


def test_a_wrong_password_is_said_and_costs_no_letter(practice: Practice) -> None:
    practice.invite()
    with mail_server(sign_in=True) as server:
        with pytest.raises(errors.NetworkFailure, match="535") as refused:
            smtp_send(practice, Relay.at(server.url, "rossi", "hunter2"))
        assert "hunter2" not in refused.value.message
        assert practice.letter()["state"] == "waiting"
        assert "hunter2" not in str(practice.letters())
        practice.advance(minutes=1)
        assert smtp_send(practice, Relay.at(server.url, "rossi", "right")).sent == 1


def smtp_send(practice: Practice, relay: Relay) -> Delivery:
    """A round through a relay that is signed in to."""
    return send_due(practice.office, relay)


@contextmanager
def silent(greeting: bytes = b"") -> Iterator[str]:
    """A server that says its greeting, and nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ends = threading.Event()

        def serve() -> None:
            accepted, _ = listening.accept()
            with accepted:
                accepted.sendall(greeting)
                ends.wait(30)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ends.set()
            thread.join(30)


@pytest.mark.parametrize("greeting", [b"", b"220 relay.example.com\r\n"])
def test_a_relay_that_says_nothing_is_not_waited_for_for_ever(
    greeting: bytes, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    practice.invite()
    with silent(greeting) as url, pytest.raises(errors.NetworkFailure, match="in time"):
        practice.send(url)
    assert practice.letter()["state"] == "waiting"


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 10_000, b"554 go away\r\n"])
def test_what_is_no_relay_costs_no_letter(greeting: bytes, practice: Practice) -> None:
    practice.invite()
    with silent(greeting) as url, pytest.raises(errors.NetworkFailure):
        practice.send(url)
    assert practice.letter()["state"] == "waiting"


def test_a_relay_on_this_machine_needs_no_certificate(authority: Authority) -> None:
    """Nobody is in between: the one that a system brings along has often one that it signed itself."""
    with mail_server(tls=authority.server()) as server:
        given(Relay.at(server.url))
        assert server.secure == [False]


def test_what_a_relay_says_is_kept_short(practice: Practice, relay: MailServer) -> None:
    practice.invite()
    relay.answers["RCPT"] = ["550 " + "no " * 150]
    practice.send(relay.url)
    assert len(practice.letter()["last_error"]) <= 300
