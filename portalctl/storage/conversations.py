"""Conversations: what lists and readers ask. What is written goes through `messages`."""

from __future__ import annotations

from typing import Any, NamedTuple

from portalctl.storage.engine import Row, Transaction

_COLUMNS = (
    "SELECT c.id AS id, c.subject, c.client_id, k.name AS client, c.staff_id, s.name AS staff, c.started_by,"
    " c.created_at, c.message_count, c.last_from, c.last_at AS last_message_at, c.quiet_since, c.closed_at,"
    " coalesce(r.unread, 0) AS unread"
)
_OF_PEOPLE = " JOIN clients k ON k.id = c.client_id JOIN staff s ON s.id = c.staff_id"
_AS_READ_BY = (
    f"{_COLUMNS} FROM conversations c"
    f" LEFT JOIN conversation_readers r ON r.conversation_id = c.id AND r.person_id = :person_id{_OF_PEOPLE}"
)
_READ_BY = f"{_COLUMNS} FROM conversation_readers r JOIN conversations c ON c.id = r.conversation_id{_OF_PEOPLE}"


class Openness(NamedTuple):
    """What makes a conversation an open one: it closes by itself when it has been quiet since this second."""

    quiet_until: int | None


def get(tx: Transaction, id: str, person_id: str) -> Row:  # noqa: A002  the column's name
    """One conversation that exists, as a person reads it."""
    row = tx.one(f"{_AS_READ_BY} WHERE c.id = :id", id=id, person_id=person_id)
    assert row is not None  # noqa: S101  conversations are never deleted
    return row


def candidates(tx: Transaction, prefix: str, client_id: str | None, person_id: str) -> list[Row]:
    """Up to ten conversations whose id begins so, those of one client or of all."""
    own = " AND c.client_id = :client_id" if client_id is not None else ""
    mine = {"client_id": client_id} if client_id is not None else {}
    return tx.all(
        f"{_AS_READ_BY} WHERE c.id >= :prefix AND c.id < :beyond{own} ORDER BY c.id LIMIT 10",
        prefix=prefix,
        beyond=prefix + "~",
        person_id=person_id,
        **mine,
    )


def page(
    tx: Transaction,
    *,
    person_id: str,
    client_id: str | None,
    whole_practice: bool,
    unread: bool,
    openness: Openness | None,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Row]:
    """Conversations as a person reads them, latest message first, continuing behind `after`.

    Those that the person takes part in, unless those of a client or of the whole practice are asked for. With an
    `openness`, only those that are open by it.
    """
    values: dict[str, Any] = {"person_id": person_id, "limit": limit}
    conditions: list[str] = []
    if client_id is not None or whole_practice:
        select, order = _AS_READ_BY, "c.last_at DESC, c.id DESC"
        key = "(c.last_at, c.id)"
        if client_id is not None:
            conditions.append("c.client_id = :client_id")
            values["client_id"] = client_id
    else:
        select, order = _READ_BY, "r.last_at DESC, r.conversation_id DESC"
        key = "(r.last_at, r.conversation_id)"
        conditions.append("r.person_id = :person_id")
    if unread:
        conditions.append("r.unread > 0")
    if openness is not None:
        conditions.append("c.closed_at IS NULL")
        if openness.quiet_until is not None:
            conditions.append("(c.started_by = 'client' OR c.quiet_since IS NULL OR c.quiet_since > :quiet_until)")
            values["quiet_until"] = openness.quiet_until
    if after is not None:
        conditions.append(f"{key} < (:after_at, :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    condition = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return tx.all(f"{select}{condition} ORDER BY {order} LIMIT :limit", **values)


def set_closed(tx: Transaction, id: str, *, closed_at: int | None, quiet_since: int | None) -> None:  # noqa: A002  the column's name
    """Write down by hand whether it is closed, and since when it has been quiet."""
    tx.run(
        "UPDATE conversations SET closed_at = :closed_at, quiet_since = :quiet_since WHERE id = :id",
        id=id,
        closed_at=closed_at,
        quiet_since=quiet_since,
    )


def readers(tx: Transaction, id: str) -> list[str]:  # noqa: A002  the column's name
    """Who takes part, in the order of their ids."""
    rows = tx.all("SELECT person_id FROM conversation_readers WHERE conversation_id = :id ORDER BY person_id", id=id)
    return [row["person_id"] for row in rows]


def unread_of(tx: Transaction, id: str, person_id: str) -> int | None:  # noqa: A002  the column's name
    """How many messages of a conversation somebody who takes part has not read; None for everybody else."""
    row = tx.one(
        "SELECT unread FROM conversation_readers WHERE conversation_id = :id AND person_id = :person_id",
        id=id,
        person_id=person_id,
    )
    return row["unread"] if row else None


def count_from_others(tx: Transaction, id: str, person_id: str, behind: int) -> int:  # noqa: A002  the column's name
    """How many messages of others there are behind a number."""
    row = tx.one(
        "SELECT count(*) AS messages FROM messages"
        " WHERE conversation_id = :id AND number > :behind AND sender_id <> :person_id",
        id=id,
        behind=behind,
        person_id=person_id,
    )
    return row["messages"] if row else 0


def put_unread(tx: Transaction, id: str, person_id: str, *, before: int, after: int) -> None:  # noqa: A002  the column's name
    """Write down how many somebody has not read, of this conversation and so of all."""
    tx.run(
        "UPDATE conversation_readers SET unread = :after WHERE conversation_id = :id AND person_id = :person_id",
        id=id,
        person_id=person_id,
        after=after,
    )
    tx.run(
        "UPDATE inboxes SET unread = unread + :more WHERE person_id = :person_id",
        person_id=person_id,
        more=after - before,
    )


def all_unread_of(tx: Transaction, person_id: str) -> int:
    """How many messages somebody has not read, of all their conversations."""
    row = tx.one("SELECT unread FROM inboxes WHERE person_id = :person_id", person_id=person_id)
    return row["unread"] if row else 0


def arrived(tx: Transaction, person_id: str) -> int:
    """How many messages have ever reached somebody."""
    row = tx.one("SELECT arrived FROM inboxes WHERE person_id = :person_id", person_id=person_id)
    return row["arrived"] if row else 0


def arrivals(tx: Transaction, person_id: str, *, after: int, limit: int) -> list[Row]:
    """What has reached somebody behind a place, in order."""
    return tx.all(
        "SELECT place, conversation_id, number FROM arrivals WHERE person_id = :person_id AND place > :after"
        " ORDER BY place LIMIT :limit",
        person_id=person_id,
        after=after,
        limit=limit,
    )
