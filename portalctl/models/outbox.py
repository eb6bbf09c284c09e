"""The outbox: mail that the portal sends."""

from enum import StrEnum
from typing import Annotated, Literal

from portalctl.models.values import Instant, LetterId, Limit, Open, Record, Request

LetterState = Literal["waiting", "sent", "dropped", "failed"]
"""`dropped`: what it told of is no longer so; `failed`: given up after many attempts."""


class LetterKind(StrEnum):
    """What a letter tells."""

    INVITE = "invite"
    REQUESTED = "requested"
    BOOKED = "booked"
    MOVED = "moved"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    MESSAGE = "message"
    DOCUMENTS = "documents"
    NEW_SIGN_IN = "new_sign_in"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of a letter
    ACCOUNT_DELETED = "account_deleted"
    MFA_ON = "mfa_on"
    MFA_OFF = "mfa_off"
    TOKEN_MADE = "token_made"  # noqa: S105  the name of a letter
    PASSWORD_RESET = "password_reset"  # noqa: S105  likewise
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGED = "email_changed"


class Letter(Record):
    """One letter: to whom, about what, and what became of it."""

    id: str
    kind: Annotated[LetterKind, Open]
    recipient: str
    state: Annotated[LetterState, Open]
    created_at: Instant
    due_at: Instant
    attempts: int
    last_error: str | None = None
    settled_at: Instant | None = None


class WrittenLetter(Letter):
    """A letter with its subject and text as they would be sent now; links are left out."""

    subject: str
    text: str


class Delivery(Record):
    """What a round of sending came to."""

    sent: int
    dropped: int
    postponed: int
    failed: int


class ListLetters(Request):
    """Letters, newest first."""

    state: LetterState | None = None
    limit: Limit = 100
    cursor: str | None = None


class LetterReference(Request):
    """Names one letter."""

    id: LetterId
