"""What follows from what a payment provider tells. Of every event only what it is about is believed, and then read."""

from __future__ import annotations

from contextlib import suppress

from portalctl import errors
from portalctl.domain import setups
from portalctl.domain.office import Office
from portalctl.gateways.gateway import Event
from portalctl.models.payment_methods import GatewayName


def settle(office: Office, event: Event) -> None:
    """Do what follows from an event; nothing from one of another kind, or about what is not this portal's.

    A card that is refused after all, or of which the provider knows nothing, is nobody's: sending it again helps not.
    """
    if event.kind.startswith("checkout.session."):
        with suppress(errors.Refused, errors.InvalidInput, errors.NotFound):
            setups.settle_by_reference(office, GatewayName.STRIPE, event.subject)
