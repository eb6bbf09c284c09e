"""The payment providers by their names."""

from enum import StrEnum


class GatewayName(StrEnum):
    """Who moves the money: nobody, a trial that moves none, or Stripe."""

    NONE = "none"
    TEST = "test"
    STRIPE = "stripe"
