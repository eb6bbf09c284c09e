"""The practice's clients."""

from __future__ import annotations

from portalctl.domain import references
from portalctl.domain.office import Visit
from portalctl.models.clients import Client
from portalctl.storage import clients


def find_client(visit: Visit, reference: str) -> Client:
    """The client that a reference names; a client reaches only themselves. Raises NotFound, AmbiguousId."""
    own = visit.own_client
    if own is None:
        found = clients.candidates(visit.transaction, reference)
    else:
        myself = clients.get(visit.transaction, own) if clients.is_named(visit.transaction, own, reference) else None
        found = [myself] if myself else []
    return references.one(found, "client", reference, lambda client: f"{client.name}, {client.email}")
