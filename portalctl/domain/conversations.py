"""What a client and the practice write to each other, as the communication policy allows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from portalctl.contract import conversations as contract
from portalctl.domain import communication, cursors, references
from portalctl.domain.clients import find_client
from portalctl.domain.communication import QUIET_SECONDS, Standing, check_reply, check_start
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Office, Visit
from portalctl.domain.staff import find_colleague
from portalctl.models.communication import Communication
from portalctl.models.conversations import (
    Arrival,
    AskForNews,
    Broadcast,
    Conversation,
    ConversationReference,
    ListConversations,
    Message,
    News,
    ReadConversation,
    ReplyToConversation,
    SendBroadcast,
    ShowConversation,
    StartConversation,
    WrittenConversation,
)
from portalctl.models.values import Page
from portalctl.storage import assignments, clients, conversations, messages
from portalctl.storage.conversations import Openness
from portalctl.storage.engine import Row

NEWS = 100
"""How many arrivals are told of at once."""

_NAMED = 5
"""How many of those whom a client may write to are named."""


class Conversations(contract.Conversations):
    """The conversations of this practice."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list(self, request: ListConversations) -> Page[Conversation]:
        """Conversations, latest message first; listing marks nothing as read."""
        with self._office.visit(contract.Conversations.list) as visit:
            after = cursors.unpack(request.cursor, int) if request.cursor is not None else None
            client = find_client(visit, request.client) if request.client is not None else None
            policy = communication.in_force(visit.transaction)
            rows = conversations.page(
                visit.transaction,
                person_id=visit.caller.person_id,
                client_id=client.id if client is not None and visit.own_client is None else None,
                whole_practice=request.practice and visit.own_client is None,
                unread=request.unread,
                openness=_openness(policy, visit.second) if request.open else None,
                after=after,
                limit=request.limit + 1,
            )
            shown = rows[: request.limit]
            for subject in dict.fromkeys(row["client_id"] for row in shown) if client is None else (client.id,):
                visit.record_read(subject, subject)
            more = len(rows) > len(shown)
            following = cursors.pack(shown[-1]["last_message_at"], shown[-1]["id"]) if more else None
            return Page(items=[_conversation(row, policy, visit.second) for row in shown], next=following)

    def show(self, request: ShowConversation) -> WrittenConversation:
        """One conversation with its latest messages; this alone marks nothing as read."""
        with self._office.visit(contract.Conversations.show) as visit:
            row = _find(visit, request.id)
            visit.record_read(row["id"], row["client_id"])
            rows = messages.page(
                visit.transaction,
                row["id"],
                before=request.before,
                limit=request.limit + 1,
                for_client=_is_client(visit),
            )
            written = [Message.model_validate(each) for each in reversed(rows[: request.limit])]
            facts = _facts(row, communication.in_force(visit.transaction), visit.second)
            return WrittenConversation(**facts, messages=written, has_earlier=len(rows) > len(written))

    def start(self, request: StartConversation) -> Conversation:
        """Write to somebody in a new conversation. Safe to repeat with the same idempotency key."""
        from portalctl.domain import attachments, letters

        with self._office.visit(contract.Conversations.start) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _seen(visit, before[0])
            tx, caller, by_client = visit.transaction, visit.caller, _is_client(visit)
            client_id, staff_id = _two(visit, request.to, by_client=by_client)
            attached = attachments.found(visit, request.documents, client_id)
            begun = messages.Begun(new_id("cnv"), new_id("msg"), client_id, staff_id)
            messages.begin(
                tx,
                [begun],
                by_client=by_client,
                sender=caller.name,
                subject=request.subject,
                body=request.body,
                at=visit.second,
            )
            messages.attach(tx, [begun.message_id], [document.id for document in attached])
            attachments.put_into_documentation(visit, attached, client_id)
            visit.record(begun.conversation_id, client_id)
            letters.tell_of_message(visit, begun.conversation_id, staff_id if by_client else client_id)
            remember(visit, request.idempotency_key, request, [begun.conversation_id])
            return _seen(visit, begun.conversation_id)

    def reply(self, request: ReplyToConversation) -> Message:
        """Write in a conversation; what staff write opens it again. Safe to repeat with the same idempotency key."""
        from portalctl.domain import attachments, letters

        with self._office.visit(contract.Conversations.reply) as visit:
            tx, caller, by_client = visit.transaction, visit.caller, _is_client(visit)
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return Message.model_validate(messages.get(tx, before[0]))
            row = _held(visit, request.id)
            _check_reply(visit, row, by_client=by_client)
            attached = attachments.found(visit, request.documents, row["client_id"])
            message_id = new_id("msg")
            messages.add(
                tx,
                row,
                id=message_id,
                sender_id=caller.person_id,
                sender=caller.name,
                from_client=by_client,
                body=request.body,
                at=visit.second,
            )
            messages.attach(tx, [message_id], [document.id for document in attached])
            attachments.put_into_documentation(visit, attached, row["client_id"])
            visit.record(row["id"], row["client_id"])
            for person_id in conversations.readers(tx, row["id"]):
                if person_id != caller.person_id:
                    letters.tell_of_message(visit, row["id"], person_id)
            remember(visit, request.idempotency_key, request, [message_id])
            return Message.model_validate(messages.get(tx, message_id))

    def read(self, request: ReadConversation) -> Conversation:
        """Mark as read for the caller."""
        with self._office.visit(contract.Conversations.read) as visit:
            row = _held(visit, request.id)
            if not row["unread"]:
                return _seen(visit, row["id"])
            tx, person_id = visit.transaction, visit.caller.person_id
            up_to = request.up_to if request.up_to is not None else row["message_count"]
            left = min(row["unread"], conversations.count_from_others(tx, row["id"], person_id, behind=up_to))
            return _put_unread(visit, row, left)

    def unread(self, request: ConversationReference) -> Conversation:
        """Mark the latest message of somebody else as unread for the caller."""
        with self._office.visit(contract.Conversations.unread) as visit:
            row = _held(visit, request.id)
            tx, person_id = visit.transaction, visit.caller.person_id
            takes_part = conversations.unread_of(tx, row["id"], person_id) is not None
            if row["unread"] or not takes_part:
                return _seen(visit, row["id"])
            return _put_unread(visit, row, min(1, conversations.count_from_others(tx, row["id"], person_id, behind=0)))

    def close(self, request: ConversationReference) -> Conversation:
        """Close it: the client cannot answer until it is open again."""
        with self._office.visit(contract.Conversations.close) as visit:
            row = _held(visit, request.id)
            if row["closed_at"] is None:
                conversations.set_closed(
                    visit.transaction, row["id"], closed_at=visit.second, quiet_since=row["quiet_since"]
                )
                visit.record(row["id"], row["client_id"])
            return _seen(visit, row["id"])

    def reopen(self, request: ConversationReference) -> Conversation:
        """Open it again, with the whole time to answer."""
        with self._office.visit(contract.Conversations.reopen) as visit:
            row = _held(visit, request.id)
            if not _standing(row).is_open(communication.in_force(visit.transaction), visit.second):
                quiet_since = visit.second if row["quiet_since"] is not None else None
                conversations.set_closed(visit.transaction, row["id"], closed_at=None, quiet_since=quiet_since)
                visit.record(row["id"], row["client_id"])
            return _seen(visit, row["id"])

    def broadcast(self, request: SendBroadcast) -> Broadcast:
        """Write to each client that the policy lets the caller write to, some thousands at a time."""
        from portalctl.domain import broadcasts

        with self._office.visit(contract.Conversations.broadcast) as visit:
            broadcast_id = broadcasts.begin(visit, request)
        for _ in range(broadcasts.STEPS):
            with self._office.visit(contract.Conversations.broadcast) as visit:
                told = broadcasts.go_on(visit, broadcast_id)
            if told.sent == told.clients:
                break
        return told

    def news(self, request: AskForNews) -> News:
        """What has reached the caller since a cursor: which messages, not what they say."""
        with self._office.visit(contract.Conversations.news) as visit:
            since = cursors.unpack(request.since, int)[0] if request.since is not None else None
            tx, person_id = visit.transaction, visit.caller.person_id
            last = conversations.arrived(tx, person_id)
            if since is None or since >= last:
                return News(arrivals=[], cursor=cursors.pack(last, person_id))
            rows = conversations.arrivals(tx, person_id, after=since, limit=NEWS)
            return News(
                arrivals=[Arrival.model_validate(row) for row in rows],
                cursor=cursors.pack(rows[-1]["place"] if rows else last, person_id),
            )


def unread_count(visit: Visit) -> int:
    """How many messages the caller has not read, in all their conversations."""
    return conversations.all_unread_of(visit.transaction, visit.caller.person_id)


def _two(visit: Visit, to: str, *, by_client: bool) -> tuple[str, str]:
    """The client and the one of the practice who are to write to each other, if the policy lets the caller begin."""
    tx, caller = visit.transaction, visit.caller
    client = clients.get(tx, caller.client_id) if caller.client_id is not None else find_client(visit, to)
    assert client is not None  # noqa: S101  a client who calls is on record
    member = find_colleague(tx, to) if by_client else None
    staff_id = member.id if member else caller.person_id
    check_start(
        communication.in_force(tx),
        by_client=by_client,
        is_assigned=assignments.get(tx, client.id, staff_id) is not None,
        assigned=_assigned_names(visit, client.id) if by_client else (),
        other=member.name if member else client.name,
    )
    return client.id, staff_id


def _check_reply(visit: Visit, row: Row, *, by_client: bool) -> None:
    tx = visit.transaction
    if by_client:
        is_assigned = assignments.has_any_in(tx, row["client_id"], row["id"])
    else:
        is_assigned = assignments.get(tx, row["client_id"], visit.caller.person_id) is not None
    check_reply(
        communication.in_force(tx),
        _standing(row),
        visit.second,
        by_client=by_client,
        is_assigned=is_assigned,
        assigned=_assigned_names(visit, row["client_id"]) if by_client else (),
        other="" if by_client else row["client"],
    )


def _assigned_names(visit: Visit, client_id: str) -> list[str]:
    return [each.staff for each in assignments.of_client(visit.transaction, client_id, _NAMED)]


def _is_client(visit: Visit) -> bool:
    return visit.caller.client_id is not None


def _find(visit: Visit, reference: str) -> Row:
    """The conversation that an id or its beginning names, if the caller may see it. Raises NotFound, AmbiguousId."""
    rows = conversations.candidates(visit.transaction, reference, visit.own_client, visit.caller.person_id)
    policy = communication.in_force(visit.transaction)
    found = references.one(
        [_conversation(row, policy, visit.second) for row in rows],
        "conversation",
        reference,
        lambda each: f"{each.subject}, with {each.staff if _is_client(visit) else each.client}",
    )
    return next(row for row in rows if row["id"] == found.id)


def _held(visit: Visit, reference: str) -> Row:
    """The conversation as it is once nobody else changes it."""
    found = _find(visit, reference)
    visit.transaction.hold(f"conversation:{found['id']}")
    return conversations.get(visit.transaction, found["id"], visit.caller.person_id)


def _seen(visit: Visit, conversation_id: str) -> Conversation:
    row = conversations.get(visit.transaction, conversation_id, visit.caller.person_id)
    return _conversation(row, communication.in_force(visit.transaction), visit.second)


def _put_unread(visit: Visit, row: Row, unread: int) -> Conversation:
    if unread != row["unread"]:
        person_id = visit.caller.person_id
        conversations.put_unread(visit.transaction, row["id"], person_id, before=row["unread"], after=unread)
        visit.record(row["id"], row["client_id"])
    return _seen(visit, row["id"])


def _standing(row: Row) -> Standing:
    return Standing(row["started_by"] == "client", row["quiet_since"], row["closed_at"])


def _openness(policy: Communication, at: int) -> Openness:
    return Openness(at - QUIET_SECONDS if policy is Communication.REPLY_ONLY else None)


def _facts(row: Row, policy: Communication, at: int) -> dict[str, Any]:
    standing = _standing(row)
    closes_at = standing.closes_at(policy)
    return {
        **{name: value for name, value in row.items() if name in Conversation.model_fields},
        "state": "open" if standing.is_open(policy, at) else "closed",
        "closes_at": datetime.fromtimestamp(closes_at, UTC) if closes_at is not None else None,
    }


def _conversation(row: Row, policy: Communication, at: int) -> Conversation:
    return Conversation.model_validate(_facts(row, policy, at))
