"""What the practice offers."""

from __future__ import annotations

from portalctl.domain import references
from portalctl.models.services import Service
from portalctl.storage import services
from portalctl.storage.engine import Transaction


def find_service(tx: Transaction, reference: str) -> Service:
    """The service that is meant; an archived one is found by its whole id only. Raises NotFound, AmbiguousId."""
    return references.one(services.candidates(tx, reference), "service", reference, lambda service: service.name)
