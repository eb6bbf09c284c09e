"""What follows from what a payment provider tells. Of every event only what it is about is believed, and then read."""

from __future__ import annotations

from contextlib import suppress

from portalctl import errors
from portalctl.domain import charging, setups
from portalctl.domain.office import Office
from portalctl.gateways.gateway import Event
from portalctl.models.gateway_name import GatewayName

_OF_MONEY = ("payment_intent.", "charge.", "refund.")
"""How the kinds of events begin that are about a charge or a refund."""


def settle(office: Office, event: Event) -> None:
    """Do what follows from an event; nothing from one of another kind, or about what is not this portal's.

    A card that is refused after all is nobody's, and what the provider has no more is nothing: sending the event again
    would not help. Raises GatewayUnreachable, PaymentsNotTaken.
    """
    if event.kind.startswith(_OF_MONEY):
        with suppress(errors.NotFound):
            charging.settle_by_reference(office, GatewayName.STRIPE, event.subject)
    elif event.kind.startswith("checkout.session."):
        with suppress(errors.CardDeclined, errors.AuthenticationNeeded, errors.InvalidInput, errors.NotFound):
            setups.settle_by_reference(office, GatewayName.STRIPE, event.subject)
