"""What Stripe says of charges, refunds and cards, in the portal's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portalctl import errors
from portalctl.gateways.gateway import CardFacts, Movement, Standing
from portalctl.gateways.stripe_amounts import from_stripe

KEY, PORTAL, CLIENT = "portalctl_key", "portalctl_portal", "portalctl_client"
"""Under which names Stripe keeps what the portal calls a movement, itself, and the client of a customer."""

ASKS = "the card's bank wants its owner to confirm, who has to be there for that"

_AUTHENTICATION = frozenset(
    {"authentication_required", "payment_intent_authentication_failure", "authentication_not_handled"}
)
_REASONS = {
    "insufficient_funds": "there is not enough money for it",
    "expired_card": "the card has expired",
    "lost_card": "ask the bank that gave the card out",
    "stolen_card": "ask the bank that gave the card out",
    "incorrect_cvc": "the security code is wrong",
    "invalid_cvc": "the security code is wrong",
    "incorrect_number": "the number is wrong",
    "invalid_number": "the number is wrong",
    "card_not_supported": "the card is not for this kind of payment",
    "currency_not_supported": "the card does not pay in this currency",
    "card_velocity_exceeded": "the card has reached its limit",
    "withdrawal_count_limit_exceeded": "the card has reached its limit",
    "processing_error": "the payment provider could not process it; try again",
    "try_again_later": "try again later",
}

_INTENT = {
    "requires_confirmation": Standing.PREPARED,
    "requires_capture": Standing.PENDING,
    "processing": Standing.PENDING,
    "succeeded": Standing.SUCCEEDED,
    "requires_payment_method": Standing.FAILED,
    "requires_action": Standing.FAILED,
    "canceled": Standing.FAILED,
}

_REFUND = {
    "pending": Standing.PENDING,
    "requires_action": Standing.PENDING,
    "succeeded": Standing.SUCCEEDED,
    "failed": Standing.FAILED,
    "canceled": Standing.FAILED,
}


def refusal(code: str | None, decline_code: str | None = None) -> errors.Refused:
    """Why a card was refused: CardDeclined or AuthenticationNeeded."""
    if _AUTHENTICATION & {code, decline_code}:
        return errors.AuthenticationNeeded(ASKS, "its owner pays the invoice, or uses another card")
    why = _REASONS.get(decline_code or "") or _REASONS.get(code or "")
    return errors.CardDeclined(f"the card was declined: {why}" if why else "the card was declined", "use another card")


def charge(intent: Mapping[str, Any]) -> Movement:
    """A PaymentIntent as a movement."""
    standing = _INTENT.get(intent["status"], Standing.PENDING)
    code = message = None
    if standing is Standing.FAILED:
        error = intent.get("last_payment_error") or {}
        code, message = _why_failed(intent["status"], error.get("code"), error.get("decline_code"))
    return Movement(
        intent["id"],
        (intent.get("metadata") or {}).get(KEY, ""),
        from_stripe(intent["amount"], intent["currency"]),
        standing,
        is_refund=False,
        code=code,
        message=message,
    )


def _why_failed(status: str, code: str | None, decline_code: str | None) -> tuple[str, str]:
    if status == "canceled" and code is None:
        return "cancelled", "the charge was given up"
    found = refusal("authentication_required" if status == "requires_action" else code, decline_code)
    return found.code, found.message


def refund(found: Mapping[str, Any]) -> Movement:
    """A Refund as a movement."""
    standing = _REFUND.get(found.get("status") or "", Standing.PENDING)
    failed = standing is Standing.FAILED
    reason = str(found.get("failure_reason") or "unknown").replace("_", " ")
    return Movement(
        found["id"],
        (found.get("metadata") or {}).get(KEY, ""),
        from_stripe(found["amount"], found["currency"]),
        standing,
        is_refund=True,
        code="refund_refused" if failed else None,
        message=f"the payment provider could not give the money back: {reason}" if failed else None,
    )


def card(method: Mapping[str, Any]) -> CardFacts:
    """A card as a PaymentMethod tells it. Raises InvalidInput for what is no card."""
    facts = method.get("card")
    if not facts:
        raise errors.InvalidInput("this is no card", "add a card: portalctl settings payment add")
    return CardFacts(facts["brand"], facts["last4"], facts["exp_month"], facts["exp_year"], facts.get("country"))
