"""Messages: what is written in conversations, and what reaches whom. The caller holds the conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from portalctl.storage.engine import Row, Transaction

_AT_ONCE = 100
"""Rows that one statement adds."""


class Begun(NamedTuple):
    """A new conversation of a client and one of the practice's people, with its first message."""

    conversation_id: str
    message_id: str
    client_id: str
    staff_id: str


def begin(
    tx: Transaction, begun: Sequence[Begun], *, by_client: bool, sender: str, subject: str, body: str, at: int
) -> None:
    """Add conversations that say the same; the other side has it unread."""
    starter, quiet_since = ("client", None) if by_client else ("staff", at)
    _insert(
        tx,
        "conversations",
        (
            {
                "id": each.conversation_id,
                "client_id": each.client_id,
                "staff_id": each.staff_id,
                "subject": subject,
                "started_by": starter,
                "created_at": at,
                "message_count": 1,
                "last_from": sender,
                "last_at": at,
                "quiet_since": quiet_since,
            }
            for each in begun
        ),
    )
    _insert(
        tx,
        "messages",
        (
            {
                "conversation_id": each.conversation_id,
                "number": 1,
                "id": each.message_id,
                "sender_id": each.client_id if by_client else each.staff_id,
                "sender": sender,
                "from_client": int(by_client),
                "body": body,
                "sent_at": at,
            }
            for each in begun
        ),
    )
    _insert(
        tx,
        "conversation_readers",
        (
            {
                "conversation_id": each.conversation_id,
                "person_id": person_id,
                "unread": int(is_client is not by_client),
                "last_at": at,
            }
            for each in begun
            for person_id, is_client in ((each.client_id, True), (each.staff_id, False))
        ),
    )
    _arrive(tx, [(each.staff_id if by_client else each.client_id, each.conversation_id, 1) for each in begun])


def add(
    tx: Transaction,
    conversation: Row,
    *,
    id: str,  # noqa: A002  the column's name
    sender_id: str,
    sender: str,
    from_client: bool,
    body: str,
    at: int,
) -> int:
    """Add a message and say its number; whoever else takes part has it unread, and the sender takes part from now on.

    A client's message ends the quiet; one of staff begins it, and opens what was closed.
    """
    key = {"conversation_id": conversation["id"]}
    number: int = conversation["message_count"] + 1
    _insert(
        tx,
        "messages",
        [
            {
                **key,
                "number": number,
                "id": id,
                "sender_id": sender_id,
                "sender": sender,
                "from_client": int(from_client),
                "body": body,
                "sent_at": at,
            }
        ],
    )
    tx.run(
        "UPDATE conversations SET message_count = :number, last_from = :sender, last_at = :at,"
        " quiet_since = :quiet_since, closed_at = :closed_at WHERE id = :conversation_id",
        number=number,
        sender=sender,
        at=at,
        quiet_since=None if from_client else at,
        closed_at=conversation["closed_at"] if from_client else None,
        **key,
    )
    tx.run(
        "INSERT INTO conversation_readers (conversation_id, person_id, unread, last_at)"
        " VALUES (:conversation_id, :sender_id, 0, :at) ON CONFLICT (conversation_id, person_id) DO NOTHING",
        sender_id=sender_id,
        at=at,
        **key,
    )
    tx.run(
        "UPDATE conversation_readers SET last_at = :at,"
        " unread = unread + CASE WHEN person_id = :sender_id THEN 0 ELSE 1 END"
        " WHERE conversation_id = :conversation_id",
        sender_id=sender_id,
        at=at,
        **key,
    )
    others = tx.all(
        "SELECT person_id FROM conversation_readers"
        " WHERE conversation_id = :conversation_id AND person_id <> :sender_id ORDER BY person_id",
        sender_id=sender_id,
        **key,
    )
    _arrive(tx, [(row["person_id"], conversation["id"], number) for row in others])
    return number


def attach(tx: Transaction, message_ids: Iterable[str], document_ids: Sequence[str]) -> None:
    """Put documents to messages that were just added."""
    _insert(
        tx,
        "message_documents",
        (
            {"message_id": message_id, "place": place, "document_id": document_id}
            for message_id in message_ids
            for place, document_id in enumerate(document_ids)
        ),
    )


def page(
    tx: Transaction, conversation_id: str, *, before: int | None, limit: int, for_client: bool = False
) -> list[Row]:
    """The latest messages of a conversation, or the latest before a number, latest first, each with its documents.

    A client is told nothing of the practice's documents in quarantine.
    """
    earlier = " AND m.number < :before" if before is not None else ""
    key = {"before": before} if before is not None else {}
    rows = tx.all(
        "SELECT m.id AS id, m.conversation_id, c.subject, m.number, m.sender_id, m.sender, m.from_client, m.body,"  # noqa: S608  our own words
        " m.sent_at FROM messages m JOIN conversations c ON c.id = m.conversation_id"
        f" WHERE m.conversation_id = :conversation_id{earlier} ORDER BY m.number DESC LIMIT :limit",
        conversation_id=conversation_id,
        limit=limit,
        **key,
    )
    documents = _documents(tx, [row["id"] for row in rows], for_client=for_client)
    return [{**row, "documents": documents.get(row["id"], [])} for row in rows]


def get(tx: Transaction, id: str) -> Row:  # noqa: A002  the column's name
    """One message that exists, with its documents."""
    row = tx.one("SELECT conversation_id, number FROM messages WHERE id = :id", id=id)
    assert row is not None  # noqa: S101  messages are never deleted
    return page(tx, row["conversation_id"], before=row["number"] + 1, limit=1)[0]


def _documents(tx: Transaction, message_ids: Sequence[str], *, for_client: bool) -> dict[str, list[Row]]:
    if not message_ids:
        return {}
    told = " AND (d.quarantine IS NULL OR d.owner <> 'practice')" if for_client else ""
    names = {f"message{place}": message_id for place, message_id in enumerate(message_ids)}
    found: dict[str, list[Row]] = {}
    for row in tx.all(
        "SELECT a.message_id, d.id AS document_id, d.name FROM message_documents a"  # noqa: S608  our own names
        f" JOIN documents d ON d.id = a.document_id WHERE a.message_id IN ({', '.join(':' + name for name in names)})"
        f"{told} ORDER BY a.message_id, a.place",
        **names,
    ):
        found.setdefault(row["message_id"], []).append({"document_id": row["document_id"], "name": row["name"]})
    return found


def _arrive(tx: Transaction, arrived: Sequence[tuple[str, str, int]]) -> None:
    """Count messages for whom they reach. The row of an inbox is held until the end, so places become visible in order.

    Rows are taken in the order of people's ids: two transactions never wait for each other.
    """
    for start in range(0, len(arrived), _AT_ONCE):
        part = sorted(arrived[start : start + _AT_ONCE])
        people = {f"person{place}": person_id for place, (person_id, _, _) in enumerate(part)}
        rows = ", ".join(f"(:{name}, 1, 1)" for name in people)
        tx.run(
            f"INSERT INTO inboxes (person_id, arrived, unread) VALUES {rows} ON CONFLICT (person_id)"  # noqa: S608  our own names
            " DO UPDATE SET arrived = inboxes.arrived + 1, unread = inboxes.unread + 1",
            **people,
        )
        found = tx.all(
            f"SELECT person_id, arrived FROM inboxes WHERE person_id IN ({', '.join(':' + name for name in people)})",  # noqa: S608  likewise
            **people,
        )
        places = {row["person_id"]: row["arrived"] for row in found}
        _insert(
            tx,
            "arrivals",
            (
                {
                    "person_id": person_id,
                    "place": places[person_id],
                    "conversation_id": conversation_id,
                    "number": number,
                }
                for person_id, conversation_id, number in part
            ),
        )


def _insert(tx: Transaction, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Add rows of the same columns, many in a statement."""
    waiting = list(rows)
    for start in range(0, len(waiting), _AT_ONCE):
        part = waiting[start : start + _AT_ONCE]
        columns = list(part[0])
        values = {f"{name}{number}": row[name] for number, row in enumerate(part) for name in columns}
        places = ", ".join(f"({', '.join(f':{name}{number}' for name in columns)})" for number in range(len(part)))
        tx.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {places}", **values)  # noqa: S608  our own names
