"""A letter as an e-mail message (RFC 5322): plain text, with the appointment as a calendar file where there is one."""

from __future__ import annotations

from base64 import b64encode
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from portalctl.domain.delivery import Outgoing
from portalctl.models.appointments import AppointmentStatus
from portalctl.output.ics import Invitation, calendar
from portalctl.output.safe import visible

_ENDED = (AppointmentStatus.DECLINED, AppointmentStatus.CANCELLED, AppointmentStatus.LATE_CANCELLED)

_LONGEST_LINE = 998
"""Characters (RFC 5322, section 2.1.1)."""

_WORD = 42
"""Bytes of text in one encoded word, which has at most 75 characters (RFC 2047)."""

_POLICY = SMTP.clone(cte_type="7bit", refold_source="none")


def message_of(letter: Outgoing) -> EmailMessage:
    """The message; sent a second time it has the same Message-ID."""
    written = letter.written
    practice = written.practice
    sender, recipient = mailable(practice.email), mailable(letter.recipient)
    message = EmailMessage(policy=_POLICY)
    message.set_raw("From", _mailbox(practice.name, sender))
    message.set_raw("To", _mailbox(written.reader.name or "", recipient))
    message.set_raw("Subject", _phrase(written.subject))
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    text = "\n".join(visible(line) for line in written.text.split("\n"))
    message.set_content(text, cte="7bit" if _is_plain(text) else "quoted-printable")
    if written.events:
        _attach(message, letter)
    return message


def _attach(message: EmailMessage, letter: Outgoing) -> None:
    """One appointment asks to be entered or struck out (RFC 5546); several, which may not do so, are published."""
    events, practice, reader = letter.written.events, letter.written.practice, letter.written.reader
    stands = events[0].status not in _ENDED
    invitation = Invitation(practice.email, letter.recipient, reader.name or "", stands) if len(events) == 1 else None
    method = "PUBLISH" if invitation is None else "REQUEST" if stands else "CANCEL"
    message.add_attachment(
        calendar(events, practice.name, letter.at, invitation),
        maintype="text",
        subtype="calendar",
        filename="appointment.ics" if invitation else "appointments.ics",
        params={"method": method, "charset": "utf-8"},
    )
    message.set_boundary(f"=_{letter.id}")


def _is_plain(text: str) -> bool:
    """Whether the text travels as it is (RFC 5322): a link in it is then one unbroken line in the source, too."""
    return text.isascii() and all(len(line) <= _LONGEST_LINE for line in text.split("\n"))


def mailable(address: str) -> str:
    """An address with its domain in ASCII (RFC 5890)."""
    name, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    from email_validator import validate_email

    return f"{name}@{validate_email(f'x@{domain}', check_deliverability=False, test_environment=True).ascii_domain}"


def _mailbox(name: str, address: str) -> str:
    shown = _phrase(name)
    if not shown:
        return address
    if not shown.startswith("=?"):
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{escaped}"'
    return f"{shown} <{address}>"


def _phrase(text: str) -> str:
    """Text on one line of a header: as it is in ASCII, else as encoded words (RFC 2047), each on a line of its own.

    The library's own folding puts spaces between the words that it makes. What begins like an encoded word is taken
    apart, so that no reader takes it for what it would say.
    """
    shown = visible(text).replace("=?", "= ?").strip()
    if shown.isascii():
        return shown
    pieces = [""]
    for character in shown:
        if len((pieces[-1] + character).encode()) > _WORD:
            pieces.append("")
        pieces[-1] += character
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece.encode()).decode()}?=" for piece in pieces)
