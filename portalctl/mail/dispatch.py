"""Sending what is due: a round takes letters from the outbox, one after another, over one connection to the relay."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from portalctl import errors
from portalctl.domain import delivery
from portalctl.domain.office import Office
from portalctl.mail.messages import message_of
from portalctl.mail.smtp import Fate
from portalctl.models.outbox import Delivery

if TYPE_CHECKING:
    from portalctl.mail.smtp import Connection, Relay

A_ROUND = 50
"""Letters, at the most."""


def send_due(
    office: Office, relay: Relay, *, limit: int = A_ROUND, is_over: Callable[[], bool] = lambda: False
) -> Delivery:
    """Send the letters that are due, the oldest first; what each came to is written down before the next one is taken.

    Any number of processes may do so at once: each letter is one's alone until it is settled or its claim runs out.
    Once `is_over` says yes no further letter is taken. Raises NetworkFailure where the relay cannot be used; the letter
    that found that out waits for its next try.
    """
    counts = dict.fromkeys(Delivery.model_fields, 0)
    connection: Connection | None = None
    delivery.clear(office)
    try:
        for _ in range(limit):
            claimed = None if is_over() else delivery.claim(office)
            if claimed is None:
                break
            if isinstance(claimed, delivery.Dropped):
                counts["failed" if claimed.failed else "dropped"] += 1
                continue
            if connection is None:
                connection = _connected(office, relay, claimed)
            reply = connection.give(message_of(claimed), claimed.written.practice.email, claimed.recipient)
            if reply.fate is Fate.TAKEN:
                delivery.settle(office, claimed)
                counts["sent"] += 1
            elif reply.fate is Fate.REFUSED:
                delivery.settle(office, claimed, refusal=reply.words)
                counts["failed"] += 1
            else:
                counts["postponed" if delivery.postpone(office, claimed, reply.words) else "failed"] += 1
                if reply.fate is Fate.LOST:
                    break
    finally:
        if connection is not None:
            connection.close()
    return Delivery(**counts)


def send_all(office: Office, relay: Relay) -> Delivery:
    """Send round after round until nothing is due, or the relay asks for patience. Raises NetworkFailure."""
    total = dict.fromkeys(Delivery.model_fields, 0)
    while True:
        came_to = send_due(office, relay).model_dump()
        total = {name: total[name] + came_to[name] for name in total}
        if came_to["postponed"] or sum(came_to.values()) < A_ROUND:
            return Delivery(**total)


def _connected(office: Office, relay: Relay, waiting: delivery.Outgoing) -> Connection:
    try:
        return relay.connect()
    except errors.NetworkFailure as failure:
        delivery.postpone(office, waiting, failure.message)
        raise
