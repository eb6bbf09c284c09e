"""Letters on their way: one at a time is claimed, given to a relay by the caller, and settled.

A claim runs out, so that a letter whose sender died is sent by another: every letter is sent at least once.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from portalctl.domain import letter_texts, letters, links
from portalctl.domain.ids import new_id
from portalctl.domain.letter_texts import Written
from portalctl.domain.office import Office
from portalctl.domain.reset_links import RESET_MINUTES
from portalctl.storage import accounts, audit, outbox, resets
from portalctl.storage.engine import Row, Transaction

LEASE = 600
"""Seconds for which a claimed letter is its claimer's alone: longer than any relay takes over one."""

ATTEMPTS = 20
"""So many tries, which take two days, are enough."""

_FIRST_DELAY, _LONGEST_DELAY = 60, 14_400


class Outgoing(NamedTuple):
    """A letter to send now; it is settled, or postponed, by its `id` and `attempt`."""

    id: str
    attempt: int
    recipient: str
    written: Written
    at: datetime


class Dropped(NamedTuple):
    """A letter that was due and is not to be sent; `failed` when it was tried too often."""

    id: str
    failed: bool


def delay_after(attempt: int) -> int:
    """Seconds to wait after so many attempts: a minute, then twice as long each time, up to four hours."""
    return min(_LONGEST_DELAY, _FIRST_DELAY << min(attempt - 1, 10))


def claim(office: Office) -> Outgoing | Dropped | None:
    """The next letter that is due, for the caller alone; one that is not to be sent is settled on the way.

    None where nothing is due.
    """
    now = office.clock()
    at = int(now.timestamp())
    with office.store.reading() as tx:
        if not outbox.is_due(tx, at):
            return None
    key = office.portal_key()
    with office.store.writing() as tx:
        letter = outbox.claim(tx, at, at + LEASE)
        if letter is None:
            return None
        if letter["attempts"] > ATTEMPTS:
            outbox.settle(tx, letter["id"], "failed", at, letter["last_error"] or "its sender did not return")
            return Dropped(letter["id"], failed=True)
        known = _with_reset(tx, letter, at) if letter["subject_id"] == letters.NOBODY else letter
        why = letter_texts.objection(tx, known, at) if known is not None else "the address has no account"
        if known is None or why is not None:
            outbox.settle(tx, letter["id"], "dropped", at, why)
            return Dropped(letter["id"], failed=False)
        written = letter_texts.write(
            tx, known, now, lambda kind, about: links.link(office.portal_url, kind, about, key)
        )
        return Outgoing(letter["id"], letter["attempts"], letter["recipient"], written, now)


def settle(office: Office, letter: Outgoing, refusal: str | None = None) -> None:
    """Write down that a letter was sent, or refused for good."""
    with office.store.writing() as tx:
        outbox.settle(tx, letter.id, "failed" if refusal else "sent", _second(office), refusal)


def postpone(office: Office, letter: Outgoing, why: str) -> bool:
    """Let a letter wait for its next try, each time longer; no, where this was the last one: it has failed."""
    at = _second(office)
    with office.store.writing() as tx:
        if letter.attempt >= ATTEMPTS:
            outbox.settle(tx, letter.id, "failed", at, why)
            return False
        outbox.postpone(tx, letter.id, attempt=letter.attempt, due_at=at + delay_after(letter.attempt), why=why)
        return True


def clear(office: Office) -> None:
    """Drop some letters that nobody sent in time, and forget some that were settled long ago."""
    at = _second(office)
    with office.store.reading() as tx:
        if not letters.is_clearable(tx, at):
            return
    with office.store.writing() as tx:
        letters.clear(tx, at)


def _with_reset(tx: Transaction, letter: Row, at: int) -> Row | None:
    """The letter about the reset link that its reader gets: the one they have, or a new one. None: no account."""
    account = accounts.by_email(tx, letter["recipient"])
    if account is None or not account["active"]:
        return None
    tx.hold(f"account:{account['account_id']}")
    person_id = accounts.person_id(account)
    found = resets.open_for(tx, account["account_id"])
    if found is None or found["expires_at"] - at < 30 * RESET_MINUTES:
        resets.revoke_open(tx, account["account_id"], at)
        reset_id = new_id(links.LinkKind.RESET.prefix)
        expires_at = at + 60 * RESET_MINUTES
        resets.insert(tx, id=reset_id, account_id=account["account_id"], created_at=at, expires_at=expires_at)
    else:
        reset_id = found["id"]
    audit.append(
        tx,
        chain=account["client_id"] or "practice",
        at=at,
        actor=letters.NOBODY,
        role=letters.NOBODY,
        action="sessions.request_reset",
        subject=person_id,
    )
    outbox.put_about(tx, letter["id"], person_id=person_id, subject_id=reset_id)
    return {**letter, "person_id": person_id, "subject_id": reset_id}


def _second(office: Office) -> int:
    return int(office.clock().timestamp())
