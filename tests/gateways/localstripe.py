"""localstripe for whoever tests against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portalctl.gateways.keys import StripeKeys
from tests.gateways.loopback_stripe import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, loopback_stripe


@pytest.fixture(scope="session")
def localstripe() -> Iterator[StripeKeys]:
    """What opens an account with a localstripe on loopback."""
    with loopback_stripe() as running:
        yield StripeKeys(SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET, running.url)
