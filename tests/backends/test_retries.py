"""A request is sent again where that is harmless: an answer that was lost never doubles anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

import pytest
import stamina

from benchmarks.dropping_proxy import DroppingProxy, dropping_proxy
from portalctl import errors
from portalctl.backends.registry import open_portal
from portalctl.contract.binding import Bound, every_operation
from portalctl.contract.portal import Portal
from portalctl.models.appointments import (
    AppointmentReference,
    BookAppointment,
    CancelAppointment,
    ListAppointments,
    RescheduleAppointment,
)
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient, ListInvites
from portalctl.models.practice import SetUpPractice
from portalctl.models.services import AddService, EditService
from portalctl.models.sessions import SignIn
from portalctl.models.slots import FindSlots
from tests.backends.hostile import (
    IDENTITY,
    NOW,
    SHORT,
    Behaviour,
    drip,
    hold,
    hostile,
    problem,
    reaching,
    record,
    reply,
    reset,
)
from tests.serving import serving

TIMES = 30


class Practice(NamedTuple):
    """A practice on a real server, its owner's way through a proxy that loses answers, and a straight one."""

    proxy: DroppingProxy
    lossy: Portal
    straight: Portal


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """Open all day, every day."""
    file = tmp_path_factory.mktemp("served") / "portal.db"
    with serving(f"sqlite://{file}", lambda: NOW) as server, dropping_proxy(server.port) as proxy:
        anyone = open_portal(server.url, None, lambda: NOW, lambda _: None)
        owner = SetUpPractice(
            name="Studio Rossi",
            owner="Dr Rossi",
            email="rossi@example.com",
            timezone="Europe/Rome",
            password="walnut harbour cobalt seven",
            setup=server.set_up_code,
        )
        token = anyone.practice.set_up(owner).token
        anyone.close()
        straight, lossy = anyone.with_token(token), open_portal(proxy.url, token, lambda: NOW, lambda _: None)
        straight.services.add(AddService(name="Visit", duration_minutes=30, practitioners=["rossi@example.com"]))
        week = SetHours(practitioner="rossi@example.com", weekdays=[*range(1, 8)], windows=["06:00-22:00"])
        straight.hours.set(week)
        straight.invites.create(InviteClient(email="anna@example.com", name="Anna Bianchi"))
        try:
            yield Practice(proxy, lossy, straight)
        finally:
            lossy.close()
            straight.close()


@pytest.fixture(autouse=True)
def _without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def free(portal: Portal, after_days: int) -> list[str]:
    """Starts that can be booked."""
    soon = NOW + timedelta(days=after_days)
    return [slot.id for slot in portal.slots.find(FindSlots(service="Visit", starts_from=soon, limit=TIMES))]


def lost(practice: Practice) -> None:
    """Hold the round to what it was made for: every answer was lost once, and asked for again."""
    assert practice.proxy.dropped == TIMES
    practice.proxy.dropped = 0


def test_a_lost_answer_to_a_booking_books_once_and_a_move_moves_once_and_a_cancellation_cancels_once(
    practice: Practice,
) -> None:
    booked = []
    for slot in free(practice.straight, 1):
        practice.proxy.drop()
        booked.append(practice.lossy.appointments.book(BookAppointment(slot=slot, client="anna@example.com")).id)
    lost(practice)
    every = practice.straight.appointments.list(ListAppointments(limit=1000)).items
    assert sorted(each.id for each in every) == sorted(booked)

    for appointment, slot in zip(booked, free(practice.straight, 4), strict=True):
        practice.proxy.drop()
        practice.lossy.appointments.reschedule(RescheduleAppointment(id=appointment, slot=slot))
    lost(practice)
    moved = practice.straight.appointments.list(ListAppointments(limit=1000)).items
    assert sorted(each.id for each in moved) == sorted(booked)
    assert {each.sequence for each in moved} == {1}

    for appointment in booked:
        practice.proxy.drop()
        practice.lossy.appointments.cancel(CancelAppointment(id=appointment, reason="ill"))
    lost(practice)
    after = [practice.straight.appointments.show(AppointmentReference(id=each)) for each in booked]
    assert {(each.status, each.reason) for each in after} == {("cancelled", "ill")}


def test_a_lost_answer_to_an_invite_invites_once_and_its_link_is_the_one_that_works(practice: Practice) -> None:
    before = len(practice.straight.invites.list(ListInvites(limit=1000)).items)
    links = set()
    for number in range(TIMES):
        practice.proxy.drop()
        invite = InviteClient(email=f"client{number}@example.com", name=f"Client {number}")
        links.add(practice.lossy.invites.create(invite).link)
    lost(practice)
    invites = practice.straight.invites.list(ListInvites(limit=1000)).items
    assert len(invites) == before + TIMES
    assert {each.state for each in invites} == {"pending"}, "an invite that was made twice would revoke the first"
    assert len(links) == TIMES


def test_the_same_intent_has_one_key_on_every_try_and_another_intent_another() -> None:
    with hostile(b"", problem("slot_taken", 409)) as server, reaching(server) as portal:
        booking = BookAppointment(slot="slot_46398zw7evg8xrsyhrbygd6p0wh7yj")
        for _ in range(2):
            with pytest.raises(errors.SlotTaken):
                portal.appointments.book(booking)
    first, again, other = (key_of(request) for request in server.requests)
    assert first == again
    assert first != other
    assert len(first) >= 20


def test_a_key_that_the_caller_gave_is_the_one_that_travels() -> None:
    with hostile(problem("slot_taken", 409)) as server, reaching(server) as portal:
        booking = BookAppointment(slot="slot_46398zw7evg8xrsyhrbygd6p0wh7yj", idempotency_key="monday")
        with pytest.raises(errors.SlotTaken):
            portal.appointments.book(booking)
    assert key_of(server.requests[0]) == "monday"
    assert b"idempotency_key" not in server.requests[0]


def key_of(request: bytes) -> str:
    """The idempotency key of a request."""
    (line,) = [line for line in request.decode().splitlines() if line.lower().startswith("idempotency-key:")]
    return line.partition(": ")[2]


HARMLESS = ("harmless to repeat", "repeating it answers the same", "nothing changes", "nothing is redeemed")

every = pytest.mark.parametrize("one", every_operation().values(), ids=every_operation().keys())


@every
def test_what_is_declared_to_be_harmless_to_repeat_promises_that_in_words(one: Bound) -> None:
    told = " ".join((one.method.__doc__ or "").split())
    if one.operation.method == "POST":
        assert one.operation.repeatable == any(words in told for words in HARMLESS)
    else:
        assert not one.operation.repeatable, "its method says so already, or says that it is not"


LOOK_FIRST = "see whether it was done before you try again"


def test_a_request_that_may_have_been_carried_out_is_not_sent_again_unless_that_is_harmless() -> None:
    """A sign-in and an edit are sent once, a read and a cancellation until there is an answer.

    Whoever asks anew has another key, unless it is their own: they look first.
    """
    with hostile(b"") as server, reaching(server) as portal:
        invite = InviteClient(email="a@example.com", name="Anna")
        keyed = invite.model_copy(update={"idempotency_key": "anna"})
        for ask, tries, hint in (
            (lambda: portal.sessions.sign_in(SignIn(email="a@example.com", password="x")), 1, LOOK_FIRST),
            (lambda: portal.services.edit(EditService(service="Visit", name="Call")), 1, LOOK_FIRST),
            (
                lambda: portal.hours.set(SetHours(practitioner="r", weekdays=[1], windows=[], if_version="1")),
                1,
                LOOK_FIRST,
            ),
            (lambda: portal.hours.set(SetHours(practitioner="r", weekdays=[1], windows=[])), 3, "try again"),
            (portal.sessions.who_am_i, 3, "try again"),
            (portal.sessions.sign_out, 3, "try again"),
            (lambda: portal.appointments.cancel(CancelAppointment(id="apt_7")), 3, "try again"),
            (lambda: portal.invites.create(invite), 3, LOOK_FIRST),
            (lambda: portal.invites.create(keyed), 3, "try again"),
        ):
            before = len(server.requests)
            with pytest.raises(errors.NetworkFailure) as caught:
                ask()
            assert len(server.requests) - before == tries
            assert caught.value.hint == hint


def test_a_request_that_never_left_is_sent_again_whatever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    connect, refusals = socket.create_connection, [True]

    def flaky(*arguments: object, **settings: object) -> socket.socket:
        if refusals and refusals.pop():
            raise ConnectionRefusedError(111, "Connection refused")
        return connect(*arguments, **settings)  # type: ignore[arg-type]  # whatever the caller gives

    monkeypatch.setattr(socket, "create_connection", flaky)
    with hostile(problem("bad_credentials", 401)) as server, reaching(server, None) as portal:
        with pytest.raises(errors.BadCredentials):
            portal.sessions.sign_in(SignIn(email="a@example.com", password="x"))
        assert len(server.requests) == 1
    assert not refusals


@pytest.mark.parametrize(
    "trouble",
    [
        b"",
        reset,
        drip(b"HTTP/1.1 20", 0),
        reply("busy", 502, "text/html"),
        reply("busy", 503, "text/html"),
        reply("busy", 504, "text/html"),
        reply("slow down", 429, "text/html", Retry_After="0"),
        problem("unavailable", 503),
        problem("too_many_requests", 429, {"Retry_After": "1"}),
        problem("idempotency_running", 409, {"Retry_After": "1"}),
    ],
)
def test_passing_trouble_passes(trouble: Behaviour) -> None:
    with hostile(trouble, record(IDENTITY)) as server, reaching(server) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi"
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "told",
    [
        problem("not_found", 404),
        problem("too_many_attempts", 429, {"Retry_After": "1"}),
        problem("slot_taken", 409),
        problem("invalid_input", 422),
        reply("<html>", 200, "text/html"),
    ],
)
def test_what_will_not_pass_is_told_at_once(told: bytes) -> None:
    with hostile(told, record(IDENTITY)) as server, reaching(server) as portal:
        with pytest.raises(errors.PortalError):
            portal.sessions.who_am_i()
        assert len(server.requests) == 1


IN_A_WEEK = format_datetime(NOW + timedelta(days=7), usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "allowed_from"),
    [
        ("11", NOW + timedelta(seconds=11)),
        ("999999", NOW + timedelta(seconds=999_999)),
        (IN_A_WEEK, NOW + timedelta(days=7)),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_too_long_is_told_instead(status: int, retry_after: str, allowed_from: datetime) -> None:
    with hostile(reply("", status, "text/plain", Retry_After=retry_after)) as server, reaching(server) as portal:
        with pytest.raises(errors.Retryable) as caught:
            portal.sessions.who_am_i()
        assert len(server.requests) == 1
    assert (caught.value.exit_code, caught.value.allowed_from) == (7, allowed_from)


@pytest.mark.parametrize(
    "retry_after", ["-5", "soon", "", "1e9", "Mon, 99 Foo 2026", format_datetime(datetime(2020, 1, 1, tzinfo=UTC))]
)
def test_a_wait_that_is_none_is_tried_again_as_usual(retry_after: str) -> None:
    busy = reply("", 503, "text/plain", Retry_After=retry_after)
    with hostile(busy, record(IDENTITY)) as server, reaching(server) as portal:
        assert portal.sessions.who_am_i().name == "Anna Bianchi"


def test_all_tries_together_end_in_time() -> None:
    import time

    begin = time.monotonic()
    with hostile(hold) as server, reaching(server, patience=SHORT) as portal, pytest.raises(errors.NetworkFailure):
        portal.sessions.who_am_i()
    assert time.monotonic() - begin < 5 * SHORT.whole


def test_a_wait_that_the_server_asks_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with stamina.set_testing(False):
        busy = problem("too_many_requests", 429, {"Retry_After": "7"})
        with hostile(busy, record(IDENTITY)) as server, reaching(server) as portal:
            portal.sessions.who_am_i()
    assert waited == [7.0]
