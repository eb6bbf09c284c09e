"""Everything that somebody may see of a portal, noun by noun, into one file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portalctl import errors
from portalctl.commands.export_file import packing, seal, sha256_of
from portalctl.models.account import ExportReport
from portalctl.models.appointments import Appointment, ListAppointments
from portalctl.models.audit import ListAudit
from portalctl.models.conversations import Conversation, ListConversations, Message, ShowConversation
from portalctl.models.documents import Document, ListDocuments
from portalctl.models.invoices import ListInvoices, ListReceipts
from portalctl.models.relationships import ListRelationships
from portalctl.models.role import Role
from portalctl.models.uploads import OpenBody
from portalctl.models.values import Page, Record
from portalctl.output.json_text import json_text
from portalctl.transfer.file_names import safe_name

if TYPE_CHECKING:
    from portalctl.commands.export_file import Packing
    from portalctl.contract.portal import Portal

PAGE = 1000


def export(portal: Portal, target: Path, now: datetime, *, replace: bool) -> ExportReport:
    """Write the file. What a portal cannot do, or the caller has none of, is left out; a document that is damaged, or
    in quarantine, is named.

    Raises NotPermitted for staff, InvalidInput for a file that exists and is not to be replaced.
    """
    account = portal.account.show()
    if account.role not in (Role.CLIENT, Role.RELATED):
        raise errors.NotPermitted(
            "what staff may see is the practice's", "an owner copies all of it with: portalctl practice backup"
        )
    with packing(target, now, replace=replace) as packed:
        packed.add("account.json", [_one(account)])
        packed.add("settings.json", [_one(portal.settings.show())])
        visits = _kept(lambda: _pages(lambda cursor: portal.appointments.list(_asked(ListAppointments, cursor))))
        _lines(packed, "appointments.jsonl", visits)
        packed.add("appointments.ics", [_calendar(visits, account.practice, now)])
        talks = _kept(lambda: _pages(lambda cursor: portal.conversations.list(_asked(ListConversations, cursor))))
        _lines(packed, "conversations.jsonl", talks)
        _lines(packed, "messages.jsonl", (message for talk in talks for message in _messages(portal, talk)))
        relations = _kept(lambda: _pages(lambda cursor: portal.relationships.list(_asked(ListRelationships, cursor))))
        _lines(packed, "relationships.jsonl", relations)
        invoices = _kept(lambda: _pages(lambda cursor: portal.invoices.list(_asked(ListInvoices, cursor))))
        _lines(packed, "invoices.jsonl", invoices)
        receipts = _kept(lambda: _pages(lambda cursor: portal.invoices.receipts(_asked(ListReceipts, cursor))))
        _lines(packed, "receipts.jsonl", receipts)
        _lines(packed, "log.jsonl", _kept(lambda: _pages(lambda cursor: portal.audit.list(_asked(ListAudit, cursor)))))
        found = _kept(lambda: _pages(lambda cursor: portal.documents.list(_asked(ListDocuments, cursor, hidden=True))))
        _lines(packed, "documents.jsonl", found)
        unread = [failure for document in found if (failure := _body(packed, portal, document)) is not None]
        files = len(packed.entries)
        seal(packed, account.practice, account.id, now)
    return ExportReport(
        file=str(target),
        account_id=account.id,
        exported_at=now.replace(microsecond=0),
        files=files,
        documents=len(found) - len(unread),
        bytes=target.stat().st_size,
        sha256=sha256_of(target),
        unread=unread,
    )


def _asked(request: Callable[..., Any], cursor: str | None, **more: Any) -> Any:
    return request(limit=PAGE, **more) if cursor is None else request(limit=PAGE, cursor=cursor, **more)


def _pages(fetch: Callable[[str | None], Page[Any]]) -> Iterator[Any]:
    cursor: str | None = None
    while True:
        page = fetch(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _kept(read: Callable[[], Iterable[Any]]) -> list[Any]:
    """What is read; nothing where the caller's role has none of it, or the portal does not know it."""
    try:
        return list(read())
    except (errors.NotPermitted, errors.Unsupported):
        return []


def _messages(portal: Portal, conversation: Conversation) -> list[Message]:
    """A conversation's messages, oldest first; reading them here marks none as read."""
    found: list[Message] = []
    before: int | None = None
    while True:
        asked = {} if before is None else {"before": before}
        part = portal.conversations.show(ShowConversation(id=conversation.id, **asked))
        found[:0] = part.messages
        if not part.has_earlier or not part.messages:
            return found
        before = part.messages[0].number


def _body(packed: Packing, portal: Portal, document: Document) -> str | None:
    """Add what a document says; where it cannot be read, say why."""
    name = f"documents/{document.id}/{safe_name(document.name)}"
    try:
        with portal.open_body(OpenBody(id=document.id)) as body:
            packed.add(name, body.chunks)
    except (errors.BodyDamaged, errors.NotFound, errors.Quarantined) as failure:
        return f"{document.id}: {failure.message}"
    return None


def _lines(packed: Packing, name: str, records: Iterable[Record]) -> None:
    packed.add(name, (f"{json_text(record)}\n".encode() for record in records))


def _one(record: Record) -> bytes:
    return f"{json_text(record, 2)}\n".encode()


def _calendar(visits: list[Appointment], practice: str, now: datetime) -> bytes:
    from portalctl.output.ics import calendar

    return calendar(visits, practice, now)
