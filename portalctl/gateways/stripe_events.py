"""Stripe's events: who sent them, and what they are about."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from portalctl import errors
from portalctl.gateways.gateway import Event

TOLERANCE_SECONDS = 300
"""How old an event's signature may be, and how far the clocks may differ."""


def read_event(payload: bytes, signature: str, secret: str, now: datetime) -> Event:
    """What an event says, once the `Stripe-Signature` header proves it. Raises EventNotValid."""
    _check(payload, signature, secret, now)
    try:
        told: Any = json.loads(payload)
        about = told["data"]["object"]
        subject = about.get("payment_intent") or about["id"] if about["object"] == "charge" else about["id"]
        found = Event(told["id"], told["type"], subject)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise errors.EventNotValid("the event is not one of Stripe's") from None
    if not all(isinstance(each, str) and len(each) <= 255 for each in found):
        raise errors.EventNotValid("the event is not one of Stripe's")
    return found


def sign(payload: bytes, secret: str, at: datetime) -> str:
    """The header that proves a payload, as Stripe makes it."""
    moment = str(int(at.timestamp()))
    return f"t={moment},v1={_signature(payload, secret, moment)}"


def _check(payload: bytes, signature: str, secret: str, now: datetime) -> None:
    parts = [part.strip().partition("=") for part in signature.split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(moments) != 1 or not moments[0].isascii() or not moments[0].isdigit() or len(moments[0]) > 12:
        raise errors.EventNotValid("the event is not signed", "set the endpoint's signing secret: webhook_secret")
    expected = _signature(payload, secret, moments[0]).encode()
    if not any(hmac.compare_digest(expected, each.encode()) for each in given):
        raise errors.EventNotValid(
            "the event is not signed by Stripe", "compare webhook_secret with Stripe's dashboard"
        )
    if abs(now.timestamp() - int(moments[0])) > TOLERANCE_SECONDS:
        raise errors.EventNotValid("the event was signed too long ago", "set the server's clock")


def _signature(payload: bytes, secret: str, moment: str) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + payload, hashlib.sha256).hexdigest()
