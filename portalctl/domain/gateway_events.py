"""What payment providers tell by themselves: proved, and each event handled once, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable

from portalctl import errors
from portalctl.domain.office import Office
from portalctl.gateways.gateway import Event
from portalctl.models.gateway_name import GatewayName
from portalctl.storage import gateway_events as stored

CLAIM_SECONDS = 180
"""For how long who began with an event has it; after that they count as gone."""

KEPT_SECONDS = 30 * 86_400
"""For how long it is known that an event was handled: a provider sends none again for so long."""

Settle = Callable[[Office, Event], None]
"""Does what follows from an event. It is done again if it did not end, so that it must be harmless to repeat."""


def handle(office: Office, payload: bytes, signature: str, settle: Settle) -> None:
    """Do what follows from an event of Stripe's, unless that was done.

    Raises EventNotValid, PaymentsNotTaken, and IdempotencyRunning while somebody is at it; whatever `settle` raises
    leaves the event to the next time that it comes.
    """
    event = office.gateway(GatewayName.STRIPE).read_event(payload, signature, office.clock())
    if not _claimed(office, event):
        return
    try:
        settle(office, event)
    except BaseException:
        with office.store.writing() as tx:
            stored.release(tx, event.id)
        raise
    with office.store.writing() as tx:
        stored.finish(tx, event.id, at=int(office.clock().timestamp()))


def _claimed(office: Office, event: Event) -> bool:
    """Whether the event is to be handled now. Raises IdempotencyRunning."""
    now = int(office.clock().timestamp())
    with office.store.writing() as tx:
        tx.hold(f"event:{event.id}")
        found = stored.get(tx, event.id)
        if found is not None and found["handled_at"] is not None:
            return False
        if found is not None and found["claimed_at"] > now - CLAIM_SECONDS:
            raise errors.IdempotencyRunning("this event is being handled", "send it again later")
        stored.claim(tx, event.id, kind=event.kind, at=now)
        stored.sweep(tx, now - KEPT_SECONDS)
    return True
