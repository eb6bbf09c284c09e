"""What a letter says, and that nothing in it can be anything else than text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses, parseaddr
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from portalctl.domain.account_letters import Reader
from portalctl.domain.delivery import Outgoing
from portalctl.domain.letter_texts import Written
from portalctl.mail.messages import message_of
from portalctl.models.appointments import (
    AppointmentReference,
    BookAppointment,
    BookSeries,
    CancelAppointment,
    DeclineAppointment,
    RescheduleAppointment,
)
from portalctl.models.devices import DeviceReference, PollDevice, StartDevice
from portalctl.models.hours import SetHours
from portalctl.models.place import Place
from portalctl.models.policy import SetPolicy
from portalctl.models.practice import Practice as PracticeRecord
from portalctl.models.relationships import AddRelationship
from portalctl.models.services import AddService, EditService
from portalctl.models.sessions import SignIn
from portalctl.models.slots import FindSlots
from portalctl.models.staff import AddStaff
from portalctl.output.safe import visible
from tests.domain.booking_setup import moment, move
from tests.domain.conftest import FakeClock
from tests.mail.practice import ANNA, OWNER, PASSWORD, PORTAL, Practice
from tests.mail.relay import MailServer

NINE, TEN = moment("2026-03-30 09:00"), moment("2026-03-30 10:00")
"""A Monday after the clocks went forward."""

CANARY = "CANARY-7d21"


def text_of(message: EmailMessage) -> str:
    """The words of a message."""
    part = message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def words_of(message: EmailMessage) -> str:
    """Its words without the line breaks between them."""
    return " ".join(text_of(message).split())


def event_of(message: EmailMessage) -> tuple[str, Any]:
    """The method of a message's calendar file, and its event."""
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part.get_filename() == "appointment.ics"
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    calendar = Calendar.from_ical(content)
    assert str(calendar["METHOD"]) == part.get_param("method")
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


@pytest.fixture
def furnished(practice: Practice) -> Practice:
    """The practice gives sessions, and Anna has an invite."""
    practice.furnish(reminder_minutes=[60])
    practice.invite()
    return practice


def sent(practice: Practice, relay: MailServer) -> list[EmailMessage]:
    """What a round sends."""
    before = len(relay.taken)
    practice.send(relay.url)
    return relay.taken[before:]


def test_the_headers_say_who_writes_to_whom_when_and_that_no_person_did(
    practice: Practice, relay: MailServer, clock: FakeClock
) -> None:
    practice.invite(name="Anna Bianchi")
    (message,) = sent(practice, relay)
    assert message["From"] == "Studio Rossi <rossi@example.com>"
    assert message["To"] == "Anna Bianchi <anna@example.com>"
    assert relay.envelopes == [(OWNER, [ANNA])]
    assert message["Date"].datetime == clock()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{practice.letter()['id']}@example.com>"
    assert set(message.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
        *("Content-Type", "Content-Transfer-Encoding", "X-Peer", "X-MailFrom", "X-RcptTo"),
    }


def test_an_invite_says_who_invites_how_to_accept_and_until_when(practice: Practice, relay: MailServer) -> None:
    invite = practice.invite()
    practice.owner.staff.add(AddStaff(email="eva@example.com", name="Eva", timezone="America/New_York"))
    close = AddRelationship(client=ANNA, name="Rosa", kind="mother", email="rosa@example.com", portal_access=True)
    practice.owner.relationships.add(close)
    to_client, to_staff, to_relative = sorted(sent(practice, relay), key=lambda message: str(message["To"]))
    assert to_client["Subject"] == "Studio Rossi invites you to its portal"
    for words in (invite.link, "portalctl signup -", "until Mon 9 Mar 2026 09:00 CET", "Hello Anna Bianchi,"):
        assert words in words_of(to_client)
    assert "as one of its people" in words_of(to_staff)
    assert "Hello Rosa, Studio Rossi invites you to its client portal, as somebody close to one of" in words_of(
        to_relative
    )
    assert "Anna" not in words_of(to_relative)
    assert "until Mon 9 Mar 2026 04:00 EDT" in words_of(to_staff)


def test_a_booking_is_told_in_the_zone_of_each_reader_with_its_abbreviation(
    furnished: Practice, relay: MailServer
) -> None:
    booked = furnished.book(furnished.join(timezone="America/New_York"), NINE)
    sent(furnished, relay)
    (to_client,), (to_practitioner,) = relay.to(ANNA), relay.to(OWNER)
    assert to_client["Subject"] == "Booked: Mon 30 Mar 2026 03:00 EDT, Studio Rossi"
    assert "Mon 30 Mar 2026 03:00 EDT to 04:00 EDT" in text_of(to_client)
    assert "With:    Dr Rossi" in text_of(to_client)
    assert f"portalctl appointments cancel {booked.id}" in text_of(to_client)
    assert to_practitioner["Subject"] == "Booked: Mon 30 Mar 2026 09:00 CEST, Studio Rossi"
    assert "With:    Anna Bianchi" in text_of(to_practitioner)


def test_no_subject_tells_what_somebody_is_treated_for(furnished: Practice, relay: MailServer) -> None:
    """Subjects are shown on locked screens."""
    furnished.book(furnished.join(), NINE)
    for message in sent(furnished, relay):
        assert "Session" not in message["Subject"]
        assert "Session" in text_of(message)


def test_the_calendar_file_enters_moves_and_strikes_out_one_event(furnished: Practice, relay: MailServer) -> None:
    client = furnished.join()
    booked = furnished.book(client, NINE)
    moved = move(client, booked, TEN)
    client.appointments.cancel(CancelAppointment(id=moved.id))
    for message in sent(furnished, relay):
        word = message["Subject"].partition(":")[0]
        method, event = event_of(message)
        assert str(event["UID"]) == f"{booked.id}@portalctl"
        assert str(event["ORGANIZER"]) == f"mailto:{OWNER}"
        assert str(event["ATTENDEE"]) == f"mailto:{message['To'].addresses[0].addr_spec}"
        seen = (method, str(event["STATUS"]), int(event["SEQUENCE"]), event.start)
        assert (
            seen
            == {
                "Booked": ("REQUEST", "CONFIRMED", 0, NINE),
                "Moved": ("REQUEST", "CONFIRMED", 1, TEN),
                "Cancelled": ("CANCEL", "CANCELLED", 2, TEN),
            }[word]
        )
    assert len(relay.taken) == 6


def test_a_series_is_one_letter_whose_calendar_file_holds_all_of_it(furnished: Practice, relay: MailServer) -> None:
    first = BookAppointment(service="Session", practitioner="Dr Rossi", starts_at=NINE, client=ANNA, note=CANARY)
    booked = furnished.owner.appointments.book_series(BookSeries(first=first, weeks=3))
    sent(furnished, relay)
    (message,) = [each for each in relay.to(ANNA) if each["Subject"].startswith("Booked")]
    assert message["Subject"] == "Booked: 3 appointments from Mon 30 Mar 2026 09:00 CEST, Studio Rossi"
    for day in ("30 Mar", "6 Apr", "13 Apr"):
        assert f"  Mon {day} 2026 09:00 CEST to 10:00 CEST\n" in text_of(message)
    (part,) = message.iter_attachments()
    calendar = Calendar.from_ical(str(part.get_content()))
    assert (str(calendar["METHOD"]), part.get_param("method")) == ("PUBLISH", "PUBLISH")
    assert [str(event["UID"]) for event in calendar.walk("VEVENT")] == [f"{each.id}@portalctl" for each in booked]
    assert CANARY not in message.as_string() + calendar.to_ical().decode()


def test_a_letter_offers_only_what_may_still_be_done(furnished: Practice, relay: MailServer) -> None:
    """By the notice that was in force when it was booked, seen when the letter is sent."""
    booked = furnished.book(furnished.join(), NINE)
    sent(furnished, relay)
    offered = words_of(relay.to(ANNA)[-1])
    until = "until Sun 29 Mar 2026 09:00 CEST"
    assert f"You may cancel it {until}, and move it {until}:" in offered
    assert f"portalctl appointments reschedule {booked.id}" in offered
    furnished.clock.now = NINE - timedelta(minutes=60)
    sent(furnished, relay)
    reminder = words_of(relay.to(ANNA)[-1])
    assert "To change it now, ask the practice." in reminder
    assert "reschedule" not in reminder


def test_a_video_call_is_joined_with_a_command_and_no_link_is_mailed(furnished: Practice, relay: MailServer) -> None:
    room = "https://meet.example.com/rossi"
    furnished.owner.services.add(AddService(name="Call", duration_minutes=30, place=Place.VIDEO, room_url=room))
    client = furnished.join()
    request = BookAppointment(service="Call", practitioner="Dr Rossi", starts_at=NINE)
    booked = client.appointments.book(request)
    for message in sent(furnished, relay):
        assert room not in message.as_string() + event_of(message)[1].to_ical().decode()
    assert f"portalctl appointments join {booked.id}" in text_of(relay.to(ANNA)[-1])


def test_security_notices_say_when_where_from_and_what_to_do(practice: Practice, relay: MailServer) -> None:
    practice.everybody.sessions.sign_in(SignIn(email=OWNER, password=PASSWORD))
    (message,) = sent(practice, relay)
    assert message["Subject"] == "A new sign-in at Studio Rossi"
    assert "  Mon 2 Mar 2026 09:00 CET, from 192.0.2.1\n" in text_of(message)
    assert f"portalctl password reset --email {OWNER}" in text_of(message)
    assert list(message.iter_attachments()) == []


def test_a_device_that_was_let_in_is_told_of_like_a_sign_in(practice: Practice, relay: MailServer) -> None:
    practice.invite()
    client = practice.join()
    elsewhere = practice.everybody.at("198.51.100.7")
    asking = elsewhere.devices.start(StartDevice(name="laptop"))
    client.devices.allow(DeviceReference(user_code=asking.user_code))
    elsewhere.devices.poll(PollDevice(device_code=asking.device_code))
    (message,) = sent(practice, relay)
    assert message["Subject"] == "A new sign-in at Studio Rossi"
    assert "from 198.51.100.7" in text_of(message)


def test_a_request_is_tentative_until_it_is_answered(furnished: Practice, relay: MailServer) -> None:
    furnished.owner.policy.set(SetPolicy(approval_required=True))
    client = furnished.join()
    yes, no = furnished.book(client, NINE), furnished.book(client, TEN)
    sent(furnished, relay)
    furnished.owner.appointments.approve(AppointmentReference(id=yes.id))
    furnished.owner.appointments.decline(DeclineAppointment(id=no.id, reason=CANARY))
    sent(furnished, relay)
    seen = {message["Subject"].split()[0]: event_of(message) for message in relay.to(ANNA)}
    assert {word: (method, str(event["STATUS"])) for word, (method, event) in seen.items()} == {
        "Requested:": ("REQUEST", "TENTATIVE"),
        "Approved:": ("REQUEST", "CONFIRMED"),
        "Declined:": ("CANCEL", "CANCELLED"),
    }


def test_a_move_tells_the_time_before_and_a_lost_practitioner_strikes_the_event_out(
    furnished: Practice, relay: MailServer
) -> None:
    furnished.owner.staff.add(AddStaff(email="eva@example.com", name="Eva"))
    furnished.join("eva@example.com")
    furnished.owner.hours.set(SetHours(practitioner="Eva", weekdays=[1], windows=["00:00-00:00"]))
    furnished.owner.services.edit(EditService(service="Session", practitioners=["Dr Rossi", "Eva"]))
    client = furnished.join()
    booked = furnished.book(client, NINE)
    slot = client.slots.find(FindSlots(service="Session", practitioner="Eva", starts_from=TEN))[0]
    client.appointments.reschedule(RescheduleAppointment(id=booked.id, slot=slot.id))
    sent(furnished, relay)
    (gained,) = relay.to("eva@example.com")
    assert "When:    Mon 30 Mar 2026 10:00 CEST to 11:00 CEST" in text_of(gained)
    assert "Before:  Mon 30 Mar 2026 09:00 CEST to 10:00 CEST" in text_of(gained)
    (lost,) = [message for message in relay.to(OWNER) if message["Subject"].startswith("Moved away: ")]
    method, event = event_of(lost)
    assert "When:    Mon 30 Mar 2026 09:00 CEST" in text_of(lost)
    assert (method, int(event["SEQUENCE"]), event.start) == ("CANCEL", 1, NINE)


def test_what_was_moved_before_it_was_told_is_told_as_it_was_then(furnished: Practice, relay: MailServer) -> None:
    """Each letter tells of its own moment, however late it is sent."""
    client = furnished.join()
    move(client, furnished.book(client, NINE), TEN)
    sent(furnished, relay)
    assert {message["Subject"] for message in relay.to(ANNA)} == {
        "Booked: Mon 30 Mar 2026 09:00 CEST, Studio Rossi",
        "Moved: Mon 30 Mar 2026 10:00 CEST, Studio Rossi",
    }


def test_nothing_that_people_wrote_about_an_appointment_is_mailed(furnished: Practice, relay: MailServer) -> None:
    client = furnished.join()
    booked = furnished.book(client, NINE, note=CANARY)
    client.appointments.cancel(CancelAppointment(id=booked.id, reason=CANARY))
    for message in sent(furnished, relay):
        assert CANARY not in message.as_string()
        assert CANARY not in event_of(message)[1].to_ical().decode()


def test_a_letter_with_its_own_link_only(practice: Practice, relay: MailServer) -> None:
    practice.invite()
    (message,) = sent(practice, relay)
    assert re.findall(r"https?://\S+", text_of(message)) == re.findall(rf"{PORTAL}/invite/\S+", text_of(message))


def record(name: str, email: str = OWNER) -> PracticeRecord:
    """A practice of that name."""
    now = datetime.fromisoformat("2026-03-02T08:00:00Z")
    return PracticeRecord(id="prc_1", name=name, email=email, timezone="Europe/Rome", created_at=now)


def letter(
    subject: str = "Subject",
    text: str = "Text\n",
    *,
    name: str = "Anna",
    practice: PracticeRecord | None = None,
    recipient: str = ANNA,
) -> EmailMessage:
    """A message as it arrives."""
    made = practice or record("Studio Rossi")
    written = Written(Reader(name, "Europe/Rome", is_client=True), made, subject, text)
    now = datetime.fromisoformat("2026-03-02T08:00:00Z") + timedelta(hours=1)
    message = message_of(Outgoing("out_7k2m9x4qv3bd", 1, recipient, written, now))
    raw = message.as_bytes()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert not re.search(rb"[^\r]\n|\r[^\n]", raw)
    arrived = message_from_bytes(raw, policy=default)
    assert isinstance(arrived, EmailMessage)
    return arrived


def raw(message: EmailMessage, header: str) -> str:
    """A header on one line, as it travels: the library's reader of structured ones puts spaces into names."""
    (value,) = [value for name, value in message.raw_items() if name == header]
    return re.sub(r"\r?\n(?=[ \t])", "", str(value))


def decoded(text: str) -> str:
    """The text of encoded words (RFC 2047)."""
    return " ".join(str(make_header(decode_header(text))).split())


def name_in(message: EmailMessage, header: str) -> str:
    """The display name of an address."""
    return decoded(parseaddr(raw(message, header))[0])


def address_in(message: EmailMessage, header: str) -> str:
    """The one address in a header."""
    ((_, address),) = getaddresses([raw(message, header)])
    return address


def shown(name: str) -> str:
    """What a reader should see of a name."""
    return " ".join(visible(name).replace("=?", "= ?").split())


HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "MIME-Version"]

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.strip).filter(bool)
"""Like those of requests, but with control characters."""


@settings(deadline=None, max_examples=60, phases=[Phase.explicit, Phase.generate])
@given(names, names)
@example('Dr "Quote" O\'Brien, MD; <x@y.example>', "Anna\r\nBcc: everybody@example.com")
@example("a\u2028Bcc: x@example.com\u0085\x0b\x0c\x1c\x1d\x1e", "=?utf-8?q?evil?= \\")
@example("Łukasz 佐藤 \u202eevil 👩‍⚕️" * 3, ".")
@example("=?utf-8?q?a=0D=0ABcc=3A_x=40example.com?=", "=?utf-8?b?Cg==?= =?utf-8?q?=0A?=")
@example("(comment) @ [1.2.3.4]", "very long name" * 30)
def test_no_name_can_be_more_than_a_name(practice_name: str, client_name: str) -> None:
    """Whatever its characters: no header is added, and the addresses stay what they are."""
    arrived = letter(f"To {client_name}", f"Hello {client_name},\n", name=client_name, practice=record(practice_name))
    assert sorted(set(arrived.keys()) - {"Content-Transfer-Encoding"}) == sorted(HEADERS)
    assert [address_in(arrived, header) for header in ("From", "To")] == [OWNER, ANNA]
    assert [name_in(arrived, header) for header in ("From", "To")] == [shown(practice_name), shown(client_name)]
    assert decoded(raw(arrived, "Subject")) == shown(f"To {client_name}")
    assert text_of(arrived).split("\n") == [visible(line) for line in f"Hello {client_name},\n".split("\n")]


def test_domains_of_other_scripts_travel_in_ascii() -> None:
    """As the names that they are today: RFC 5891 no longer writes ß as ss."""
    arrived = letter(recipient="anna@bücher.example", practice=record("Praxis", "praxis@straße.example"))
    assert arrived["To"].addresses[0].addr_spec == "anna@xn--bcher-kva.example"
    assert arrived["Message-ID"] == "<out_7k2m9x4qv3bd@xn--strae-oqa.example>"


def test_a_letter_for_an_address_in_another_script_arrives_where_the_relay_can(
    practice: Practice, relay: MailServer
) -> None:
    practice.invite("zoë@example.com", "Zoë")
    assert practice.send(relay.url).sent == 1
    assert relay.envelopes[0][1] == ["zoë@example.com"]


def test_a_text_of_other_scripts_and_a_line_of_any_length_arrive_whole() -> None:
    text = "Grüße, 佐藤 👩‍⚕️\n\n" + "x" * 3000 + "\n.\n..\nFrom here\n"
    assert text_of(letter(text=text)) == text
