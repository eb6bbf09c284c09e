"""Broadcasts: one message to many clients, each in a conversation of its own.

A broadcast goes in steps, each a transaction that reaches some hundred clients and writes down how far it is. One that
was interrupted goes on from there, so that nobody is left out or written to twice.
"""

from __future__ import annotations

from portalctl.domain import attachments, communication, letters
from portalctl.domain.documentation import find_document
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.office import Visit
from portalctl.models.communication import Communication
from portalctl.models.conversations import Broadcast, SendBroadcast
from portalctl.storage import assignments, broadcasts, messages

AT_ONCE = 200
"""How many clients one step reaches."""

STEPS = 20
"""How many steps one request takes, so that it is answered in time."""


def begin(visit: Visit, request: SendBroadcast) -> str:
    """The id of the broadcast of this intent, which is begun where it was not yet."""
    before = earlier(visit, request.idempotency_key, request)
    if before is not None:
        return before[0]
    tx = visit.transaction
    roster_of = _roster(visit)
    attached = attachments.found(visit, request.documents)
    broadcast_id = new_id("bct")
    broadcasts.insert(
        tx,
        id=broadcast_id,
        staff_id=visit.caller.person_id,
        subject=request.subject,
        body=request.body,
        document_ids=[document.id for document in attached],
        clients=broadcasts.count_clients(tx, roster_of=roster_of),
        at=visit.second,
    )
    visit.record(broadcast_id)
    remember(visit, request.idempotency_key, request, [broadcast_id])
    return broadcast_id


def go_on(visit: Visit, broadcast_id: str) -> Broadcast:
    """Take one step: those who come next, by the policy and the assignments of now."""
    tx = visit.transaction
    tx.hold(f"broadcast:{broadcast_id}")
    row = broadcasts.get(tx, broadcast_id)
    if row["sent"] == row["clients"]:
        return Broadcast.model_validate(row)
    found = broadcasts.next_clients(
        tx, roster_of=_roster(visit), known_at=row["created_at"], after=row["reached"], limit=AT_ONCE
    )
    if found:
        begun = [messages.Begun(new_id("cnv"), new_id("msg"), client["id"], visit.caller.person_id) for client in found]
        messages.begin(
            tx,
            begun,
            by_client=False,
            sender=visit.caller.name,
            subject=row["subject"],
            body=row["body"],
            at=visit.second,
        )
        document_ids = broadcasts.documents(tx, broadcast_id)
        messages.attach(tx, [each.message_id for each in begun], document_ids)
        attached = [find_document(visit, document_id) for document_id in document_ids]
        each_begun = visit._replace(operation="conversations.start")
        for each, client in zip(begun, found, strict=True):
            attachments.put_into_documentation(visit, attached, each.client_id)
            each_begun.record(each.conversation_id, each.client_id)
            letters.tell_client_of_message(visit, each.conversation_id, each.client_id, client["email"])
        broadcasts.advance(tx, broadcast_id, reached=found[-1]["id"], more=len(found))
    if len(found) < AT_ONCE:
        broadcasts.complete(tx, broadcast_id)
    return Broadcast.model_validate(broadcasts.get(tx, broadcast_id))


def _roster(visit: Visit) -> str | None:
    """Whose clients alone may be written to: the caller's, or None for all. Raises PolicyAssignedOnly."""
    policy, person_id = communication.in_force(visit.transaction), visit.caller.person_id
    if policy is not Communication.ASSIGNED_ONLY:
        return None
    has_roster = assignments.has_any(visit.transaction, person_id)
    communication.check_start(policy, by_client=False, is_assigned=has_roster)
    return person_id
