"""Which notices come by e-mail is their reader's choice, and so is when reminders do."""

from __future__ import annotations

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal
from portalctl.domain import delivery
from portalctl.domain.notifications import ALWAYS
from portalctl.models.outbox import LetterKind, ListLetters
from portalctl.models.policy import SetPolicy
from portalctl.models.settings import SetNotifications
from tests.domain.booking_setup import book, moment, offer
from tests.domain.conftest import FakeClock


def _sent(portal: EmbeddedPortal) -> list[delivery.Outgoing]:
    """Send all mail that is due."""
    sent = []
    while (letter := delivery.claim(portal._office)) is not None:
        if isinstance(letter, delivery.Outgoing):
            delivery.settle(portal._office, letter)
            sent.append(letter)
    return sent


def test_what_guards_an_account_is_never_turned_off(client: EmbeddedPortal) -> None:
    """Nor are links that somebody asks for."""
    assert {LetterKind.NEW_SIGN_IN, LetterKind.PASSWORD_RESET, LetterKind.MFA_OFF, LetterKind.INVITE} <= ALWAYS
    for kind in ALWAYS:
        with pytest.raises(errors.InvalidInput):
            client.settings.set_notifications(SetNotifications(off=[kind]))


def test_a_letter_that_is_turned_off_before_it_is_due_is_not_sent(
    owner: EmbeddedPortal, client: EmbeddedPortal, clock: FakeClock
) -> None:
    """And one that is turned on again is."""
    offer(owner, reminder_minutes=[60])
    for start in ("2026-03-10 09:00", "2026-03-11 09:00"):
        book(client, moment(start))
    client.settings.set_notifications(SetNotifications(off=[LetterKind.REMINDER]))
    clock.now = moment("2026-03-10 08:30")
    assert not [letter for letter in _sent(owner) if "Reminder" in letter.written.subject]
    client.settings.set_notifications(SetNotifications(on=[LetterKind.REMINDER]))
    clock.now = moment("2026-03-11 08:30")
    assert [letter.written.subject[:8] for letter in _sent(owner)] == ["Reminder"]
    dropped = [
        each.last_error for each in owner.outbox.list(ListLetters(state="dropped")).items if each.kind == "reminder"
    ]
    assert dropped == ["its reader does without such mail"]


def _reminded(owner: EmbeddedPortal, start: str) -> list[float]:
    """How many minutes before an appointment its reminders wait."""
    waiting = owner.outbox.list(ListLetters(state="waiting")).items
    due = [each.due_at for each in waiting if each.kind == LetterKind.REMINDER]
    return sorted((moment(start) - at).total_seconds() / 60 for at in due)


def test_reminder_times_of_ones_own_take_the_place_of_the_practices_also_for_what_is_booked(
    owner: EmbeddedPortal, client: EmbeddedPortal
) -> None:
    """Until the practice's are wished for again, as they are then, service by service."""
    offer(owner, reminder_minutes=[1440])
    book(client, moment("2026-03-10 09:00"))
    client.settings.set_notifications(SetNotifications(reminder_minutes=[120, 60]))
    assert _reminded(owner, "2026-03-10 09:00") == [60, 120]
    client.settings.set_notifications(SetNotifications(reminder_minutes=[]))
    assert _reminded(owner, "2026-03-10 09:00") == []
    owner.policy.set(SetPolicy(service="Session", reminder_minutes=[30]))
    client.settings.set_notifications(SetNotifications(usual_reminders=True))
    assert _reminded(owner, "2026-03-10 09:00") == [30]


def test_only_clients_are_reminded(owner: EmbeddedPortal) -> None:
    """A practitioner has a calendar; they hear what clients do, and may do without."""
    for request in (
        SetNotifications(reminder_minutes=[60]),
        SetNotifications(off=[LetterKind.REMINDER]),
        SetNotifications(reminder_minutes=[60], usual_reminders=True),
    ):
        with pytest.raises(errors.InvalidInput):
            owner.settings.set_notifications(request)
    chosen = owner.settings.set_notifications(SetNotifications(off=[LetterKind.BOOKED]))
    assert chosen.turned_off == [LetterKind.BOOKED]
