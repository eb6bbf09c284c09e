"""`portalctl practice outbox` and `password reset --email`: mail of a portal in a file, sent by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.cli.live import PATIENCE, Program
from tests.mail.relay import MailServer, mail_server

NEW = "violet anchor thunder pencil"
OWNER = {"profile": "practice"}


@pytest.fixture
def relay() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as server:
        yield server


def text_of(message: EmailMessage) -> str:
    """The words of a message."""
    part = message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def letters(cli: Cli, *options: str) -> Any:
    """The outbox as JSON."""
    return cli.ok("practice", "outbox", "list", "--json", *options, **OWNER).data


def booked(cli: Cli) -> None:
    """Anna books a visit."""
    slot = cli.ok(
        *("appointments", "slots", "--service", "First visit", "--from", "2026-03-05", "--limit", "1", "--json"),
        profile="anna",
    ).data[0]
    cli.ok("appointments", "book", slot["id"], profile="anna")


def test_the_outbox_is_listed_newest_first_by_state(cli: Cli) -> None:
    cli.advance(minutes=1)
    booked(cli)
    kinds = [letter["kind"] for letter in letters(cli)]
    assert sorted(kinds[:3]) == ["booked", "booked", "reminder"]
    assert kinds[3:] == ["invite"] * 2
    assert letters(cli, "--state", "sent") == []
    table = cli.ok("practice", "outbox", "list", "--limit", "3", **OWNER)
    assert "waiting" in table.out
    assert "anna@example.com" in table.out
    assert "more with --limit" in table.err


def test_an_unknown_state_is_refused_with_those_there_are(cli: Cli) -> None:
    refused = cli("practice", "outbox", "list", "--state", "lost", **OWNER)
    assert refused.code == 2
    assert "'waiting', 'sent', 'dropped' or 'failed'" in refused.err


def test_a_letter_is_shown_as_it_would_be_sent_without_its_link(cli: Cli) -> None:
    link = cli.ok("practice", "invite", "cara@example.com", "--name", "Cara \u202eNeri", **OWNER).out.strip()
    letter = next(each for each in letters(cli) if each["recipient"] == "cara@example.com")
    shown = cli.ok("practice", "outbox", "show", letter["id"], **OWNER).out
    assert "Studio Rossi invites you to its portal" in shown
    assert "\nHello Cara \\u202eNeri,\n" in shown
    assert "(the link is not shown)" in shown
    data = cli.ok("practice", "outbox", "show", letter["id"][:9], "--json", **OWNER).data
    assert link.rpartition(".")[2] not in shown + data["text"]
    assert cli("practice", "outbox", "show", "out_zzzzzzzzzzzz", **OWNER).code == 3


def test_the_outbox_is_not_for_clients(cli: Cli) -> None:
    for words in (("list",), ("show", "out_7k2m9x4qv3bd"), ("send", "--smtp", "smtp://127.0.0.1:1")):
        assert cli("practice", "outbox", *words, profile="anna").code == 5


def test_sending_says_what_the_round_came_to(cli: Cli, relay: MailServer) -> None:
    booked(cli)
    came_to = cli.ok("practice", "outbox", "send", "--smtp", relay.url, "--json", **OWNER)
    assert came_to.data == {"sent": 2, "dropped": 2, "postponed": 0, "failed": 0}
    assert sorted(to[0] for _, to in relay.envelopes) == ["anna@example.com", "rossi@example.com"]
    assert {letter["state"] for letter in letters(cli)} == {"sent", "dropped", "waiting"}
    cli.environment["PORTALCTL_SMTP"] = relay.url
    assert cli.ok("practice", "outbox", "send", "--json", **OWNER).data["sent"] == 0


def test_what_the_relay_puts_off_is_told(cli: Cli, relay: MailServer) -> None:
    booked(cli)
    relay.answers["DATA"] = ["451 greylisted, come back"]
    came_to = cli.ok("practice", "outbox", "send", "--smtp", relay.url, **OWNER)
    assert came_to.out.split() == ["Sent", "1", "Dropped", "2", "Postponed", "1", "Failed", "0"]
    assert "wait for another try" in came_to.err
    (why,) = {letter["last_error"] for letter in letters(cli, "--state", "waiting") if letter["attempts"]}
    assert why == "451 greylisted, come back"


def test_without_a_relay_the_way_to_name_one_is_told(cli: Cli) -> None:
    refused = cli("practice", "outbox", "send", **OWNER)
    assert refused.code == 2
    assert "--smtp smtp://HOST:PORT, or in PORTALCTL_SMTP" in refused.err


def test_a_password_in_the_relay_url_is_refused_and_not_repeated(cli: Cli) -> None:
    refused = cli("practice", "outbox", "send", "--smtp", "smtp://rossi:hunter2@mail.example.com", **OWNER)
    assert refused.code == 2
    assert "PORTALCTL_SMTP_PASSWORD" in refused.err
    assert "hunter2" not in refused.err


def test_a_relay_that_is_not_there_is_trouble_that_may_pass(cli: Cli) -> None:
    booked(cli)
    failed = cli("practice", "outbox", "send", "--smtp", "smtp://127.0.0.1:1", **OWNER)
    assert failed.code == 7
    assert "127.0.0.1:1 cannot be used" in failed.err


def test_user_and_password_come_from_the_environment(cli: Cli) -> None:
    booked(cli)
    with mail_server(sign_in=True) as server:
        cli.environment |= {"PORTALCTL_SMTP_USER": "rossi", "PORTALCTL_SMTP_PASSWORD": "right"}
        cli.ok("practice", "outbox", "send", "--smtp", server.url, **OWNER)
        assert server.logins == [("rossi", "right")]


def test_a_process_of_its_own_sends_too(live: Program, relay: MailServer) -> None:
    live.ok("practice", "invite", "cara@example.com", "--name", "Cara", "--profile", "practice")
    done = live.run("practice", "outbox", "send", "--smtp", relay.url, "--profile", "practice")
    assert done.returncode == 0, done
    assert len(relay.to("cara@example.com")) == 1


def test_a_letter_whose_sender_is_killed_over_it_is_sent_by_the_next_one(live: Program, relay: MailServer) -> None:
    """Once the dead one's claim has run out; until then it is left alone."""
    live.ok("practice", "invite", "cara@example.com", "--name", "Cara", "--profile", "practice")
    relay.goes_on = threading.Event()
    process = live.start("practice", "outbox", "send", "--smtp", relay.url, "--profile", "practice")
    assert relay.reached.wait(PATIENCE)
    process.kill()
    process.communicate()
    relay.goes_on.set()
    later = Cli(live.home)
    later.now = datetime.now(UTC).replace(microsecond=0)
    send = ("practice", "outbox", "send", "--smtp", relay.url, "--json")
    assert later.ok(*send, **OWNER).data["sent"] == 0
    later.advance(minutes=11)
    assert later.ok(*send, **OWNER).data["sent"] == 1
    assert {letter["state"] for letter in letters(later) if letter["recipient"] == "cara@example.com"} == {"sent"}


def test_a_forgotten_password_is_set_with_the_mailed_link(cli: Cli, relay: MailServer) -> None:
    """From asking to signing in."""
    asked = cli.ok("password", "reset", "--email", "Anna@Example.com", profile="anna")
    assert asked.out == ""
    assert "If there is an account for Anna@Example.com, a link is on its way." in asked.err
    cli.ok("practice", "outbox", "send", "--smtp", relay.url, **OWNER)
    link = next(word for word in text_of(relay.to("anna@example.com")[-1]).split() if "/reset/" in word)
    cli.ok("password", "reset", "-", "--password-stdin", stdin=f"{link}\n{NEW}\n")
    assert cli("whoami", profile="anna").code == 4
    cli.ok("login", "--password-stdin", stdin=NEW, profile="anna")
    cli.advance(minutes=1)
    cli.ok("practice", "outbox", "send", "--smtp", relay.url, **OWNER)
    subjects = [message["Subject"] for message in relay.to("anna@example.com")]
    assert "Your password at Studio Rossi was changed" in subjects
    assert "A new sign-in at Studio Rossi" in subjects


def test_an_unknown_address_is_answered_alike(cli: Cli) -> None:
    known = cli.ok("password", "reset", "--email", "anna@example.com")
    unknown = cli.ok("password", "reset", "--email", "nobody@example.com")
    assert known.err.replace("anna@", "nobody@") == unknown.err


def test_asking_too_often_is_slowed_down(cli: Cli) -> None:
    for _ in range(3):
        cli.ok("password", "reset", "--email", "nobody@example.com")
    refused = cli("password", "reset", "--email", "nobody@example.com")
    assert refused.code == 7
    assert "too many of these at once" in refused.err


@pytest.mark.parametrize("more", [["-"], ["--password-stdin"], ["--password-file", "new"]])
def test_asking_for_a_link_and_using_one_are_two_steps(cli: Cli, more: list[str]) -> None:
    refused = cli("password", "reset", "--email", "anna@example.com", *more)
    assert refused.code == 2
    assert "give --email alone" in refused.err


def test_an_address_that_is_none_is_refused(cli: Cli) -> None:
    assert cli("password", "reset", "--email", "anna").code == 2
