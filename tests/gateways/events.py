"""Events as Stripe sends them: the fields that its documentation shows, shortened to what an object is and says."""

from __future__ import annotations

import json
from typing import Any


def event(kind: str, about: dict[str, Any], event_id: str = "evt_1NG8Du2eZvKYlo2CUI79vXWy") -> bytes:
    """An event of that kind about an object, as the body of a request."""
    told = {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1795680000,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    return json.dumps(told, indent=2).encode()


def page(reference: str, status: str = "complete", setup_intent: str | None = "seti_1") -> dict[str, Any]:
    """A page of Checkout in setup mode, on which a card was handed in."""
    return {
        "id": reference,
        "object": "checkout.session",
        "amount_total": None,
        "cancel_url": "https://portal.example.com/",
        "created": 1795679900,
        "currency": None,
        "customer": "cus_1",
        "expires_at": 1795766300,
        "livemode": False,
        "metadata": {},
        "mode": "setup",
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "no_payment_required",
        "setup_intent": setup_intent,
        "status": status,
        "success_url": "https://portal.example.com/",
        "ui_mode": "hosted",
        "url": None,
    }


def intent(reference: str, status: str = "succeeded") -> dict[str, Any]:
    """A charge."""
    return {
        "id": reference,
        "object": "payment_intent",
        "amount": 5000,
        "amount_received": 5000 if status == "succeeded" else 0,
        "currency": "eur",
        "customer": "cus_1",
        "last_payment_error": None,
        "latest_charge": "ch_1",
        "metadata": {},
        "payment_method": "pm_1",
        "status": status,
    }


def refund(reference: str, charge: str) -> dict[str, Any]:
    """A refund of a charge."""
    return {
        "id": reference,
        "object": "refund",
        "amount": 2500,
        "charge": "ch_1",
        "currency": "eur",
        "metadata": {},
        "payment_intent": charge,
        "status": "succeeded",
    }


def account_charge(charge: str) -> dict[str, Any]:
    """What Stripe itself calls a charge: an attempt at a PaymentIntent."""
    return {"id": "ch_1", "object": "charge", "amount": 5000, "currency": "eur", "payment_intent": charge}
