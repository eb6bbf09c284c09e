"""Letters: each is a row of the outbox, written in the transaction of what it tells of.

A row holds ids, an address and the moments of then. What is said, and the links, are made when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portalctl.domain.ids import new_id
from portalctl.domain.notifications import reminders_for, wants
from portalctl.domain.office import Visit
from portalctl.models.appointments import Appointment, AppointmentStatus
from portalctl.models.outbox import LetterKind
from portalctl.models.role import Role
from portalctl.storage import accounts, batches, clients, outbox, staff
from portalctl.storage.engine import Row, Transaction

NOBODY = "unknown"
"""Whom a letter is for, and what it is about, until it is found out when it is sent."""

WORTH_SENDING = 7 * 86_400
"""Seconds: a letter that nobody has sent so long after it was due is dropped."""

KEPT = 30 * 86_400
"""Seconds for which a letter that was settled is remembered."""

_AT_ONCE = 100
"""How many old letters one step clears away at the most."""

_TO_PRACTITIONER = (LetterKind.REQUESTED, LetterKind.BOOKED, LetterKind.MOVED, LetterKind.CANCELLED)


def tell_of_invite(visit: Visit, invite_id: str, person_id: str, email: str) -> None:
    """The one who is invited gets the link."""
    _post(visit.transaction, visit.second, LetterKind.INVITE, email, person_id, invite_id)


def tell_of_appointment(
    visit: Visit,
    appointment: Appointment,
    kind: LetterKind,
    *,
    reminders: Sequence[int] = (),
    before: Appointment | None = None,
) -> None:
    """The client hears what happened to their appointment, and the practitioner what a client did to it.

    Reminders, in minutes before the start unless the client has chosen their own, take the place of those there were;
    an appointment that is not agreed has none. `before` is what was moved. What is booked as one of a series is told
    of with the series.
    """
    tx, at = visit.transaction, visit.second
    email = _email(tx, appointment)
    facts = _facts(appointment) | ({"before": _facts(before)} if before is not None else {})
    if kind is not LetterKind.BOOKED or appointment.series_id is None:
        _post(tx, at, kind, email, appointment.client_id, appointment.id, facts)
    if visit.caller.role is Role.CLIENT and kind in _TO_PRACTITIONER:
        _tell_practitioner(tx, at, appointment, kind, facts)
        if before is not None and before.practitioner_id != appointment.practitioner_id:
            status = AppointmentStatus.CANCELLED.value
            lost = _facts(before) | {"sequence": appointment.sequence, "status": status, "moved_away": True}
            _tell_practitioner(tx, at, before, LetterKind.CANCELLED, lost)
    if kind not in (LetterKind.REQUESTED, LetterKind.BOOKED):
        outbox.drop_about(tx, appointment.id, LetterKind.REMINDER.value, at, "the appointment was changed")
    if appointment.status is AppointmentStatus.BOOKED:
        _remind(tx, at, appointment, email, reminders)


def remind_anew(tx: Transaction, at: int, appointment: Appointment, reminders: Sequence[int]) -> None:
    """Put the reminders of a booked appointment in the place of those that wait."""
    outbox.drop_about(tx, appointment.id, LetterKind.REMINDER.value, at, "the client chose other times")
    _remind(tx, at, appointment, _email(tx, appointment), reminders)


def tell_of_series(visit: Visit, booked: Sequence[Appointment]) -> None:
    """The client hears of the appointments of a series, in one letter."""
    tx, first = visit.transaction, booked[0]
    facts = [{"id": each.id, **_facts(each)} for each in booked]
    series_id = first.series_id or first.id
    _post(tx, visit.second, LetterKind.BOOKED, _email(tx, first), first.client_id, series_id, {"series": facts})


def tell_of_sign_in(tx: Transaction, at: int, account: Row, address: str) -> None:
    """The account's owner hears that somebody has signed in, and from where."""
    _post(tx, at, LetterKind.NEW_SIGN_IN, account["email"], _person(account), account["account_id"], {"from": address})
    clear(tx, at)


def tell_of_new_password(tx: Transaction, at: int, account: Row, *, one_session_stays: bool = False) -> None:
    """The account's owner hears that the password is another now, and which sessions ended with that."""
    details = {"one_session_stays": True} if one_session_stays else {}
    _post(tx, at, LetterKind.PASSWORD_CHANGED, account["email"], _person(account), account["account_id"], details)


def tell_of_deletion(tx: Transaction, at: int, account: Row) -> None:
    """The account's owner hears that it is gone."""
    _post(tx, at, LetterKind.ACCOUNT_DELETED, account["email"], _person(account), account["account_id"])


def ask_to_confirm(tx: Transaction, at: int, account: Row, email: str, change_id: str) -> None:
    """Whoever reads mail at the address that an account wants gets the code that confirms it."""
    _post(tx, at, LetterKind.EMAIL_CHANGE, email, _person(account), change_id)


def tell_of_new_address(tx: Transaction, at: int, account: Row) -> None:
    """Whoever reads mail at the address that an account had hears that it has another now."""
    _post(tx, at, LetterKind.EMAIL_CHANGED, account["email"], _person(account), account["account_id"])


def tell_of_second_factor(tx: Transaction, at: int, account_id: str, *, is_on: bool, by_practice: bool = False) -> None:
    """The account's owner hears that a code is asked for from now on, or no more, and whether the practice did that."""
    account = accounts.get(tx, account_id)
    assert account is not None  # noqa: S101  its factor was just changed
    kind = LetterKind.MFA_ON if is_on else LetterKind.MFA_OFF
    _post(tx, at, kind, account["email"], _person(account), account_id, {"by_practice": by_practice})


def tell_of_token(visit: Visit, token_id: str, *, scopes: Sequence[str], expires_at: int) -> None:
    """The account's owner hears that a script may act for them from now on, within which scopes and until when."""
    account = accounts.get(visit.transaction, visit.caller.account_id)
    assert account is not None  # noqa: S101  its session has just been used
    details = {"scopes": list(scopes), "expires_at": expires_at}
    _post(
        visit.transaction,
        visit.second,
        LetterKind.TOKEN_MADE,
        account["email"],
        _person(account),
        token_id,
        details,
    )


def ask_for_reset(tx: Transaction, at: int, email: str) -> None:
    """Somebody wants a link to set a new password.

    Whether the address has an account is found out when the letter is sent: asking is the same work for any address.
    """
    _post(tx, at, LetterKind.PASSWORD_RESET, email, NOBODY, NOBODY)


def tell_of_message(visit: Visit, conversation_id: str, person_id: str) -> None:
    """Somebody who takes part in a conversation hears that there is a message, unless that notice still waits."""
    tx = visit.transaction
    if outbox.is_waiting_for(tx, person_id, conversation_id, LetterKind.MESSAGE.value):
        return
    member, client = staff.get(tx, person_id), clients.get(tx, person_id)
    email = client.email if client else member.email if member and member.active else None
    if email is not None:
        _post(tx, visit.second, LetterKind.MESSAGE, email, person_id, conversation_id)


def tell_client_of_message(visit: Visit, conversation_id: str, client_id: str, email: str) -> None:
    """A client hears that there is a message in a conversation that has just begun."""
    _post(visit.transaction, visit.second, LetterKind.MESSAGE, email, client_id, conversation_id)


def tell_of_documents(tx: Transaction, at: int, addresses: Mapping[str, str]) -> None:
    """Clients, by their ids and addresses, hear that there are documents for them, unless that notice still waits."""
    waiting = batches.waiting_letters(tx, LetterKind.DOCUMENTS.value, addresses)
    for client_id, email in addresses.items():
        if client_id not in waiting:
            _post(tx, at, LetterKind.DOCUMENTS, email, client_id, client_id)


def is_clearable(tx: Transaction, at: int) -> bool:
    """Whether there is anything to clear away."""
    return outbox.is_clearable(tx, due_before=at - WORTH_SENDING, settled_before=at - KEPT)


def clear(tx: Transaction, at: int) -> None:
    """Drop some letters that are too old to be worth sending, and forget some that were settled long ago."""
    outbox.drop_older(tx, due_before=at - WORTH_SENDING, at=at, why="nobody sent it in time", limit=_AT_ONCE)
    outbox.forget(tx, settled_before=at - KEPT, limit=_AT_ONCE)


def _remind(tx: Transaction, at: int, appointment: Appointment, email: str, usual: Sequence[int]) -> None:
    facts = _facts(appointment)
    for minutes in reminders_for(tx, appointment.client_id, usual):
        due_at = facts["starts_at"] - 60 * minutes
        if due_at > at:
            _post(tx, at, LetterKind.REMINDER, email, appointment.client_id, appointment.id, facts, due_at)


def _tell_practitioner(
    tx: Transaction, at: int, appointment: Appointment, kind: LetterKind, facts: dict[str, Any]
) -> None:
    practitioner = staff.get(tx, appointment.practitioner_id)
    if practitioner is not None and practitioner.active:
        _post(tx, at, kind, practitioner.email, practitioner.id, appointment.id, facts)


def _email(tx: Transaction, appointment: Appointment) -> str:
    client = clients.get(tx, appointment.client_id)
    assert client is not None  # noqa: S101  an appointment has a client
    return client.email


def _facts(appointment: Appointment) -> dict[str, Any]:
    return {
        "status": appointment.status.value,
        "starts_at": int(appointment.starts_at.timestamp()),
        "ends_at": int(appointment.ends_at.timestamp()),
        "practitioner_id": appointment.practitioner_id,
        "sequence": appointment.sequence,
    }


def _person(account: Row) -> str:
    return accounts.person_id(account)


def _post(
    tx: Transaction,
    at: int,
    kind: LetterKind,
    recipient: str,
    person_id: str,
    subject_id: str,
    details: dict[str, Any] | None = None,
    due_at: int | None = None,
) -> None:
    """Write the letter down, unless its reader does without such; of what is due later they decide until then."""
    if due_at is None and not wants(tx, person_id, kind):
        return
    outbox.insert(
        tx,
        id=new_id("out"),
        kind=kind.value,
        recipient=recipient,
        person_id=person_id,
        subject_id=subject_id,
        details=details or {},
        created_at=at,
        due_at=at if due_at is None else due_at,
    )
