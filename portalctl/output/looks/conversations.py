"""How conversations and messages look."""

from __future__ import annotations

from portalctl.output.columns import ID, Column, Look

_SUBJECT = Column("Subject", "subject")
_WITH = Column("With", "staff")
_CLIENT = Column("Client", "client")
_STATE = Column("State", "state", whole=True)
_UNREAD = Column("Unread", lambda conversation: conversation.unread or "", whole=True)
_LATEST = Column("Latest", "last_message_at", whole=True)

_SIDES = {"staff": "practice", "client": "client"}

_CONVERSATION = (ID, _UNREAD, _SUBJECT, _CLIENT, _WITH, _STATE, _LATEST)
_DETAIL = (
    ID,
    _SUBJECT,
    _CLIENT,
    _WITH,
    Column("Begun by", lambda conversation: f"the {_SIDES.get(conversation.started_by, conversation.started_by)}"),
    _STATE,
    Column("Closes", "closes_at"),
    Column("Messages", "message_count"),
    Column("Unread", "unread"),
    _LATEST,
    Column("From", "last_from"),
)
LOOKS: dict[str, Look] = {
    "Conversation": Look("conversations", _CONVERSATION, _DETAIL),
    "WrittenConversation": Look("conversations", _CONVERSATION, _DETAIL),
    "Message": Look(
        "messages",
        (
            ID,
            Column("Conversation", "conversation_id", whole=True),
            Column("From", "sender"),
            Column("Sent", "sent_at", whole=True),
            Column("Says", "body"),
        ),
        (
            ID,
            Column("Conversation", "conversation_id"),
            _SUBJECT,
            Column("From", "sender"),
            Column("Sent", "sent_at"),
            Column("Documents", lambda message: [f"{each.document_id} {each.name}" for each in message.documents]),
        ),
    ),
    "Broadcast": Look(
        "broadcasts",
        (ID, _SUBJECT, Column("Clients", "clients", whole=True), Column("Sent", "sent", whole=True)),
    ),
}
