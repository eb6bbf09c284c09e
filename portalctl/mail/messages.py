"""A letter as an e-mail message (RFC 5322): plain text, with the appointment as a calendar file where there is one."""

from __future__ import annotations

from email.headerregistry import Address
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

_POLICY = SMTP.clone(cte_type="7bit")


def message_of(letter: Outgoing) -> EmailMessage:
    """The message; sent a second time it has the same Message-ID."""
    written = letter.written
    practice = written.practice
    sender, recipient = mailable(practice.email), mailable(letter.recipient)
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(practice.name, sender)
    message["To"] = _address(written.reader.name or "", recipient)
    message["Subject"] = visible(written.subject)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    text = "\n".join(visible(line) for line in written.text.split("\n"))
    message.set_content(text, cte="7bit" if _is_plain(text) else "quoted-printable")
    if written.event is not None:
        stands = written.event.status not in _ENDED
        invitation = Invitation(practice.email, letter.recipient, written.reader.name or "", stands)
        message.add_attachment(
            calendar([written.event], practice.name, letter.at, invitation),
            maintype="text",
            subtype="calendar",
            filename="appointment.ics",
            params={"method": "REQUEST" if stands else "CANCEL", "charset": "utf-8"},
        )
        message.set_boundary(f"=_{letter.id}")
    return message


def _is_plain(text: str) -> bool:
    """Whether the text travels as it is (RFC 5322): a link in it is then one unbroken line in the source, too."""
    return text.isascii() and all(len(line) <= _LONGEST_LINE for line in text.split("\n"))


def mailable(address: str) -> str:
    """An address with its domain in ASCII (RFC 5890)."""
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(visible(name), user, domain)
