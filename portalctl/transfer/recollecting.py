"""Asking a portal what stands there already, where what this machine remembers of it is lost or may be out of date."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from portalctl import errors
from portalctl.models.batch_words import FileKind, FileStatus
from portalctl.models.documents import FindKnown, KnownDocument
from portalctl.transfer.items import Addressee, Item, Recipient, Result, Signature
from portalctl.transfer.journal import Ended, Journal
from portalctl.transfer.plain_files import opened, told_name, told_path
from portalctl.transfer.sending import Stripped, content_of

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal

QUESTIONS = 1000
"""Bodies that a portal is asked about at once."""


def recollect(
    portal: Portal,
    items: Sequence[Item],
    addressees: Mapping[Recipient, Addressee],
    *,
    follow: bool,
    strip: Stripped | None,
) -> Iterator[list[Ended]]:
    """Those of the items that stand there already, under the name and title that they would get."""
    by_client: dict[Addressee, list[Item]] = {}
    for item in items:
        if item.purpose.kind is FileKind.FILE:
            recipient = item.purpose.recipient
            to = addressees[recipient] if recipient is not None else Addressee()
            by_client.setdefault(to, []).append(item)
    for to, theirs in by_client.items():
        for start in range(0, len(theirs), QUESTIONS):
            yield _standing(portal, to, theirs[start : start + QUESTIONS], follow, strip)


def let_go_of_what_is_gone(portal: Portal, journal: Journal, items: Sequence[Item]) -> None:
    """Have those items pending again whose documents do not stand any more."""
    by_row = {item.row: item for item in items if item.purpose.kind is FileKind.FILE}
    by_client: dict[str | None, list[Result]] = {}
    for told in journal.done(list(by_row.values())):
        by_client.setdefault(told.client_id, []).append(told)
    gone: list[Item] = []
    for client_id, theirs in by_client.items():
        standing = {found.document_id for found in _known(portal, client_id, {told.sha256 or "" for told in theirs})}
        gone += [by_row[told.row] for told in theirs if told.document_id not in standing]
    if gone:
        journal.forget(gone)


def _standing(
    portal: Portal, to: Addressee, items: Sequence[Item], follow: bool, strip: Stripped | None
) -> list[Ended]:
    hashed: list[tuple[Item, Signature, str]] = []
    for item in items:
        try:
            with opened(item.path, follow=follow) as source:
                digest = hashlib.sha256()
                for chunk in content_of(source, strip):
                    digest.update(chunk)
                if not source.has_changed():
                    hashed.append((item, source.signature, digest.hexdigest()))
        except (errors.PortalError, OSError, ValueError):
            continue  # it is told of where it is to be sent
    if not hashed:
        return []
    known = {
        (found.sha256, found.name, found.title): found.document_id
        for found in _known(portal, to.client_id, {sha256 for _, _, sha256 in hashed})
    }
    ended = []
    for item, signature, sha256 in hashed:
        name = told_name(item.path)
        document_id = known.get((sha256, name, item.purpose.title or name))
        if document_id is not None:
            told = Result(
                row=item.row,
                path=told_path(item.path),
                client_id=to.client_id,
                client=to.client,
                document_id=document_id,
                sha256=sha256,
                status=FileStatus.THERE,
            )
            ended.append(Ended(item, signature, told))
    return ended


def _known(portal: Portal, client_id: str | None, hashes: set[str]) -> list[KnownDocument]:
    try:
        return portal.documents.known(FindKnown(client=client_id, sha256=sorted(hashes)))
    except errors.NotFound:
        return []
