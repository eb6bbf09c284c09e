"""Appointments as a calendar file (RFC 5545), for any calendar program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from portalctl import __version__
from portalctl.models.appointments import Appointment, AppointmentStatus
from portalctl.models.place import Place

if TYPE_CHECKING:
    from icalendar import Event, Timezone

_STATUS = {
    AppointmentStatus.REQUESTED: "TENTATIVE",
    AppointmentStatus.BOOKED: "CONFIRMED",
    AppointmentStatus.ATTENDED: "CONFIRMED",
    AppointmentStatus.NO_SHOW: "CONFIRMED",
    AppointmentStatus.DECLINED: "CANCELLED",
    AppointmentStatus.CANCELLED: "CANCELLED",
    AppointmentStatus.LATE_CANCELLED: "CANCELLED",
}
_MARGIN = timedelta(days=366)
"""How far around the appointments the rules of a zone are given: calendar programs look at the weeks beside."""


class Invitation(NamedTuple):
    """What makes a calendar file a message (RFC 5546): who arranges the event, who comes, whether it still stands."""

    organizer: str
    attendee: str
    attendee_name: str
    stands: bool


def calendar(
    appointments: Sequence[Appointment], practice: str, now: datetime, invitation: Invitation | None = None
) -> bytes:
    """One event per appointment, in its practitioner's zone. An appointment keeps its UID; a move raises SEQUENCE.

    With an invitation the file asks a calendar program to enter the event, or to strike it out.
    """
    from icalendar import Calendar

    found = Calendar()
    found.add("prodid", f"-//portalctl//portalctl {__version__}//EN")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", _method(invitation))
    spans: dict[str, list[datetime]] = {}
    for one in appointments:
        spans.setdefault(one.practitioner_timezone, []).extend((one.starts_at, one.ends_at))
    for name, moments in sorted(spans.items()):
        if name != "UTC":
            found.add_component(_timezone(name, min(moments) - _MARGIN, max(moments) + _MARGIN))
    for one in appointments:
        event = _event(one, practice, now)
        if invitation is not None:
            _invite(event, practice, invitation)
        found.add_component(event)
    content: bytes = found.to_ical()
    return content


def _method(invitation: Invitation | None) -> str:
    if invitation is None:
        return "PUBLISH"
    return "REQUEST" if invitation.stands else "CANCEL"


def _invite(event: Event, practice: str, invitation: Invitation) -> None:
    from icalendar import vCalAddress, vText

    organizer, attendee = vCalAddress(f"mailto:{invitation.organizer}"), vCalAddress(f"mailto:{invitation.attendee}")
    organizer.params["CN"] = vText(_quotable(practice))
    attendee.params["CN"] = vText(_quotable(invitation.attendee_name))
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    event.add("organizer", organizer)
    event.add("attendee", attendee)


def _quotable(name: str) -> str:
    """The name as a parameter may hold it (RFC 5545): without quotation marks and control characters."""
    return "".join("'" if character == '"' else character for character in name if character.isprintable())


def _event(appointment: Appointment, practice: str, now: datetime) -> Event:
    from icalendar import Event

    zone = ZoneInfo(appointment.practitioner_timezone)
    places = {Place.IN_PERSON: practice, Place.VIDEO: "Video", Place.PHONE: "Phone"}
    event = Event()
    event.add("uid", f"{appointment.id}@portalctl")
    event.add("dtstamp", now)
    event.add("created", appointment.created_at)
    event.add("last-modified", appointment.updated_at)
    event.add("sequence", appointment.sequence)
    event.add("dtstart", _unambiguous(appointment.starts_at, zone))
    event.add("dtend", _unambiguous(appointment.ends_at, zone))
    event.add("status", _STATUS[appointment.status])
    event.add("summary", f"{appointment.service} with {appointment.practitioner}")
    event.add("location", places[appointment.place])
    return event


def _unambiguous(moment: datetime, zone: tzinfo) -> datetime:
    """Local time; in UTC where it is the second of a doubled hour, since RFC 5545 reads a doubled time as the first."""
    local = moment.astimezone(zone)
    return moment.astimezone(UTC) if local.fold else local


def _timezone(name: str, first: datetime, last: datetime) -> Timezone:
    """The zone's changes of clocks in that span, each at the wall-clock time that RFC 5545 wants: that of before it."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    zone = ZoneInfo(name)
    found = Timezone()
    found.add("tzid", name)
    for change in (first, *_changes(zone, first, last)):
        after = change.astimezone(zone)
        before = after if change == first else (change - timedelta(seconds=1)).astimezone(zone)
        offset_before, offset_after = before.utcoffset() or timedelta(), after.utcoffset() or timedelta()
        part = TimezoneDaylight() if (after.dst() or timedelta()) > timedelta() else TimezoneStandard()
        part.add("dtstart", (change + offset_before).replace(tzinfo=None))
        part.add("tzoffsetfrom", offset_before)
        part.add("tzoffsetto", offset_after)
        part.add("tzname", after.tzname() or name)
        found.add_component(part)
    return found


def _changes(zone: tzinfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """The instants within the span at which the zone's offset from UTC changes, to the second."""
    day, second = timedelta(days=1), timedelta(seconds=1)
    before = first.astimezone(UTC)
    while before < last:
        after = before + day
        low, high = before, after
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > second:
                middle = low + timedelta(seconds=(high - low) // second // 2)
                if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            yield high
        before = after
