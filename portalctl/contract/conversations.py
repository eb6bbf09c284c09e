"""What a portal can do with conversations."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.conversations import (
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


class Conversations(ABC):
    """What a client and the practice write to each other, as the practice's communication policy allows.

    A client reaches their own conversations, staff all. Who has read what is kept for each person who takes part: the
    client, whom the client wrote to, and whoever of the practice has written.
    """

    @operation("GET", "/conversations")
    @abstractmethod
    def list(self, request: ListConversations) -> Page[Conversation]:
        """Conversations, latest message first; listing marks nothing as read. Raises NotFound, InvalidInput."""

    @operation("GET", "/conversations/{id}")
    @abstractmethod
    def show(self, request: ShowConversation) -> WrittenConversation:
        """One conversation with its latest messages; this alone marks nothing as read.

        What was written stays readable whatever the policy is now. Raises NotFound.
        """

    @operation("POST", "/conversations")
    @abstractmethod
    def start(self, request: StartConversation) -> Conversation:
        """Write to somebody in a new conversation. Safe to repeat with the same idempotency key.

        Raises PolicyReplyOnly, PolicyNeverInitiate, PolicyAssignedOnly, NotFound, IdempotencyConflict,
        IdempotencyRunning.
        """

    @operation("POST", "/conversations/{id}/messages")
    @abstractmethod
    def reply(self, request: ReplyToConversation) -> Message:
        """Write in a conversation; what staff write opens it again. Safe to repeat with the same idempotency key.

        Raises ConversationClosed, PolicyReplyOnly, PolicyAssignedOnly, NotFound, IdempotencyConflict,
        IdempotencyRunning.
        """

    @operation("POST", "/conversations/{id}/read", repeatable=True)
    @abstractmethod
    def read(self, request: ReadConversation) -> Conversation:
        """Mark as read for the caller; harmless to repeat. Raises NotFound."""

    @operation("POST", "/conversations/{id}/unread", repeatable=True)
    @abstractmethod
    def unread(self, request: ConversationReference) -> Conversation:
        """Mark the latest message of somebody else as unread for the caller; harmless to repeat. Raises NotFound."""

    @operation("POST", "/conversations/{id}/close", repeatable=True)
    @abstractmethod
    def close(self, request: ConversationReference) -> Conversation:
        """Close it: the client cannot answer until it is open again; harmless to repeat. Raises NotFound."""

    @operation("POST", "/conversations/{id}/reopen", repeatable=True)
    @abstractmethod
    def reopen(self, request: ConversationReference) -> Conversation:
        """Open it again, with the whole time to answer; harmless to repeat. Raises NotFound."""

    @operation("POST", "/conversations/broadcast")
    @abstractmethod
    def broadcast(self, request: SendBroadcast) -> Broadcast:
        """Write to each client that the policy lets the caller write to, some thousands at a time.

        The same request continues it until `sent` is all `clients`; nobody gets it twice. Raises PolicyAssignedOnly,
        NotFound, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("GET", "/conversations/news")
    @abstractmethod
    def news(self, request: AskForNews) -> News:
        """What has reached the caller since a cursor: which messages, not what they say. Raises InvalidInput."""
