"""Many files that are added at once: what stands already, and all their rows together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from portalctl.storage import usage
from portalctl.storage.engine import Row, Transaction
from portalctl.storage.listing import listed

_DOCUMENT = ("id", "kind", "title", "name", "folder", "media_type", "bytes", "sha256")
Document = tuple[str, str, str, str, str | None, str, int | None, str | None]
"""A document, by these columns; a note has neither bytes nor hash."""

_STANDING = ("client_id", "document_id", "kind", "appointment_id", "added_at")
Standing = tuple[str, str, str, str | None, int]
"""A document in a client's documentation, by these columns."""

_NOTE = ("document_id", "text")
Note = tuple[str, str]
"""What a note says, by these columns."""


def files_with(tx: Transaction, owner: str, hashes: Iterable[str], client_id: str | None = None) -> list[Row]:
    """The files of an owner that have one of these bodies, oldest first, once for each documentation they stand in.

    Where a client is named, only those that stand in their documentation.
    """
    # Owner and client are written so that no engine goes through all that are theirs.
    found, values = listed("sha256_", hashes)
    begin, beginnings = listed("begin", (sha256[:12] for sha256 in values.values()))
    standing = (
        " JOIN documentation r ON r.document_id = d.id AND r.client_id || '' = :client_id AND r.removed_at IS NULL"
    )
    anywhere = " LEFT JOIN documentation r ON r.document_id = d.id AND r.removed_at IS NULL"
    if client_id is not None:
        values["client_id"] = client_id
    rows = tx.all(
        "SELECT d.id, d.sha256, d.name, d.title, d.created_at, r.client_id FROM documents d"  # noqa: S608  our own words
        f"{anywhere if client_id is None else standing}"
        f" WHERE substr(d.sha256, 1, 12) IN {begin} AND d.owner || '' = :owner AND d.sha256 IN {found}"
        " AND d.deleted_at IS NULL",
        owner=owner,
        **values,
        **beginnings,
    )
    return sorted(rows, key=itemgetter("created_at", "id"))  # not by the query: it would go through all of the owner's


def notes_titled(tx: Transaction, owner: str, titles: Iterable[str]) -> list[Row]:
    """The completed notes of an owner that have one of these titles, oldest first, and what they say."""
    found, values = listed("title", titles)
    return tx.all(
        "SELECT d.id, d.title, n.text, r.client_id FROM documents d JOIN notes n ON n.document_id = d.id"  # noqa: S608  our own words
        " LEFT JOIN documentation r ON r.document_id = d.id AND r.removed_at IS NULL"
        f" WHERE d.owner = :owner AND d.kind = 'note' AND d.title IN {found} AND d.state = 'completed'"
        " AND d.deleted_at IS NULL ORDER BY d.created_at, d.id",
        owner=owner,
        **values,
    )


def addresses(tx: Transaction, client_ids: Iterable[str]) -> dict[str, str]:
    """The e-mail address of each of these clients that there are."""
    found, values = listed("id", client_ids)
    return {row["id"]: row["email"] for row in tx.all(f"SELECT id, email FROM clients WHERE id IN {found}", **values)}  # noqa: S608  our own names


def appointments_of(tx: Transaction, appointment_ids: Iterable[str]) -> dict[str, str]:
    """Whose each of these appointments is, of those that there are."""
    found, values = listed("id", appointment_ids)
    rows = tx.all(f"SELECT id, client_id FROM appointments WHERE id IN {found}", **values)  # noqa: S608  our own names
    return {row["id"]: row["client_id"] for row in rows}


def insert(
    tx: Transaction,
    documents: Sequence[Document],
    standing: Sequence[Standing],
    notes: Sequence[Note],
    *,
    owner: str,
    author_id: str,
    author: str,
    from_client: bool,
    at: int,
) -> None:
    """Add documents of one author that are completed, in whose documentation each stands, and what notes say."""
    tx.add_many(
        "documents",
        (*_DOCUMENT, "owner", "state", "author_id", "author", "created_at", "updated_at"),
        [(*each, owner, "completed", author_id, author, at, at) for each in documents],
    )
    tx.add_many(
        "documentation",
        (*_STANDING, "added_by", "from_client"),
        [(*each, author_id, int(from_client)) for each in standing],
    )
    tx.add_many("notes", (*_NOTE, "completed_at"), [(*each, at) for each in notes])
    sizes = {each[0]: each[6] or 0 for each in documents}
    usage.count(tx, None, len(sizes), sum(sizes.values()))
    of_clients: dict[str, list[int]] = {}
    for each in standing:
        of_clients.setdefault(each[0], []).append(sizes[each[1]])
    for client_id, lengths in of_clients.items():
        usage.count(tx, client_id, len(lengths), sum(lengths))


def waiting_letters(tx: Transaction, kind: str, subject_ids: Iterable[str]) -> set[str]:
    """About which of these things a letter of that kind waits that nobody is sending."""
    found, values = listed("subject", subject_ids)
    rows: list[dict[str, Any]] = tx.all(
        f"SELECT subject_id FROM outbox WHERE subject_id IN {found} AND state = 'waiting' AND kind = :kind"  # noqa: S608  our own names
        " AND claimed_until = 0",
        kind=kind,
        **values,
    )
    return {row["subject_id"] for row in rows}
