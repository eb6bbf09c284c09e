"""What a letter says, made when it is sent or looked at: the names of now, the moments of then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from textwrap import fill
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portalctl.domain import account_letters, claims
from portalctl.domain.account_letters import Link, Reader, Telling
from portalctl.domain.notifications import wants
from portalctl.domain.wording import when
from portalctl.models.appointments import Appointment, AppointmentStatus
from portalctl.models.outbox import LetterKind
from portalctl.models.place import Place
from portalctl.models.practice import Practice
from portalctl.storage import (
    appointments,
    clients,
    conversations,
    documents,
    practice,
    related_people,
    staff,
)
from portalctl.storage.engine import Row, Transaction


class Written(NamedTuple):
    """A letter's words, and the appointments of then that it is about."""

    reader: Reader
    practice: Practice
    subject: str
    text: str
    events: tuple[Appointment, ...] = ()


_CLAIMED = {
    LetterKind.INVITE: ("the invite", claims.of_invite),
    LetterKind.PASSWORD_RESET: ("the link", claims.of_reset),
    LetterKind.EMAIL_CHANGE: ("the code", claims.of_email_change),
}


def objection(tx: Transaction, letter: Row, at: int) -> str | None:
    """Why a letter tells of nothing that is so any more; None while it does."""
    kind, subject_id, person_id = LetterKind(letter["kind"]), letter["subject_id"], letter["person_id"]
    if person_id.startswith("stf_"):
        member = staff.get(tx, person_id)
        if member is None or not member.active:
            return "its reader belongs to the practice no more"
    if not wants(tx, person_id, kind):
        return "its reader does without such mail"
    if kind in _CLAIMED:
        what, claim_of = _CLAIMED[kind]
        claim = claim_of(tx, subject_id, at)
        return f"{what} is worthless: {claim.refusal}" if claim is not None and claim.refusal else None
    if kind is LetterKind.MESSAGE:
        return None if conversations.unread_of(tx, subject_id, person_id) else "it was read before the notice was sent"
    if kind is LetterKind.DOCUMENTS:
        return None if documents.has_unseen(tx, subject_id) else "they were opened before the notice was sent"
    if kind is LetterKind.REMINDER:
        appointment = appointments.get(tx, subject_id)
        start = int(appointment.starts_at.timestamp())
        if appointment.status is not AppointmentStatus.BOOKED or start != letter["details"]["starts_at"]:
            return "the appointment does not stand at that time"
        return "the appointment has begun" if at >= start else None
    return None


def write(tx: Transaction, letter: Row, at: datetime, link: Link) -> Written:
    """The letter as it would be sent at that moment."""
    organisation = practice.get(tx)
    assert organisation is not None  # noqa: S101  letters exist only where a practice does
    reader = _reader(tx, letter, organisation)
    kind = LetterKind(letter["kind"])
    events: tuple[Appointment, ...] = ()
    if kind in account_letters.TOLD:
        subject, body = account_letters.TOLD[kind](Telling(tx, letter, reader, organisation, link))
    elif kind is LetterKind.MESSAGE:
        subject, body = _message(letter, organisation)
    elif kind is LetterKind.DOCUMENTS:
        subject, body = _documents(organisation)
    elif "series" in letter["details"]:
        events = tuple(_then(tx, each["id"], each) for each in letter["details"]["series"])
        subject, body = _series(events, reader, organisation)
    else:
        events = (_then(tx, letter["subject_id"], letter["details"]),)
        subject, body = _appointment(tx, letter, kind, at, events[0], reader, organisation)
    greeting = f"Hello {reader.name}," if reader.name else "Hello,"
    text = "\n\n".join((greeting, *map(_wrapped, body), f"{organisation.name}\n{organisation.email}")) + "\n"
    return Written(reader, organisation, subject, text, events)


def _wrapped(paragraph: str) -> str:
    """A paragraph in lines of mail's usual length; indented lines stay, so that links and commands stay whole."""
    lines = paragraph.split("\n")
    return "\n".join(
        line if line.startswith(" ") else fill(line, 72, break_long_words=False, break_on_hyphens=False)
        for line in lines
    )


def _reader(tx: Transaction, letter: Row, organisation: Practice) -> Reader:
    person_id = letter["person_id"]
    if person_id.startswith("cli_"):
        client = clients.get(tx, person_id)
        if client is not None:
            return Reader(client.name, client.timezone or organisation.timezone, is_client=True)
    related = related_people.get(tx, person_id)
    if related is not None:
        return Reader(related["name"], related["timezone"] or organisation.timezone, is_client=False)
    member = staff.get(tx, person_id)
    if member is not None:
        return Reader(member.name, member.timezone, is_client=False)
    return Reader(None, organisation.timezone, is_client=True)


def _message(letter: Row, organisation: Practice) -> tuple[str, tuple[str, ...]]:
    """Neither what it says nor what it is about: mail is read by others too."""
    return f"A message for you at {organisation.name}", (
        f"there is a message for you in the portal of {organisation.name}. Read it there:",
        f"  portalctl inbox show {letter['subject_id']}",
    )


def _documents(organisation: Practice) -> tuple[str, tuple[str, ...]]:
    """Not what they are: mail is read by others too."""
    return f"Documents for you at {organisation.name}", (
        f"there are documents for you in the portal of {organisation.name}. See which:",
        "  portalctl docs list --new",
    )


_SAID_TO_CLIENT = {
    LetterKind.REQUESTED: ("Requested", "your request has reached the practice, which will answer it:"),
    LetterKind.BOOKED: ("Booked", "your appointment is booked:"),
    LetterKind.MOVED: ("Moved", "your appointment was moved:"),
    LetterKind.APPROVED: ("Approved", "the practice agreed to your request; the appointment is booked:"),
    LetterKind.DECLINED: ("Declined", "the practice could not agree to your request:"),
    LetterKind.CANCELLED: ("Cancelled", "your appointment was cancelled:"),
    LetterKind.REMINDER: ("Reminder", "this is a reminder of your appointment:"),
}
_SAID_TO_PRACTITIONER = {
    LetterKind.REQUESTED: ("Requested", "a client asks for an appointment:"),
    LetterKind.BOOKED: ("Booked", "a client booked an appointment:"),
    LetterKind.MOVED: ("Moved", "a client moved an appointment:"),
    LetterKind.CANCELLED: ("Cancelled", "a client cancelled an appointment:"),
}
_MOVED_AWAY = ("Moved away", "a client moved an appointment of yours to somebody else:")


def _series(events: tuple[Appointment, ...], reader: Reader, organisation: Practice) -> tuple[str, tuple[str, ...]]:
    first = events[0]
    times = "\n".join(f"  {_span(each, reader.timezone)}" for each in events)
    facts = (("What", first.service), ("With", first.practitioner), ("Where", _place(first, organisation)))
    subject = f"Booked: {len(events)} appointments from {when(first.starts_at, reader.timezone)}, {organisation.name}"
    return subject, (
        f"{len(events)} appointments are booked for you:",
        times,
        _table(facts),
        "The calendar file holds all of them. Any of them may be moved or cancelled by itself; see them with:",
        "  portalctl appointments list",
    )


def _table(facts: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"  {label + ':':<8} {value}" for label, value in facts)


def _place(event: Appointment, organisation: Practice) -> str:
    return {Place.IN_PERSON: organisation.name, Place.VIDEO: "video", Place.PHONE: "phone"}[event.place]


def _appointment(
    tx: Transaction,
    letter: Row,
    kind: LetterKind,
    at: datetime,
    event: Appointment,
    reader: Reader,
    organisation: Practice,
) -> tuple[str, tuple[str, ...]]:
    word, opening = (_SAID_TO_CLIENT if reader.is_client else _SAID_TO_PRACTITIONER)[kind]
    if "moved_away" in letter["details"]:
        word, opening = _MOVED_AWAY
    lines = [("When", _span(event, reader.timezone))]
    if "before" in letter["details"]:
        earlier = _then(tx, event.id, letter["details"]["before"])
        lines.append(("Before", _span(earlier, reader.timezone)))
    lines += [
        ("What", event.service),
        ("With", event.practitioner if reader.is_client else event.client),
        ("Where", _place(event, organisation)),
    ]
    subject = f"{word}: {when(event.starts_at, reader.timezone)}, {organisation.name}"
    return subject, (opening, _table(lines), *_next_steps(kind, at, event, reader))


def _next_steps(kind: LetterKind, at: datetime, event: Appointment, reader: Reader) -> tuple[str, ...]:
    if not reader.is_client:
        if kind is LetterKind.REQUESTED:
            return (f"  portalctl practice approve {event.id}\n  portalctl practice decline {event.id}",)
        return (f"  portalctl appointments show {event.id}",)
    if event.status is not AppointmentStatus.BOOKED:
        return (f"  portalctl appointments show {event.id}",)
    rights, commands = [], []
    for verb, command, until in (
        ("cancel", "cancel", event.cancellable_until),
        ("move", "reschedule", event.reschedulable_until),
    ):
        if at <= until:
            rights.append(f"{verb} it until {when(until, reader.timezone)}")
            commands.append(f"  portalctl appointments {command} {event.id}")
    if event.place is Place.VIDEO:
        commands.append(f"  portalctl appointments join {event.id}")
    sentence = f"You may {', and '.join(rights)}:" if rights else "To change it now, ask the practice."
    return (sentence, "\n".join(commands)) if commands else (sentence,)


def _then(tx: Transaction, appointment_id: str, facts: Row) -> Appointment:
    """The appointment with the time, practitioner and state of then, and nothing that anybody wrote about it."""
    now = appointments.get(tx, appointment_id)
    starts_at = datetime.fromtimestamp(facts["starts_at"], UTC)
    changes = {
        "status": AppointmentStatus(facts["status"]),
        "starts_at": starts_at,
        "ends_at": datetime.fromtimestamp(facts["ends_at"], UTC),
        "cancellable_until": starts_at - (now.starts_at - now.cancellable_until),
        "reschedulable_until": starts_at - (now.starts_at - now.reschedulable_until),
        "sequence": facts["sequence"],
        "note": None,
        "reason": None,
    }
    if facts["practitioner_id"] != now.practitioner_id:
        member = staff.get(tx, facts["practitioner_id"])
        assert member is not None  # noqa: S101  people stay on record
        changes |= {
            "practitioner_id": member.id,
            "practitioner": member.name,
            "practitioner_timezone": member.timezone,
        }
    return now.model_copy(update=changes)


def _span(event: Appointment, zone: str) -> str:
    """`Mon 2 Mar 2026 09:00 CET to 09:50 CET`."""
    return f"{when(event.starts_at, zone)} to {event.ends_at.astimezone(ZoneInfo(zone)):%H:%M %Z}"
