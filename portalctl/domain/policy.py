"""The booking policy: defaults, then what the practice sets, then what a service sets."""

from __future__ import annotations

from portalctl.models.policy import BookingTerms
from portalctl.storage import policy
from portalctl.storage.engine import Transaction


def in_force(tx: Transaction, service_id: str | None) -> BookingTerms:
    """The terms for a service, or for the practice."""
    own = policy.terms(tx, service_id) if service_id is not None else {}
    return BookingTerms.model_validate({**policy.terms(tx, policy.PRACTICE), **own})
