"""Quarantine: a file that nobody can read until a scanner has passed it, or the practice's owner has.

Where files are scanned each waits from the moment it is made. What the practice shares is out of its clients' sight so
long, and they are told of it once it is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from portalctl import errors
from portalctl.domain import letters
from portalctl.domain.office import Office, Visit
from portalctl.models.documents import Document, QuarantineState
from portalctl.storage import audit, clients, documents, scans
from portalctl.storage.engine import Transaction
from portalctl.storage.owners import PRACTICE

SCANNER = "scanner"
"""The actor in the audit of what a scanner decides."""

LEASE = 60
"""Seconds for which a file is its scanner's alone, unless they are asked for again."""

LONGEST_DELAY = 900
"""Seconds between two tries to have a file scanned, at the most."""

_FIRST_DELAY = 5


class Waiting(NamedTuple):
    """A file for the caller alone to have scanned; `attempt` says how often that was begun."""

    document_id: str
    attempt: int


def put(visit: Visit, document_ids: Sequence[str], *, notify: bool = False) -> None:
    """Have files that were just made wait for a scanner; with `notify` the clients hear of them once they passed."""
    scans.put(visit.transaction, document_ids, visit.second, notify=notify)


def require_passed(document: Document) -> None:
    """Let pass what may be read. Raises Quarantined."""
    if document.quarantine is None:
        return
    if document.quarantine == QuarantineState.INFECTED:
        raise errors.Quarantined(
            f"the scanner found something in {document.name!r}", "ask whoever sent it for a clean one"
        )
    raise errors.Quarantined(f"no scanner has passed {document.name!r} yet", "try again in a minute")


def claim(office: Office) -> Waiting | None:
    """The file that has waited the longest, for the caller alone for a minute; None where none is due."""
    at = _second(office)
    with office.store.reading() as tx:
        if not scans.is_due(tx, at):
            return None
    with office.store.writing() as tx:
        row = scans.claim(tx, at, at + LEASE)
    return Waiting(row["document_id"], row["attempts"]) if row is not None else None


def keep(office: Office, waiting: Waiting) -> None:
    """Have the file for another minute."""
    _set_due(office, waiting, LEASE)


def settle(office: Office, document_id: str, *, passed: bool) -> None:
    """Write down what a scanner found: the file is out of quarantine, or stays in it for good."""
    at = _second(office)
    with office.store.writing() as tx:
        tx.hold(f"document:{document_id}")
        held = scans.get(tx, document_id)
        if held is None or held["quarantine"] != QuarantineState.WAITING:
            return
        for client_id in documents.readers(tx, document_id) or [PRACTICE]:
            audit.append(
                tx,
                chain=client_id,
                at=at,
                actor=SCANNER,
                role=SCANNER,
                action="documents.passed" if passed else "documents.infected",
                subject=document_id,
            )
        if passed:
            _let_out(tx, document_id, at, notify=bool(held["notify"]))
        else:
            scans.keep_in(tx, document_id)


def release(visit: Visit, document_id: str) -> None:
    """Let a file out, whatever a scanner found."""
    held = scans.get(visit.transaction, document_id)
    _let_out(visit.transaction, document_id, visit.second, notify=held is not None and bool(held["notify"]))


def postpone(office: Office, waiting: Waiting, *, at_once: bool = False) -> None:
    """Let a file wait for the next try, each time longer; at once where this one was given up half-way."""
    _set_due(office, waiting, 0 if at_once else min(LONGEST_DELAY, _FIRST_DELAY << min(waiting.attempt - 1, 10)))


def _set_due(office: Office, waiting: Waiting, seconds: int) -> None:
    with office.store.writing() as tx:
        scans.set_due(tx, waiting.document_id, _second(office) + seconds, attempt=waiting.attempt)


def _let_out(tx: Transaction, document_id: str, at: int, *, notify: bool) -> None:
    scans.let_out(tx, document_id, at)
    if notify:
        found = [clients.get(tx, client_id) for client_id in documents.readers(tx, document_id)]
        letters.tell_of_documents(tx, at, {client.id: client.email for client in found if client is not None})


def _second(office: Office) -> int:
    return int(office.clock().timestamp())
