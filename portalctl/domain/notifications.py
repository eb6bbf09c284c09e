"""Which notices somebody gets by e-mail, and how long before an appointment they are reminded."""

from __future__ import annotations

from collections.abc import Sequence

from portalctl.models.outbox import LetterKind
from portalctl.models.role import Role
from portalctl.storage import notifications
from portalctl.storage.engine import Transaction

ALWAYS = frozenset(
    {
        LetterKind.INVITE,
        LetterKind.NEW_SIGN_IN,
        LetterKind.PASSWORD_CHANGED,
        LetterKind.MFA_ON,
        LetterKind.MFA_OFF,
        LetterKind.TOKEN_MADE,
        LetterKind.ACCOUNT_DELETED,
        LetterKind.PASSWORD_RESET,
        LetterKind.EMAIL_CHANGE,
        LetterKind.EMAIL_CHANGED,
    }
)
"""Letters that nobody turns off: what guards an account, and the links that somebody has asked for."""

_ONLY_TO_CLIENTS = frozenset({LetterKind.APPROVED, LetterKind.DECLINED, LetterKind.REMINDER, LetterKind.DOCUMENTS})


def offered(role: Role) -> list[LetterKind]:
    """The notices that come to somebody of that role and can be turned off, in their order.

    Related people get none: nothing that happens is told to them by mail.
    """
    if role is Role.RELATED:
        return []
    lacking = frozenset[LetterKind]() if role is Role.CLIENT else _ONLY_TO_CLIENTS
    return [kind for kind in LetterKind if kind not in ALWAYS | lacking]


def wants(tx: Transaction, person_id: str, kind: LetterKind) -> bool:
    """Whether a person gets notices of that kind by e-mail: unless they have turned them off, they do."""
    return kind in ALWAYS or kind.value not in notifications.get(tx, person_id).muted


def reminders_for(tx: Transaction, client_id: str, usual: Sequence[int]) -> Sequence[int]:
    """How many minutes before an appointment a client is reminded: their own choice, else what is usual."""
    own = notifications.get(tx, client_id).reminder_minutes
    return usual if own is None else own
