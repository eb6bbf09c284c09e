"""A server sends its portal's mail by itself, whatever befalls the relay, and stops between two letters."""

from __future__ import annotations

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portalctl.mail.smtp import Relay
from portalctl.server.logs import make_log
from portalctl.server.mailing import Mailing
from tests.domain.conftest import FakeClock
from tests.mail.practice import Practice, practising
from tests.mail.relay import MailServer, mail_server
from tests.server.raw import PATIENCE


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    """A practice whose mail waits."""
    with practising(f"sqlite://{tmp_path / 'portal.db'}", FakeClock()) as practice:
        yield practice


@pytest.fixture
def relay() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as server:
        yield server


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_is_due_is_sent_without_anybody_asking(practice: Practice, relay: MailServer) -> None:
    log = io.BytesIO()
    mailing = Mailing(practice.office, Relay.at(relay.url), make_log(log), pause=0.01)
    mailing.start()
    practice.invite()
    _until(lambda: [row["state"] for row in practice.letters()] == ["sent"])
    mailing.stop()
    assert not mailing.is_alive()
    assert len(relay.to("anna@example.com")) == 1
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["sent"] for line in told] == [1]
    assert b"anna" not in log.getvalue().lower()


def test_a_relay_that_is_away_is_told_of_and_waited_for(practice: Practice, relay: MailServer) -> None:
    practice.invite()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        log = io.BytesIO()
        away = Relay.at(f"smtp://127.0.0.1:{nobody.getsockname()[1]}")
        mailing = Mailing(practice.office, away, make_log(log), pause=0.01)
        mailing.start()
        _until(lambda: b"network_failed" in log.getvalue())
        mailing.stop()
    practice.advance(hours=1)
    again = Mailing(practice.office, Relay.at(relay.url), make_log(io.BytesIO()), pause=0.01)
    again.start()
    _until(lambda: len(relay.taken) == 1)
    again.stop()


def test_it_stops_between_two_letters(practice: Practice, relay: MailServer) -> None:
    practice.fill(20)
    mailing = Mailing(practice.office, Relay.at(relay.url), make_log(io.BytesIO()), pause=0.01)
    mailing.start()
    _until(lambda: len(relay.taken) >= 2)
    mailing.stop()
    states = [row["state"] for row in practice.letters()]
    assert states.count("sent") == len(relay.taken)
    assert set(states) <= {"sent", "waiting"}
