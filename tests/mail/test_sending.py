"""Every letter is sent at least once, and more than once only after something failed."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.domain import delivery
from portalctl.mail.dispatch import A_ROUND, send_all, send_due
from portalctl.mail.smtp import Relay
from portalctl.models.appointments import CancelAppointment
from portalctl.models.invites import InviteReference
from portalctl.models.outbox import Delivery
from portalctl.models.sessions import RequestReset, ResetPassword
from tests.domain.booking_setup import moment, move
from tests.mail.practice import ANNA, PORTAL, Practice
from tests.mail.relay import MailServer

NINE, TEN = moment("2026-03-04 09:00"), moment("2026-03-04 10:00")
NOWHERE = "smtp://127.0.0.1:1"
MINUTE = 60


def came_to(*, sent: int = 0, dropped: int = 0, postponed: int = 0, failed: int = 0) -> Delivery:
    """What a round should have come to."""
    return Delivery(sent=sent, dropped=dropped, postponed=postponed, failed=failed)


def body(relay: MailServer, number: int = -1) -> str:
    """The text of a letter that arrived."""
    part = relay.taken[number].get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def test_what_is_due_is_sent_once_over_one_connection(everywhere: Practice, relay: MailServer) -> None:
    everywhere.fill(3)
    assert everywhere.send(relay.url) == came_to(sent=3)
    assert everywhere.send(relay.url) == came_to()
    assert relay.connections == 1
    assert Counter(to[0] for _, to in relay.envelopes) == {f"person{number}@example.com": 1 for number in range(3)}
    assert {(row["state"], row["attempts"], row["last_error"]) for row in everywhere.letters()} == {("sent", 1, None)}


def test_a_round_sends_so_many_and_leaves_the_rest(practice: Practice, relay: MailServer) -> None:
    practice.fill(3)
    assert practice.send(relay.url, limit=2) == came_to(sent=2)
    assert practice.send(relay.url, limit=2) == came_to(sent=1)


def test_by_hand_everything_is_sent_that_is_due(practice: Practice, relay: MailServer) -> None:
    practice.fill(A_ROUND + 1)
    assert send_all(practice.office, Relay.at(relay.url)) == came_to(sent=A_ROUND + 1)


def test_a_round_that_is_told_to_end_takes_no_further_letter(practice: Practice, relay: MailServer) -> None:
    practice.fill(3)
    assert send_due(practice.office, Relay.at(relay.url), is_over=lambda: bool(relay.taken)) == came_to(sent=1)


def test_a_mailed_invite_has_the_link_that_was_shown(practice: Practice, relay: MailServer) -> None:
    invite = practice.invite()
    practice.send(relay.url)
    assert invite.link in body(relay).split()
    assert invite.link.encode() in relay.raw[0]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_relay_that_asks_for_patience_is_asked_again_later(
    practice: Practice, relay: MailServer, command: str
) -> None:
    practice.invite()
    relay.answers[command] = ["451 try again later"] * 2
    assert practice.send(relay.url) == came_to(postponed=1)
    assert (practice.letter()["state"], practice.letter()["last_error"]) == ("waiting", "451 try again later")
    assert practice.send(relay.url) == came_to()
    practice.advance(minutes=1)
    assert practice.send(relay.url) == came_to(postponed=1)
    practice.advance(minutes=1)
    assert practice.send(relay.url) == came_to()
    practice.advance(minutes=1)
    assert practice.send(relay.url) == came_to(sent=1)
    assert practice.letter()["last_error"] is None


def test_tries_become_rare_up_to_every_four_hours_and_end_after_two_days(practice: Practice, relay: MailServer) -> None:
    practice.invite()
    relay.answers["RCPT"] = ["450 mailbox full"] * 100
    start, waits = practice.clock(), []
    while practice.letter()["state"] == "waiting":
        practice.send(relay.url)
        wait = practice.letter()["due_at"] - int(practice.clock().timestamp())
        waits.append(wait // MINUTE)
        practice.advance(seconds=max(wait, 0))
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]
    assert timedelta(hours=47) < practice.clock() - start < timedelta(hours=50)
    assert (practice.letter()["state"], practice.letter()["last_error"]) == ("failed", "450 mailbox full")


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_letter_that_is_refused_for_good_has_failed_and_the_others_go_on(
    practice: Practice, relay: MailServer, command: str
) -> None:
    practice.fill(3)
    relay.answers[command] = ["550 no such mailbox"]
    assert practice.send(relay.url) == came_to(sent=2, failed=1)
    assert sorted(row["state"] for row in practice.letters()) == ["failed", "sent", "sent"]
    assert {row["last_error"] for row in practice.letters()} == {None, "550 no such mailbox"}


@pytest.mark.parametrize("refusal", ["550 you may not send as that", "530 sign in first"])
def test_a_relay_that_refuses_the_practice_itself_costs_no_letter(
    practice: Practice, relay: MailServer, refusal: str
) -> None:
    """That is a matter of settings, and not of the letter."""
    practice.invite()
    relay.answers["MAIL"] = [refusal]
    assert practice.send(relay.url) == came_to(postponed=1)
    practice.advance(minutes=1)
    assert practice.send(relay.url) == came_to(sent=1)


def test_a_letter_whose_answer_was_lost_is_sent_again_and_recognisable(everywhere: Practice, relay: MailServer) -> None:
    """The relay took it and died before it said so."""
    everywhere.fill(2)
    relay.dies_after_data = 1
    assert everywhere.send(relay.url) == came_to(postponed=1)
    assert len(relay.taken) == 1
    everywhere.advance(minutes=1)
    assert everywhere.send(relay.url) == came_to(sent=2)
    counts = Counter(message["Message-ID"] for message in relay.taken)
    assert sorted(counts.values()) == [1, 2]


def test_a_relay_that_closes_ends_the_round_and_the_next_one_goes_on(practice: Practice, relay: MailServer) -> None:
    practice.fill(3)
    relay.answers["RCPT"] = ["250 recipient ok", "421 closing"]
    assert practice.send(relay.url) == came_to(sent=1, postponed=1)
    practice.advance(minutes=1)
    assert practice.send(relay.url) == came_to(sent=2)
    assert len({message["Message-ID"] for message in relay.taken}) == len(relay.taken) == 3


class Killed(BaseException):
    """The worker is no more."""


def test_a_letter_whose_sender_was_killed_before_it_wrote_so_down_is_sent_again(
    everywhere: Practice, relay: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever comes once the claim has run out, and by nobody before."""
    everywhere.invite()

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "settle", die)
        with pytest.raises(Killed):
            everywhere.send(relay.url)
    assert len(relay.taken) == 1
    everywhere.advance(seconds=delivery.LEASE - 1)
    assert everywhere.send(relay.url) == came_to()
    everywhere.advance(seconds=1)
    assert everywhere.send(relay.url) == came_to(sent=1)
    assert relay.taken[0]["Message-ID"] == relay.taken[1]["Message-ID"]


def test_a_letter_that_kills_every_sender_is_given_up(
    practice: Practice, relay: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And holds up no other one."""
    practice.invite()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("portalctl.mail.dispatch.message_of", die)
        for _ in range(delivery.ATTEMPTS):
            with pytest.raises(Killed):
                practice.send(relay.url)
            practice.advance(seconds=delivery.LEASE)
        assert practice.send(relay.url) == came_to(failed=1)
    assert (practice.letter()["state"], practice.letter()["last_error"]) == ("failed", "its sender did not return")


def test_many_workers_on_one_outbox_send_nothing_twice(everywhere: Practice, relay: MailServer) -> None:
    letters, workers = 24, 4
    everywhere.fill(letters)
    came: list[Delivery] = []
    barrier = threading.Barrier(workers)

    def work() -> None:
        barrier.wait()
        came.append(everywhere.send(relay.url))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(came) == workers
    while len(relay.taken) < letters:
        assert everywhere.send(relay.url).sent, "a letter that was passed over is due all the same"
    assert Counter(to[0] for _, to in relay.envelopes) == {
        f"person{number}@example.com": 1 for number in range(letters)
    }
    assert {row["state"] for row in everywhere.letters()} == {"sent"}


def test_a_relay_that_is_not_there_costs_patience_only(practice: Practice, relay: MailServer) -> None:
    practice.invite()
    with pytest.raises(errors.NetworkFailure, match=r"127\.0\.0\.1:1 cannot be used"):
        practice.send(NOWHERE)
    assert practice.letter()["state"] == "waiting"
    assert "cannot be used" in practice.letter()["last_error"]
    practice.advance(minutes=1)
    assert practice.send(relay.url) == came_to(sent=1)


def test_without_a_letter_no_relay_is_asked(practice: Practice) -> None:
    assert practice.send(NOWHERE) == came_to()


@pytest.mark.parametrize("fate", ["revoked", "redeemed", "expired", "replaced"])
def test_the_letter_of_an_invite_that_is_worthless_is_dropped(practice: Practice, relay: MailServer, fate: str) -> None:
    invite = practice.invite(expires_minutes=60)
    if fate == "revoked":
        practice.owner.invites.revoke(InviteReference(id=invite.id))
    elif fate == "redeemed":
        practice.join()
    elif fate == "expired":
        practice.advance(hours=1)
    else:
        practice.invite()
    assert practice.send(relay.url) == came_to(dropped=1, sent=int(fate == "replaced"))
    assert fate in (practice.letters()[0]["last_error"] or practice.letters()[-1]["last_error"]) or fate == "replaced"


def test_a_reminder_is_sent_when_it_is_due(practice: Practice, relay: MailServer) -> None:
    practice.furnish(reminder_minutes=[60])
    practice.invite()
    client = practice.join()
    practice.book(client, NINE)
    practice.send(relay.url)
    before = len(relay.taken)
    practice.clock.now = NINE - timedelta(minutes=61)
    assert practice.send(relay.url) == came_to()
    practice.advance(minutes=1)
    assert practice.send(relay.url) == came_to(sent=1)
    assert len(relay.taken) == before + 1
    assert relay.taken[-1]["Subject"] == "Reminder: Wed 4 Mar 2026 09:00 CET, Studio Rossi"


def test_a_reminder_of_a_time_that_is_no_more_is_never_sent(everywhere: Practice, relay: MailServer) -> None:
    """One is dropped when the appointment moves, and none is left when it is cancelled."""
    everywhere.furnish(reminder_minutes=[1440, 60], cancellation_notice_minutes=0, reschedule_notice_minutes=0)
    everywhere.invite()
    client = everywhere.join()
    moved = move(client, everywhere.book(client, NINE), TEN)
    everywhere.send(relay.url)
    everywhere.clock.now = TEN - timedelta(minutes=1440)
    everywhere.send(relay.url)
    reminded = [message["Subject"] for message in relay.to(ANNA) if message["Subject"].startswith("Reminder")]
    assert reminded == ["Reminder: Wed 4 Mar 2026 10:00 CET, Studio Rossi"]
    client.appointments.cancel(CancelAppointment(id=moved.id))
    everywhere.clock.now = TEN
    everywhere.send(relay.url)
    assert sum(message["Subject"].startswith("Reminder") for message in relay.taken) == 1


@pytest.mark.parametrize("fate", ["cancelled", "moved", "begun"])
def test_a_reminder_is_checked_again_when_it_is_sent(practice: Practice, relay: MailServer, fate: str) -> None:
    """Whatever was forgotten to be dropped."""
    practice.furnish(reminder_minutes=[60])
    practice.invite()
    booked = practice.book(practice.join(), NINE)
    practice.send(relay.url)
    practice.clock.now = NINE - timedelta(minutes=60)
    with practice.store.writing() as tx:
        if fate == "cancelled":
            tx.run("UPDATE appointments SET status = 'cancelled', holds = 0 WHERE id = :id", id=booked.id)
        elif fate == "moved":
            tx.run("UPDATE appointments SET starts_at = starts_at + 60")
    if fate == "begun":
        practice.clock.now = NINE
    assert practice.send(relay.url) == came_to(dropped=1)


def test_the_mailed_reset_link_sets_a_new_password(everywhere: Practice, relay: MailServer) -> None:
    everywhere.invite()
    client = everywhere.join()
    everywhere.everybody.sessions.request_reset(RequestReset(email=ANNA))
    everywhere.send(relay.url)
    link = next(word for word in body(relay).split() if word.startswith(f"{PORTAL}/reset/"))
    assert not [row for row in everywhere.letters() if link.rpartition(".")[2] in str(row)]
    request = ResetPassword(code=link.rpartition("/")[2], password="violet anchor thunder pencil")
    everywhere.everybody.sessions.reset_password(request)
    with pytest.raises(errors.SignInNeeded):
        client.sessions.who_am_i()
    everywhere.send(relay.url)
    assert relay.taken[-1]["Subject"] == "Your password at Studio Rossi was changed"


def test_asking_again_brings_the_same_link_until_it_is_half_over(practice: Practice, relay: MailServer) -> None:
    """Nobody who asks in somebody's name makes the link worthless that the owner of the account has in hand."""
    practice.invite()
    practice.join()
    links = []
    for hours in (0, 1, 12):
        practice.advance(hours=hours)
        practice.everybody.sessions.request_reset(RequestReset(email=ANNA))
        practice.send(relay.url)
        links.append(next(word for word in body(relay).split() if "/reset/" in word))
    assert links[0] == links[1] != links[2]


def test_a_reset_letter_that_is_sent_again_has_the_same_link_or_none(practice: Practice, relay: MailServer) -> None:
    practice.invite()
    practice.join()
    practice.everybody.sessions.request_reset(RequestReset(email=ANNA))
    relay.dies_after_data = 2
    practice.send(relay.url)
    practice.advance(minutes=1)
    practice.send(relay.url)
    assert body(relay, 0) == body(relay, 1)
    code = next(word for word in body(relay).split() if "/reset/" in word).rpartition("/")[2]
    practice.everybody.sessions.reset_password(ResetPassword(code=code, password="violet anchor thunder pencil"))
    practice.advance(minutes=2)
    assert practice.send(relay.url) == came_to(sent=1, dropped=1)
    assert relay.taken[-1]["Subject"] == "Your password at Studio Rossi was changed"


def test_an_address_without_an_account_gets_no_letter(practice: Practice, relay: MailServer) -> None:
    practice.everybody.sessions.request_reset(RequestReset(email="nobody@example.com"))
    assert practice.send(relay.url) == came_to(dropped=1)
    assert relay.taken == []


def test_a_letter_that_nobody_sent_for_a_week_is_dropped(practice: Practice, relay: MailServer) -> None:
    """A portal that begins to send does not pour out what was new long ago."""
    practice.furnish()
    practice.invite()
    client = practice.join()
    practice.book(client, NINE)
    practice.advance(days=8)
    assert practice.send(relay.url) == came_to()
    assert {row["state"] for row in practice.letters()} == {"dropped"}


def test_what_was_settled_is_forgotten_after_thirty_days(everywhere: Practice, relay: MailServer) -> None:
    everywhere.fill(2)
    everywhere.send(relay.url)
    everywhere.advance(days=30)
    everywhere.send(relay.url)
    assert len(everywhere.letters()) == 2
    everywhere.advance(seconds=1)
    everywhere.invite()
    everywhere.send(relay.url)
    assert [row["recipient"] for row in everywhere.letters()] == [ANNA]


def test_a_round_forgets_only_so_many(practice: Practice, relay: MailServer) -> None:
    with practice.store.writing() as tx:
        for number in range(150):
            tx.run(
                "INSERT INTO outbox (id, kind, recipient, person_id, subject_id, details, state, created_at, due_at,"
                " settled_at) VALUES (:id, 'invite', 'a@b.c', 'x', 'x', '{}', 'sent', 1, 1, 1)",
                id=f"out_{number:012}",
            )
    practice.send(relay.url)
    assert len(practice.letters()) == 50
