"""Many files that are added at once: what stands already, and all their rows together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from portalctl.storage import usage
from portalctl.storage.engine import Row, Transaction
from portalctl.storage.listing import listed


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


def insert(tx: Transaction, documents: Sequence[Row], standing: Sequence[Row], notes: Sequence[Row]) -> None:
    """Add completed documents, what stands in clients' documentation with the moment of each, and what notes say."""
    tx.run_many(
        "INSERT INTO documents (id, kind, owner, title, name, folder, media_type, bytes, sha256, state, author_id,"
        " author, created_at, updated_at) VALUES (:id, :kind, :owner, :title, :name, :folder, :media_type, :bytes,"
        " :sha256, 'completed', :author_id, :author, :at, :at)",
        documents,
    )
    tx.run_many(
        "INSERT INTO documentation (client_id, document_id, kind, from_client, appointment_id, added_at, added_by)"
        " VALUES (:client_id, :document_id, :kind, :from_client, :appointment_id, :added_at, :added_by)",
        standing,
    )
    usage.count(tx, None, len(documents), sum(each["bytes"] or 0 for each in documents))
    sizes = {each["id"]: each["bytes"] or 0 for each in documents}
    for each in standing:
        usage.count(tx, each["client_id"], 1, sizes[each["document_id"]])
    tx.run_many(
        "INSERT INTO notes (document_id, text, completed_at) VALUES (:document_id, :text, :completed_at)", notes
    )


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
