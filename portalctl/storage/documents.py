"""Documents, in whose documentation each stands, and who has opened it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from portalctl.models.documents import Document
from portalctl.storage import usage
from portalctl.storage.engine import Row, Transaction


class Sight(NamedTuple):
    """What one may see: a client's documentation alone, or (None) all; and whose drafts.

    `given_only` leaves what the practice has shared with the client, completed and not hidden; not forms, whose answers
    are the client's.
    """

    client_id: str | None
    drafts_of: str
    given_only: bool = False


class Part(NamedTuple):
    """Which part of a list is asked for: of one kind, of one side (or None), unopened ones, behind a key, so many.

    With `quarantined` only those in quarantine.
    """

    kind: str | None
    from_client: bool | None
    new: bool
    after: tuple[int, str] | None
    limit: int
    quarantined: bool = False


_FIELDS = (
    "SELECT d.id AS id, d.kind AS kind, d.title, d.name AS name, d.folder, d.media_type, d.bytes, d.sha256, d.state,"
    " d.author_id, d.author, d.amends, d.quarantine, d.created_at, d.updated_at, r.client_id, c.name AS client,"
    " r.appointment_id,"
    " (r.from_client = 1) IS TRUE AS from_client, r.hidden_at IS NOT NULL AS hidden,"
    " (r.from_client = 0 AND r.seen_at IS NULL AND d.state <> 'draft') IS TRUE AS new,"
    " CASE WHEN r.from_client = 0 AND d.state <> 'draft' THEN r.added_at END AS shared_at"
)
_STANDING = (
    " FROM documentation r JOIN documents d ON d.id = r.document_id JOIN clients c ON c.id = r.client_id"
    " WHERE r.client_id = :client_id AND r.removed_at IS NULL AND d.deleted_at IS NULL"
)
_ONLY_READER = (
    "(SELECT CASE WHEN min(s.client_id) = max(s.client_id) THEN min(s.client_id) END FROM ("
    "SELECT client_id FROM documentation WHERE document_id = d.id AND removed_at IS NULL LIMIT 2) AS s)"
)
_SEEN = "(d.state <> 'draft' OR d.owner = :drafts_of)"
_PASSED = "(d.quarantine IS NULL OR d.owner = :drafts_of)"
_GIVEN = (
    "(d.state = 'completed' AND d.owner = 'practice' AND d.kind <> 'form' AND r.hidden_at IS NULL"
    " AND d.quarantine IS NULL)"
)


def insert(tx: Transaction, **columns: Any) -> None:
    """Add a document, which stands in nobody's documentation yet."""
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    tx.run(f"INSERT INTO documents ({names}) VALUES ({values})", **columns)  # noqa: S608  names are our own keywords
    usage.count(tx, None, 1, columns.get("bytes") or 0)


def change(tx: Transaction, id: str, **columns: Any) -> None:  # noqa: A002  the column's name
    """Change a document."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    tx.run(f"UPDATE documents SET {changes} WHERE id = :id", id=id, **columns)  # noqa: S608  names are our own keywords


def put_into(
    tx: Transaction, *, client_id: str, document_id: str, appointment_id: str | None, added_at: int, added_by: str
) -> None:
    """Put a document into a client's documentation, again where it was taken out; where it stands it stays."""
    place = {"client_id": client_id, "document_id": document_id, "appointment_id": appointment_id}
    is_new = tx.run(
        "INSERT INTO documentation (client_id, document_id, kind, from_client, appointment_id, added_at, added_by)"
        " SELECT :client_id, d.id, d.kind, CASE WHEN d.owner = :client_id THEN 1 ELSE 0 END, :appointment_id,"
        " :added_at, :added_by FROM documents d WHERE d.id = :document_id"
        " ON CONFLICT (client_id, document_id) DO NOTHING",
        added_at=added_at,
        added_by=added_by,
        **place,
    ) or tx.run(
        "UPDATE documentation SET appointment_id = COALESCE(:appointment_id, appointment_id), added_at = :added_at,"
        " hidden_at = NULL, removed_at = NULL"
        " WHERE client_id = :client_id AND document_id = :document_id AND removed_at IS NOT NULL",
        added_at=added_at,
        **place,
    )
    if is_new:
        usage.count(tx, client_id, 1, _bytes(tx, document_id))
    elif appointment_id is not None:
        tx.run(
            "UPDATE documentation SET appointment_id = :appointment_id"
            " WHERE client_id = :client_id AND document_id = :document_id",
            **place,
        )


def take_out(tx: Transaction, document_id: str, client_id: str, at: int) -> bool:
    """Take a document out of a client's documentation; whether it stood there."""
    stood = tx.run(
        "UPDATE documentation SET removed_at = :at"
        " WHERE client_id = :client_id AND document_id = :document_id AND removed_at IS NULL",
        client_id=client_id,
        document_id=document_id,
        at=at,
    )
    if stood:
        usage.count(tx, client_id, -1, -_bytes(tx, document_id))
    return stood == 1


def set_state(tx: Transaction, id: str, state: str, at: int) -> None:  # noqa: A002  the column's name
    """Change a document's state; a draft that is one no more is new from now on where it stands."""
    tx.run(
        "UPDATE documentation SET added_at = :at WHERE document_id = :id AND removed_at IS NULL"
        " AND EXISTS (SELECT 1 FROM documents WHERE id = :id AND state = 'draft' AND :state <> 'draft')",
        id=id,
        state=state,
        at=at,
    )
    change(tx, id, state=state, updated_at=at)


def set_hidden(tx: Transaction, document_id: str, client_id: str, at: int | None) -> None:
    """Put a document out of a client's sight, or back into it."""
    tx.run(
        "UPDATE documentation SET hidden_at = :at WHERE client_id = :client_id AND document_id = :document_id",
        client_id=client_id,
        document_id=document_id,
        at=at,
    )


def delete(tx: Transaction, id: str, at: int) -> None:  # noqa: A002  the column's name
    """Delete a document, wherever it stands. Its row stays, for what refers to it."""
    if tx.run("UPDATE documents SET deleted_at = :at WHERE id = :id AND deleted_at IS NULL", id=id, at=at):
        usage.count(tx, None, -1, -_bytes(tx, id))
    for client_id in readers(tx, id):
        take_out(tx, id, client_id, at)


def _bytes(tx: Transaction, id: str) -> int:  # noqa: A002  the column's name
    row = tx.one("SELECT bytes FROM documents WHERE id = :id", id=id)
    return (row["bytes"] or 0) if row else 0


def is_deleted(tx: Transaction, id: str, owner: str) -> bool:  # noqa: A002  the column's name
    """Whether this was a document of that owner's, and is deleted."""
    found = tx.one(
        "SELECT 1 AS found FROM documents WHERE id = :id AND owner = :owner AND deleted_at IS NOT NULL",
        id=id,
        owner=owner,
    )
    return found is not None


def is_enclosed(tx: Transaction, id: str, owner: str) -> bool:  # noqa: A002  the column's name
    """Whether a message, or a form that its owner has handed in, has this document with it."""
    found = tx.one(
        "SELECT 1 AS found FROM message_documents WHERE document_id = :id UNION ALL"
        " SELECT 1 FROM form_responses WHERE client_id = :owner AND response LIKE :named LIMIT 1",
        id=id,
        owner=owner,
        named=f'%"{id}"%',
    )
    return found is not None


def readers(tx: Transaction, document_id: str) -> list[str]:
    """The clients in whose documentation a document stands."""
    rows = tx.all(
        "SELECT client_id FROM documentation WHERE document_id = :document_id AND removed_at IS NULL"
        " ORDER BY client_id",
        document_id=document_id,
    )
    return [row["client_id"] for row in rows]


def get(tx: Transaction, id: str, sight: Sight) -> Document | None:  # noqa: A002  the column's name
    """The document of that id, if it can be seen."""
    found = _candidates(tx, "d.id = :id", sight, id=id)
    return found[0] if found else None


def candidates(tx: Transaction, prefix: str, sight: Sight) -> list[Document]:
    """Up to ten documents that can be seen and whose id begins so."""
    return _candidates(tx, "d.id >= :prefix AND d.id < :beyond", sight, prefix=prefix, beyond=prefix + "~")


def _candidates(tx: Transaction, condition: str, sight: Sight, **values: Any) -> list[Document]:
    if sight.client_id is None:
        sql = _anywhere([condition, _SEEN], "ORDER BY d.id LIMIT 10") + " ORDER BY d.id"
        return [read(row) for row in tx.all(sql, drafts_of=sight.drafts_of, **values)]
    seen, given = _visible(sight)
    sql = f"{_FIELDS}{_STANDING} AND {condition} AND {seen} ORDER BY d.id LIMIT 10"
    return [read(row) for row in tx.all(sql, client_id=sight.client_id, **given, **values)]


def page_of_client(
    tx: Transaction, client_id: str, sight: Sight, part: Part, *, appointment_id: str | None, hidden: bool
) -> list[Row]:
    """What stands in a client's documentation, newest first; `sort_at` is the key."""
    seen, values = _visible(sight)
    conditions = [seen]
    if part.kind is not None:
        conditions.append("r.kind = :kind")
        values["kind"] = part.kind
    if appointment_id is not None:
        conditions.append("r.appointment_id = :appointment_id")
        values["appointment_id"] = appointment_id
    if part.from_client is not None:
        conditions.append(f"r.from_client = {int(part.from_client)}")
    if part.new:
        conditions.append("r.seen_at IS NULL AND r.from_client = 0 AND d.state <> 'draft'")
    if part.quarantined:
        conditions.append("d.quarantine IS NOT NULL")
    if not hidden:
        conditions.append("r.hidden_at IS NULL")
    if part.after is not None:
        conditions.append("(r.added_at, r.document_id) < (:after_at, :after_id)")
        values |= {"after_at": part.after[0], "after_id": part.after[1]}
    return tx.all(
        f"{_FIELDS}, r.added_at AS sort_at{_STANDING} AND {' AND '.join(conditions)}"
        " ORDER BY r.added_at DESC, r.document_id DESC LIMIT :limit",
        client_id=client_id,
        limit=part.limit,
        **values,
    )


def page_of_all(tx: Transaction, sight: Sight, part: Part) -> list[Row]:
    """All of the practice's documents, newest first; `sort_at` is the key."""
    conditions, values = [_SEEN], {"drafts_of": sight.drafts_of, "limit": part.limit}
    if part.kind is not None:
        conditions.append("d.kind = :kind")
        values["kind"] = part.kind
    if part.from_client is not None:
        conditions.append("d.owner <> 'practice'" if part.from_client else "d.owner = 'practice'")
    if part.new:
        conditions.append(
            "d.state <> 'draft' AND EXISTS (SELECT 1 FROM documentation s WHERE s.document_id = d.id"
            " AND s.seen_at IS NULL AND s.from_client = 0 AND s.removed_at IS NULL)"
        )
    if part.quarantined:
        conditions.append("d.quarantine IS NOT NULL")
    if part.after is not None:
        conditions.append("(d.created_at, d.id) < (:after_at, :after_id)")
        values |= {"after_at": part.after[0], "after_id": part.after[1]}
    order = "ORDER BY d.created_at DESC, d.id DESC"
    return tx.all(f"{_anywhere(conditions, order + ' LIMIT :limit')} {order}", **values)


def of_appointments(tx: Transaction, client_id: str, appointment_ids: Sequence[str]) -> list[Document]:
    """What a client sees of the documents of these appointments of theirs, oldest first."""
    if not appointment_ids:
        return []
    named = {f"appointment{number}": each for number, each in enumerate(dict.fromkeys(appointment_ids))}
    rows = tx.all(
        f"{_FIELDS}{_STANDING} AND r.appointment_id IN ({', '.join(':' + name for name in named)})"
        f" AND {_SEEN} AND {_PASSED} AND r.hidden_at IS NULL ORDER BY r.added_at, r.document_id",
        client_id=client_id,
        drafts_of=client_id,
        **named,
    )
    return [read(row) for row in rows]


def waiting_forms(tx: Transaction, client_id: str, *, limit: int) -> list[Document]:
    """The forms that a client has been given and not submitted, those given last first."""
    rows = tx.all(
        f"{_FIELDS}{_STANDING} AND r.kind = 'form' AND d.state IN ('waiting', 'begun') AND r.hidden_at IS NULL"
        " ORDER BY r.added_at DESC, r.document_id DESC LIMIT :limit",
        client_id=client_id,
        limit=limit,
    )
    return [read(row) for row in rows]


def given_since(tx: Transaction, client_id: str, since: int, *, limit: int) -> list[Document]:
    """What the practice has put into a client's documentation from that second on, newest first."""
    rows = tx.all(
        f"{_FIELDS}{_STANDING} AND r.added_at >= :since AND r.from_client = 0 AND d.state <> 'draft'"
        " AND r.hidden_at IS NULL AND d.quarantine IS NULL"
        " ORDER BY r.added_at DESC, r.document_id DESC LIMIT :limit",
        client_id=client_id,
        since=since,
        limit=limit,
    )
    return [read(row) for row in rows]


def has_unseen(tx: Transaction, client_id: str) -> bool:
    """Whether the practice has put anything into a client's documentation that they have not opened."""
    found = tx.one(
        "SELECT 1 AS found FROM documentation r JOIN documents d ON d.id = r.document_id WHERE r.client_id = :client_id"
        " AND r.seen_at IS NULL AND r.from_client = 0 AND r.removed_at IS NULL AND d.state <> 'draft'"
        " AND d.quarantine IS NULL LIMIT 1",
        client_id=client_id,
    )
    return found is not None


def see(tx: Transaction, document_id: str, client_id: str, at: int) -> None:
    """Write down that the client has opened a document, the first time."""
    tx.run(
        "UPDATE documentation SET seen_at = :at"
        " WHERE client_id = :client_id AND document_id = :document_id AND seen_at IS NULL",
        client_id=client_id,
        document_id=document_id,
        at=at,
    )


def insert_view(tx: Transaction, **columns: Any) -> None:
    """Write down that somebody has opened a document."""
    tx.run(
        "INSERT INTO document_views (id, document_id, client_id, viewer_id, viewer, role, at)"
        " VALUES (:id, :document_id, :client_id, :viewer_id, :viewer, :role, :at)",
        **columns,
    )


def page_of_views(
    tx: Transaction, document_id: str, client_id: str | None, *, after: tuple[int, str] | None, limit: int
) -> list[Row]:
    """Who has opened a document, newest first, continuing behind `after`: of one client's documentation, or of all."""
    conditions, values = ["document_id = :document_id"], {"document_id": document_id, "limit": limit}
    if client_id is not None:
        conditions.append("client_id = :client_id")
        values["client_id"] = client_id
    if after is not None:
        conditions.append("(at, id) < (:after_at, :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    return tx.all(
        "SELECT id, document_id, client_id, viewer_id, viewer, role, at FROM document_views"  # noqa: S608  our own words
        f" WHERE {' AND '.join(conditions)} ORDER BY at DESC, id DESC LIMIT :limit",
        **values,
    )


def read(row: Row) -> Document:
    """The document that a row tells of."""
    said = f"{row['id']}\0{row['title']}\0{row['folder']}\0{row['state']}\0{row['updated_at']}"
    return Document.model_validate({**row, "version": hashlib.sha256(said.encode()).hexdigest()[:16]})


def _visible(sight: Sight) -> tuple[str, dict[str, Any]]:
    if sight.given_only:
        return _GIVEN, {}
    seen = _SEEN if sight.client_id is None else f"{_SEEN} AND {_PASSED}"
    return seen, {"drafts_of": sight.drafts_of}


def _anywhere(conditions: Sequence[str], order: str) -> str:
    """Documents wherever they stand; one that stands in one client's documentation is read there."""
    return (
        f"{_FIELDS}, d.created_at AS sort_at FROM (SELECT d.*, {_ONLY_READER} AS reader FROM documents d"  # noqa: S608  our own words
        f" WHERE d.deleted_at IS NULL AND {' AND '.join(conditions)} {order}) AS d"
        " LEFT JOIN documentation r ON r.client_id = d.reader AND r.document_id = d.id"
        " LEFT JOIN clients c ON c.id = d.reader"
    )
