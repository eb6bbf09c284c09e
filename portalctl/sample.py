"""The sample practice that `portalctl demo` shows: made through the contract, as people would make it, on past days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portalctl.clock import Clock
from portalctl.contract.portal import Portal
from portalctl.gateways.gateway import Card
from portalctl.gateways.trial import TrialTokenizer
from portalctl.models.appointments import AppointmentReference, BookAppointment, CancelAppointment
from portalctl.models.conversations import StartConversation
from portalctl.models.gateway_name import GatewayName
from portalctl.models.hours import SetHours
from portalctl.models.invites import InviteClient
from portalctl.models.invoices import ChangeInvoiceState, CreateInvoice, PayInvoice
from portalctl.models.money import Money
from portalctl.models.notes import AddNote, NoteReference
from portalctl.models.payment_methods import AddPaymentMethod
from portalctl.models.place import Place
from portalctl.models.policy import SetPolicy
from portalctl.models.practice import SetUpPractice
from portalctl.models.services import AddService
from portalctl.models.sessions import SignIn, SignUp
from portalctl.models.staff import AddStaff

PRACTICE = "Riverside Practice"
OWNER_EMAIL = "giulia.rossi@example.com"
CLIENT_EMAIL = "anna.bianchi@example.com"
PASSWORD = "a sample needs no secrets"  # noqa: S105  it guards made-up data in a file of the user's own
"""Everybody in the sample has it."""

_ROSSI, _MILLER = "Dr Giulia Rossi", "Dr James Miller"
_ROME, _NEW_YORK = "Europe/Rome", "America/New_York"
_FOLLOW_UP, _FIRST, _VIDEO = "Follow-up", "First visit", "Video consultation"

OpenAt = Callable[[Clock], Portal]
"""Opens the sample's portal file, for nobody yet, under a clock."""


class _Past(NamedTuple):
    days_ago: int
    service: str
    practitioner: str
    hour: int
    came: bool
    note: str | None = None


_AGREED = "- Walk for half an hour every day.\n- Come back in two weeks."
_HISTORY = (
    _Past(34, _FIRST, _ROSSI, 10, came=True, note="What we agreed"),
    _Past(20, _FOLLOW_UP, _ROSSI, 11, came=True),
    _Past(7, _VIDEO, _MILLER, 13, came=False),
)


def make_sample(open_at: OpenAt, now: datetime) -> None:
    """Fill an empty portal with two practitioners, three services, and a client with a past and a future."""
    began = now - timedelta(days=40)
    portal = open_at(lambda: began)
    owner = portal.with_token(
        portal.practice.set_up(
            SetUpPractice(name=PRACTICE, email=OWNER_EMAIL, timezone=_ROME, owner=_ROSSI, password=PASSWORD)
        ).token
    )
    link = owner.staff.add(AddStaff(email="james.miller@example.com", name=_MILLER, timezone=_NEW_YORK)).link
    _sign_up(portal, link)
    _offer(owner)
    _sign_up(portal, owner.invites.create(InviteClient(email=CLIENT_EMAIL, name="Anna Bianchi")).link)
    owner.close()
    portal.close()
    visits = [_happened(open_at, now, past) for past in _HISTORY]
    _hand_in_card(open_at, now)
    _bill(open_at, now, [visit for visit, past in zip(visits, _HISTORY, strict=True) if past.came])
    _coming(open_at, now)


def _sign_up(portal: Portal, link: str) -> None:
    portal.sessions.sign_up(SignUp(code=link.rpartition("/")[2], password=PASSWORD))


def _offer(owner: Portal) -> None:
    owner.services.add(
        AddService(name=_FIRST, duration_minutes=50, buffer_after_minutes=10, price=Money(amount=9000, currency="EUR"))
    )
    owner.services.add(AddService(name=_FOLLOW_UP, duration_minutes=30, price=Money(amount=5500, currency="EUR")))
    owner.services.add(
        AddService(
            name=_VIDEO,
            duration_minutes=25,
            buffer_after_minutes=5,
            price=Money(amount=4500, currency="EUR"),
            place=Place.VIDEO,
            room_url="https://meet.example.com/riverside",
        )
    )
    for who, windows in ((_ROSSI, ["09:00-13:00", "14:00-18:00"]), (_MILLER, ["08:00-12:00", "13:00-16:00"])):
        owner.hours.set(SetHours(practitioner=who, weekdays=[1, 2, 3, 4, 5], windows=windows))
    owner.policy.set(
        SetPolicy(
            minimum_notice_minutes=120,
            cancellation_notice_minutes=1440,
            daily_limit=3,
            reason_required=True,
            payment_gateway=GatewayName.TEST,
        )
    )


def _happened(open_at: OpenAt, now: datetime, past: _Past) -> str:
    zone = _ROME if past.practitioner == _ROSSI else _NEW_YORK
    start = _weekday(now - timedelta(days=past.days_ago), past.hour, zone)
    with_owner = _signed_in(open_at, start - timedelta(days=2), OWNER_EMAIL)
    booked = with_owner.appointments.book(
        BookAppointment(service=past.service, practitioner=past.practitioner, starts_at=start, client=CLIENT_EMAIL)
    )
    with_owner.close()
    afterwards = _signed_in(open_at, start + timedelta(hours=1), OWNER_EMAIL)
    mark = afterwards.appointments.attended if past.came else afterwards.appointments.no_show
    mark(AppointmentReference(id=booked.id))
    if past.note is not None:
        note = afterwards.notes.add(AddNote(title=past.note, text=_AGREED, client=CLIENT_EMAIL, appointment=booked.id))
        afterwards.notes.complete(NoteReference(id=note.id))
    afterwards.close()
    return booked.id


def _hand_in_card(open_at: OpenAt, now: datetime) -> None:
    """The client's card, on trial: no money is moved. It is the one that everybody tries things with."""
    client = _signed_in(open_at, now - timedelta(days=6), CLIENT_EMAIL)
    token = TrialTokenizer().token_of(Card("4242424242424242", 12, now.year + 3, "123"))
    limit = Money(amount=15000, currency="EUR")
    client.payment_methods.add(AddPaymentMethod(token=token, country="IT", authorize=_ROSSI, limit=limit))
    client.close()


def _bill(open_at: OpenAt, now: datetime, visits: list[str]) -> None:
    """Invoice the visits: the first is charged to the client's card, the others they are to pay."""
    owner = _signed_in(open_at, now - timedelta(days=5), OWNER_EMAIL)
    due = (now + timedelta(days=9)).date()
    for number, visit in enumerate(visits):
        invoice = owner.invoices.create(CreateInvoice(appointment=visit, due_on=due))
        owner.invoices.issue(ChangeInvoiceState(id=invoice.id))
        if number == 0:
            owner.invoices.charge(PayInvoice(id=invoice.id))
    owner.close()


def _coming(open_at: OpenAt, now: datetime) -> None:
    owner = _signed_in(open_at, now - timedelta(hours=1), OWNER_EMAIL)
    for days, service, practitioner, zone in (
        (5, _FOLLOW_UP, _ROSSI, _ROME),
        (9, _VIDEO, _MILLER, _NEW_YORK),
        (12, _FOLLOW_UP, _ROSSI, _ROME),
    ):
        start = _weekday(now + timedelta(days=days), 10, zone)
        booked = owner.appointments.book(
            BookAppointment(service=service, practitioner=practitioner, starts_at=start, client=CLIENT_EMAIL)
        )
    owner.appointments.cancel(CancelAppointment(id=booked.id, reason="We are closed that day"))
    text = "Please bring the shoes you run in.\n\nSee you soon!"
    owner.conversations.start(StartConversation(to=CLIENT_EMAIL, subject="Before your next visit", body=text))
    owner.close()


def _signed_in(open_at: OpenAt, moment: datetime, email: str) -> Portal:
    portal = open_at(_ticking(moment))
    token = portal.sessions.sign_in(SignIn(email=email, password=PASSWORD)).token
    portal.close()
    return portal.with_token(token)


def _ticking(moment: datetime) -> Clock:
    """A clock that goes on by a second whenever it is read, so that what happens first is told first."""
    seconds = count()
    return lambda: moment + timedelta(seconds=next(seconds))


def _weekday(around: datetime, hour: int, zone: str) -> datetime:
    """That hour in the zone, on the day, or on the Monday after a weekend."""
    day = around.astimezone(ZoneInfo(zone)).date()
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
