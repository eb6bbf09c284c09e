"""A client sees their own history with the practice: what is next, what comes, what was, and what others did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.models.appointments import Appointment, AppointmentReference, DeclineAppointment
from portalctl.models.dashboard import Dashboard, HistoryEntry, ShowDashboard
from portalctl.models.policy import SetPolicy
from tests.domain.booking_setup import ANNA, approve, book, cancel, moment, move, offer
from tests.domain.conftest import FakeClock
from tests.domain.people import hire

NINE = moment("2026-03-10 09:00")
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def dashboard(portal: EmbeddedPortal, past: int = 5) -> Dashboard:
    """The caller's dashboard."""
    return portal.dashboard.show(ShowDashboard(past=past))


def bare(entry: HistoryEntry | None) -> Appointment | None:
    """The appointment alone, without what belongs to it."""
    return Appointment.model_validate(dict(entry)) if entry is not None else None


def ids(appointments: Sequence[Appointment]) -> list[str]:
    """Which ones, in order."""
    return [each.id for each in appointments]


def news(portal: EmbeddedPortal) -> list[str]:
    """What is new, in words."""
    return [notice.kind.value for notice in dashboard(portal).news]


def test_a_new_client_sees_an_empty_dashboard(client: EmbeddedPortal) -> None:
    """Nothing yet is a clear answer."""
    shown = dashboard(client)
    assert (shown.client, shown.practice, shown.next) == (ANNA, "Studio Rossi", None)
    assert (shown.coming, shown.past, shown.news) == ([], [], [])


def test_next_is_the_earliest_that_is_agreed_and_coming_holds_requests_too(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """What the practice has not agreed to is not the next appointment."""
    offer(owner)
    later, sooner = book(client, NINE + DAY), book(client, NINE)
    owner.policy.set(SetPolicy(approval_required=True))
    wish = book(client, NINE - DAY)
    assert bare(dashboard(client).next) == sooner
    assert ids(dashboard(client).coming) == [wish.id, sooner.id, later.id]


def test_an_appointment_under_way_is_next_until_it_ends(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """From its end on it is past."""
    offer(owner)
    booked = book(client, NINE)
    clock.now = NINE + HOUR - timedelta(seconds=1)
    assert bare(dashboard(client).next) == booked
    clock.now = NINE + HOUR
    shown = dashboard(client)
    assert (shown.next, shown.coming, ids(shown.past)) == (None, [], [booked.id])


def test_what_was_cancelled_or_declined_is_not_coming(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Nobody waits for it."""
    offer(owner, approval_required=True)
    cancelled, declined = book(client, NINE), book(client, NINE + DAY)
    cancel(client, cancelled)
    owner.appointments.decline(DeclineAppointment(id=declined.id))
    assert dashboard(client).coming == []
    assert dashboard(client).next is None


def test_past_holds_the_latest_and_as_many_as_asked_for(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Latest first; none when none are asked for."""
    offer(owner)
    booked = [book(client, NINE + day * DAY) for day in range(7)]
    clock.now = NINE + 8 * DAY
    assert ids(dashboard(client).past) == ids(booked[:1:-1])
    assert ids(dashboard(client, past=2).past) == ids([booked[6], booked[5]])
    assert dashboard(client, past=0).past == []


def test_news_are_what_others_did_to_the_clients_appointments(owner: EmbeddedPortal, client: EmbeddedPortal) -> None:
    """Newest first, by name; what the client did is no news to the client."""
    offer(owner, approval_required=True)
    first, second = book(client, NINE), book(client, NINE + HOUR)
    approve(owner, first)
    owner.appointments.decline(DeclineAppointment(id=second.id))
    cancel(client, first)
    assert sorted(news(client)) == ["approved", "declined"]
    assert {notice.by for notice in dashboard(client).news} == {"Dr Rossi"}


def test_news_come_in_the_order_of_what_happened(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """Each with the time that the appointment had then."""
    offer(owner)
    booked = book(owner, NINE, client=ANNA)
    for start in (NINE + HOUR, NINE + 2 * HOUR):
        clock.advance(HOUR)
        move(owner, booked, start)
    clock.advance(HOUR)
    cancel(owner, booked)
    shown = dashboard(client).news
    assert [notice.kind.value for notice in shown] == ["cancelled", "moved", "moved", "booked"]
    assert [notice.starts_at for notice in shown] == [NINE + 2 * HOUR, NINE + 2 * HOUR, NINE + HOUR, NINE]


def test_news_are_told_for_two_weeks(owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock) -> None:
    """Then they are old."""
    offer(owner)
    book(owner, NINE, client=ANNA)
    clock.advance(14 * DAY)
    assert news(client) == ["booked"]
    clock.advance(timedelta(seconds=1))
    assert news(client) == []


def test_the_dashboard_says_nothing_about_others(
    owner: EmbeddedPortal, client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock
) -> None:
    """What another client has, had or was told is nowhere in it."""
    offer(owner)
    before = dashboard(client)
    theirs = book(other_client, NINE)
    move(owner, theirs, NINE + HOUR)
    assert dashboard(client) == before
    clock.now = NINE + DAY
    owner.appointments.attended(AppointmentReference(id=theirs.id))
    assert dashboard(client) == before.model_copy(update={"shown_at": clock.now})


def test_only_clients_have_a_dashboard(owner: EmbeddedPortal) -> None:
    """The practice has its calendar."""
    desk = hire(owner, "Desk", role="staff")
    for portal in (owner, desk):
        with pytest.raises(errors.NotPermitted):
            dashboard(portal)
    desk.close()
