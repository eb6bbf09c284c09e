"""The rules of the practice's communication policy: who may begin, who may answer, and when a conversation closes.

They are asked about facts. Closing is decided when it is asked: no job closes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from portalctl import errors
from portalctl.models.communication import Communication
from portalctl.storage import policy as terms
from portalctl.storage.engine import Transaction

QUIET_SECONDS = 48 * 3600
"""How long a conversation of staff stays open without an answer of the client, where clients only reply."""


def in_force(tx: Transaction) -> Communication:
    """Who may write to whom at this practice now."""
    return Communication(terms.terms(tx, terms.PRACTICE).get("communication", Communication.REPLY_ONLY))


class Standing(NamedTuple):
    """What the rules go by: how a conversation stands, in epoch seconds."""

    started_by_client: bool
    quiet_since: int | None = None
    closed_at: int | None = None

    def closes_at(self, policy: Communication) -> int | None:
        """When it closes or has closed, by hand or by itself; None where nothing closes it."""
        if self.closed_at is not None:
            return self.closed_at
        closes_itself = policy is Communication.REPLY_ONLY and not self.started_by_client
        return self.quiet_since + QUIET_SECONDS if closes_itself and self.quiet_since is not None else None

    def is_open(self, policy: Communication, at: int) -> bool:
        """Whether it is open: until just before the second at which it closes."""
        closes_at = self.closes_at(policy)
        return self.closed_at is None and (closes_at is None or at < closes_at)


def check_start(
    policy: Communication, *, by_client: bool, is_assigned: bool, assigned: Sequence[str] = (), other: str = ""
) -> None:
    """Let somebody begin a conversation, or raise PolicyReplyOnly, PolicyNeverInitiate, PolicyAssignedOnly.

    `assigned` are the names of those whom a client might write to instead; `other` is whom it is for.
    """
    if by_client and policy is Communication.REPLY_ONLY:
        raise errors.PolicyReplyOnly(
            "at this practice clients answer, and do not begin a conversation", _because(policy, _WAIT)
        )
    if by_client and policy is Communication.NEVER_INITIATE:
        raise errors.PolicyNeverInitiate("at this practice clients do not begin conversations", _because(policy, _WAIT))
    if policy is Communication.ASSIGNED_ONLY and not is_assigned:
        raise _not_assigned(by_client=by_client, assigned=assigned, other=other)


def check_reply(
    policy: Communication,
    standing: Standing,
    at: int,
    *,
    by_client: bool,
    is_assigned: bool,
    assigned: Sequence[str] = (),
    other: str = "",
) -> None:
    """Let somebody answer, or raise PolicyReplyOnly, PolicyAssignedOnly, ConversationClosed. Staff open what is closed.

    `is_assigned` says it of a member of staff who writes, and to a client of anybody of staff who takes part.
    """
    if policy is Communication.ASSIGNED_ONLY and not is_assigned:
        raise _not_assigned(by_client=by_client, assigned=assigned, other=other)
    if not by_client:
        return
    if policy is Communication.REPLY_ONLY and standing.started_by_client:
        raise errors.PolicyReplyOnly(
            "at this practice clients answer only in conversations that the practice began", _because(policy, _WAIT)
        )
    if not standing.is_open(policy, at):
        why = (
            "the practice has closed this conversation"
            if standing.closed_at is not None
            else "this conversation has closed: 48 hours went by without an answer"
        )
        raise errors.ConversationClosed(why, _because(policy, "it opens again when the practice writes"))


def _not_assigned(*, by_client: bool, assigned: Sequence[str], other: str) -> errors.PolicyAssignedOnly:
    policy = Communication.ASSIGNED_ONLY
    if not by_client:
        return errors.PolicyAssignedOnly(
            f"you are not assigned to {other}" if other else "no client is assigned to you",
            _because(policy, "an owner assigns with: portalctl practice assign CLIENT STAFF"),
        )
    whom = f"you may write to: {', '.join(assigned)}" if assigned else "nobody is assigned to you yet: ask the practice"
    who = f"{other} is not" if other else "nobody who takes part in this conversation is"
    return errors.PolicyAssignedOnly(f"{who} assigned to you", _because(policy, whom))


_WAIT = "wait for its message, or book an appointment"


def _because(policy: Communication, advice: str) -> str:
    """The practice's configuration is the reason, by name, and what can be done."""
    return f"the practice's communication configuration is the reason (its policy is {policy}); {advice}"
