"""Conversations: what a client and the practice write to each other."""

from typing import Annotated, Literal

from pydantic import Field

from portalctl.models.values import (
    ConversationId,
    DocumentId,
    IdempotencyKey,
    Instant,
    Limit,
    Line,
    LongText,
    Open,
    Record,
    Reference,
    Request,
)

LONGEST_WAIT = 15
"""Seconds that a portal may be asked to wait for news."""

ConversationState = Literal["open", "closed"]
Starter = Literal["client", "staff"]


Attached = Annotated[list[DocumentId], Field(max_length=20)]
"""Documents that go with a message; each stands in the client's documentation from then on."""

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""Which message of a conversation: they are counted from 1."""


class Conversation(Record):
    """One conversation between a client and the practice, as the caller sees it.

    `staff_id` is whom the client wrote to, or who wrote first. `unread` counts the messages of others that the caller
    has not read; it is 0 for staff who take no part. `closes_at` is when it closes by itself if the client does not
    answer; in a closed one, when it did.
    """

    id: str
    subject: str
    client_id: str
    client: str
    staff_id: str
    staff: str
    started_by: Annotated[Starter, Open]
    state: Annotated[ConversationState, Open]
    closes_at: Instant | None = None
    message_count: int
    unread: int
    last_from: str
    last_message_at: Instant
    created_at: Instant


class Attachment(Record):
    """A document that goes with a message."""

    document_id: str
    name: str


class Message(Record):
    """One message; `number` counts those of its conversation from 1."""

    id: str
    conversation_id: str
    subject: str
    number: int
    sender_id: str
    sender: str
    from_client: bool
    body: str
    documents: list[Attachment] = Field(default=[])
    sent_at: Instant


class WrittenConversation(Conversation):
    """A conversation with some of its messages, oldest first; `has_earlier` when there are some before them."""

    messages: list[Message]
    has_earlier: bool = False


class Arrival(Record):
    """A message that reached the caller: which one of which conversation."""

    conversation_id: str
    number: int


class News(Record):
    """What has reached the caller since a cursor, in order, and the cursor to ask with next."""

    arrivals: list[Arrival]
    cursor: str


class Broadcast(Record):
    """One message to many clients, each in a conversation of its own: how many they are, and how many have it."""

    id: str
    subject: str
    clients: int
    sent: int
    created_at: Instant


class ListConversations(Request):
    """Those that the caller takes part in, latest message first.

    Staff may ask for all of a `client`, or those of the whole `practice`. `unread` are those with unread messages.
    """

    client: Reference | None = None
    practice: bool = False
    unread: bool = False
    open: bool = False
    limit: Limit = 100
    cursor: str | None = None


class ConversationReference(Request):
    """Names one conversation."""

    id: ConversationId


class ShowConversation(Request):
    """One conversation with its latest messages, or with the latest before a number."""

    id: ConversationId
    before: Number | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 50


class StartConversation(Request):
    """Write to somebody: a client `to` one of the practice's people, staff `to` a client."""

    to: Reference
    subject: Line
    body: LongText
    documents: Attached = Field(default=[])
    idempotency_key: IdempotencyKey | None = None


class ReplyToConversation(Request):
    """Write in a conversation."""

    id: ConversationId
    body: LongText
    documents: Attached = Field(default=[])
    idempotency_key: IdempotencyKey | None = None


class ReadConversation(Request):
    """Mark as read the messages up to a number, or all that there are."""

    id: ConversationId
    up_to: Number | None = None


class SendBroadcast(Request):
    """Write the same to each client, in a conversation of its own.

    The key names the intent: a broadcast that was interrupted goes on where it was, and reaches nobody twice.
    """

    subject: Line
    body: LongText
    documents: Attached = Field(default=[])
    idempotency_key: IdempotencyKey


class AskForNews(Request):
    """What has come since the `cursor` of earlier news; without one, only from where to ask.

    Where nothing has come, a portal server waits for up to `wait_seconds` before it says so.
    """

    since: str | None = None
    wait_seconds: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = 0
