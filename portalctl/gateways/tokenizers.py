"""From a typed card to what the payment provider calls it, on the machine that it was typed on."""

from __future__ import annotations

from portalctl import errors
from portalctl.gateways import stripe_words
from portalctl.gateways.gateway import Card, Tokenizer
from portalctl.gateways.keys import STRIPE_API, checked_api
from portalctl.gateways.trial import TrialTokenizer
from portalctl.models import payment_methods
from portalctl.models.gateway_name import GatewayName

SECONDS = 20.0
"""How long the provider may take for an answer."""

_ON_ITS_PAGE = "add the card on the payment provider's page: portalctl settings payment add --web"


def tokenizer_of(gateway: payment_methods.Gateway, trusted_api: str | None = None) -> Tokenizer:
    """What makes tokens for a practice's provider. Raises PaymentsNotTaken, Unsupported where none may be typed.

    A card goes to Stripe itself; to another address only if whoever types it trusts that one (`trusted_api`): it is no
    matter of the portal's alone.
    """
    if gateway.name == GatewayName.TEST:
        return TrialTokenizer()
    if gateway.name != GatewayName.STRIPE:
        raise errors.PaymentsNotTaken("this practice takes no payments here", "ask the practice how to pay")
    if not gateway.typed_cards or gateway.publishable_key is None:
        raise errors.Unsupported("cards are not typed here", _ON_ITS_PAGE)
    api = checked_api(gateway.api or STRIPE_API)
    if api != STRIPE_API and api != (trusted_api or "").rstrip("/"):
        raise errors.Unsupported(
            f"the portal would have the card sent to {api}, which is not Stripe",
            f"if you trust that address, set PORTALCTL_STRIPE_API_BASE={api}",
        )
    return StripeTokenizer(gateway.publishable_key, api)


class StripeTokenizer(Tokenizer):
    """Hands a card to Stripe with the practice's publishable key. Nothing of the card is in a URL or a message."""

    def __init__(self, publishable_key: str, api: str) -> None:
        self._key = publishable_key
        self._api = api

    def token_of(self, card: Card) -> str:
        """See the interface."""
        import httpx

        typed = {
            "type": "card",
            "card[number]": card.number,
            "card[exp_month]": str(card.exp_month),
            "card[exp_year]": str(card.exp_year),
            "card[cvc]": card.cvc,
        }
        try:
            answer = httpx.post(
                f"{self._api}/v1/payment_methods",
                data=typed,
                headers={"Authorization": f"Bearer {self._key}"},
                timeout=SECONDS,
            )
            told = answer.json()
            if answer.is_success:
                return str(told["id"])
            error = told["error"]
            is_decline, is_unwanted = error.get("type") == "card_error", "unsafe" in str(error.get("message"))
            code, decline_code = error.get("code"), error.get("decline_code")
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
            raise errors.GatewayUnreachable("Stripe did not answer", "nothing was kept: try again") from None
        if is_decline:
            raise stripe_words.refusal(code, decline_code)
        if is_unwanted or answer.status_code in (401, 403):
            raise errors.Unsupported("Stripe takes no typed cards for this practice", _ON_ITS_PAGE)
        raise _refusal(answer.status_code, code)


def _refusal(status: int, code: str | None) -> errors.PortalError:
    if status == 429 or status >= 500:
        return errors.GatewayUnreachable("Stripe did not answer", "nothing was kept: try again")
    if code is not None and code.startswith(("invalid_", "incorrect_")):
        return errors.InvalidInput("Stripe finds a mistake in the card", "type it again, as it stands on the card")
    return errors.InvalidInput("Stripe does not take the card as it was typed", _ON_ITS_PAGE)
