"""Stripe: PaymentMethods kept by SetupIntents, charged by PaymentIntents that are confirmed apart, and Refunds.

Its library is imported when Stripe is first asked. Everything made for a portal carries the portal's name and key for
it, so that what was made and not heard of is found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from portalctl import errors
from portalctl.gateways import stripe_events, stripe_words
from portalctl.gateways.gateway import Attached, Event, Gateway, Movement, SetupPage, Standing
from portalctl.gateways.keys import StripeKeys
from portalctl.gateways.stripe_amounts import to_stripe
from portalctl.gateways.stripe_words import CLIENT, KEY, PORTAL
from portalctl.models.money import Money

if TYPE_CHECKING:
    from stripe import RequestOptions, StripeClient
    from stripe._v1_services import V1Services

    from portalctl.gateways.stripe_http import SharedConnections

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 20.0
"""How long Stripe may take before an answer counts as lost."""

API_VERSION = "2026-10-28.endive"
"""Which version of Stripe's interface is spoken, whatever the account's own is."""

_NOWHERE = "https://stripe.com/"
"""Where a page leads when it is done, of a portal in a file, which has no address in a browser."""

_AT_ONCE = 100
"""How many movements Stripe lists in one answer."""


class _Rejected(errors.InvalidInput):
    """Stripe does not do what was asked, since it does not fit what is there; `why` in Stripe's words."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Stripe does not do this: {why}")
        self.why = why


class StripeGateway(Gateway):
    """See the interface. `portal` says what tells this portal's movements from others of the account."""

    name = "stripe"
    moves_money = True
    hosted_page = True

    def __init__(self, keys: StripeKeys, portal: Callable[[], str], answer_seconds: float = ANSWER_SECONDS) -> None:
        self._keys = keys
        self.publishable_key = keys.publishable_key
        self.api = keys.api_base
        self._portal = portal
        self._answer_seconds = answer_seconds
        self._opening = Lock()

    def close(self) -> None:
        """See the interface."""
        if "_http" in self.__dict__:
            self._http.close()

    def attach(self, token: str, *, customer: str | None, client_id: str, key: str) -> Attached:
        """See the interface."""
        try:
            with _asking():
                method = _plain(self._api.payment_methods.retrieve(token))
        except (errors.NotFound, _Rejected):
            raise errors.InvalidInput(
                "Stripe knows no such card", "add it again: portalctl settings payment add"
            ) from None
        facts = stripe_words.card(method)
        kept_for = method.get("customer")
        if kept_for is not None:
            self._check_owner(kept_for, client_id)
        else:
            kept_for = customer or self._new_customer(client_id, key)
            self._set_up(method["id"], kept_for, client_id, key)
        return Attached(method["id"], kept_for, facts)

    def _check_owner(self, customer: str, client_id: str) -> None:
        with _asking():
            found = _plain(self._api.customers.retrieve(customer))
        if (found.get("metadata") or {}).get(CLIENT) != client_id:
            raise errors.InvalidInput("Stripe knows no such card of yours", "add it: portalctl settings payment add")

    def _new_customer(self, client_id: str, key: str) -> str:
        with _asking():
            made = self._api.customers.create(
                {"metadata": {PORTAL: self._portal(), CLIENT: client_id}}, _once(key, "customer")
            )
        return str(made.id)

    def _set_up(self, method: str, customer: str, client_id: str, key: str) -> None:
        """Have the card's bank agree to charges while its owner is away."""
        with _asking():
            intent = self._api.setup_intents.create(
                {
                    "customer": customer,
                    "usage": "off_session",
                    "allowed_payment_method_types": ["card"],
                    "metadata": {PORTAL: self._portal(), CLIENT: client_id},
                },
                _once(key, method, "setup"),
            )
            told = self._api.setup_intents.confirm(intent.id, {"payment_method": method}, _once(key, method, "agree"))
        if told.status != "succeeded":
            raise errors.AuthenticationNeeded(
                "the card's bank wants its owner to confirm, which a program cannot show",
                "add the card on the payment provider's page: portalctl settings payment add --web",
            )

    def detach(self, reference: str) -> None:
        """See the interface."""
        try:
            with _asking():
                self._api.payment_methods.detach(reference)
        except errors.NotFound:
            return
        except _Rejected:
            with _asking():
                if _plain(self._api.payment_methods.retrieve(reference)).get("customer") is not None:
                    raise

    def prepare(self, amount: Money, *, card: str, customer: str, facts: Mapping[str, str], key: str) -> str:
        """See the interface."""
        try:
            with _asking():
                intent = self._api.payment_intents.create(
                    {
                        "amount": to_stripe(amount),
                        "currency": amount.currency.lower(),
                        "customer": customer,
                        "payment_method": card,
                        "allowed_payment_method_types": ["card"],
                        "metadata": {**facts, PORTAL: self._portal(), KEY: key},
                    },
                    _once(key, "prepare"),
                )
        except errors.NotFound:
            raise errors.NoPaymentMethod(
                "Stripe no longer has this card", "its owner adds it again: portalctl settings payment add"
            ) from None
        except _Rejected as refused:
            raise errors.InvalidInput(f"Stripe does not take a charge of {amount}: {refused.why}") from None
        return str(intent.id)

    def confirm(self, reference: str, *, key: str) -> Movement:
        """See the interface."""
        try:
            with _asking():
                told = stripe_words.charge(
                    _plain(
                        self._api.payment_intents.confirm(
                            reference, {"off_session": True}, _once(key, reference, "confirm")
                        )
                    )
                )
        except (errors.CardDeclined, errors.AuthenticationNeeded) as refused:
            return self._given_up(reference, refused.code, refused.message)
        except _Rejected as refused:
            return self._given_up(reference, errors.CardDeclined.code, f"Stripe refused the charge: {refused.why}")
        if told.code == errors.AuthenticationNeeded.code:
            return self._given_up(reference, told.code, stripe_words.ASKS)
        return told

    def _given_up(self, reference: str, code: str, message: str) -> Movement:
        """A refused charge, made sure of that it cannot be made later; one that was made after all stays."""
        told = self.read(reference)
        if told.standing in (Standing.PREPARED, Standing.FAILED):
            told = self.cancel(reference)
        return told._replace(code=code, message=message) if told.standing is Standing.FAILED else told

    def cancel(self, reference: str) -> Movement:
        """See the interface."""
        try:
            with _asking():
                return stripe_words.charge(_plain(self._api.payment_intents.cancel(reference)))
        except _Rejected:
            return self.read(reference)

    def read(self, reference: str) -> Movement:
        """See the interface."""
        try:
            with _asking():
                if reference.startswith("re_"):
                    return stripe_words.refund(_plain(self._api.refunds.retrieve(reference)))
                return stripe_words.charge(_plain(self._api.payment_intents.retrieve(reference)))
        except _Rejected as refused:
            raise errors.NotFound(f"Stripe has no {reference}: {refused.why}") from None

    def refund(self, charge: str, amount: Money, *, key: str) -> Movement:
        """See the interface. A refund that was made and not heard of is found by its key."""
        for made in self._refunds_of(charge):
            if made.key == key:
                return made
        try:
            with _asking():
                return stripe_words.refund(
                    _plain(
                        self._api.refunds.create(
                            {
                                "payment_intent": charge,
                                "amount": to_stripe(amount),
                                "metadata": {PORTAL: self._portal(), KEY: key},
                            },
                            _once(key, "refund"),
                        )
                    )
                )
        except _Rejected as refused:
            return Movement(
                "",
                key,
                amount,
                Standing.FAILED,
                is_refund=True,
                code="refund_refused",
                message=f"Stripe: {refused.why}",
            )

    def _refunds_of(self, charge: str) -> Iterator[Movement]:
        with _asking():
            found = self._api.refunds.list({"payment_intent": charge, "limit": _AT_ONCE})
            for each in found.auto_paging_iter():
                yield stripe_words.refund(_plain(each))

    def movements(self, since: datetime) -> Iterator[Movement]:
        """See the interface."""
        portal = self._portal()
        with _asking():
            begun = int(since.timestamp())
            intents = self._api.payment_intents.list({"created": {"gte": begun}, "limit": _AT_ONCE})
            for intent in map(_plain, intents.auto_paging_iter()):
                if _is_of(intent, portal):
                    yield stripe_words.charge(intent)
            refunds = self._api.refunds.list({"created": {"gte": begun}, "limit": _AT_ONCE})
            for refund in map(_plain, refunds.auto_paging_iter()):
                if _is_of(refund, portal):
                    yield stripe_words.refund(refund)

    def begin_setup(self, *, customer: str | None, client_id: str, return_to: str, key: str) -> SetupPage:
        """See the interface: a page of Stripe's Checkout, in setup mode."""
        kept_for = customer or self._new_customer(client_id, key)
        back = return_to if return_to.startswith(("https://", "http://")) else _NOWHERE
        with _asking():
            page = self._api.checkout.sessions.create(
                {
                    "mode": "setup",
                    "customer": kept_for,
                    "allowed_payment_method_types": ["card"],
                    "success_url": back,
                    "cancel_url": back,
                    "metadata": {PORTAL: self._portal(), CLIENT: client_id, KEY: key},
                },
                _once(key, "page"),
            )
        return SetupPage(page.id, page.url or "", datetime.fromtimestamp(page.expires_at, UTC))

    def setup_token(self, reference: str) -> str | None:
        """See the interface."""
        try:
            with _asking():
                page = _plain(self._api.checkout.sessions.retrieve(reference, {"expand": ["setup_intent"]}))
        except _Rejected as refused:
            raise errors.NotFound(f"Stripe has no such page: {refused.why}") from None
        intent = page.get("setup_intent")
        if page.get("status") != "complete" or not isinstance(intent, dict) or intent.get("status") != "succeeded":
            return None
        return str(intent["payment_method"])

    def read_event(self, payload: bytes, signature: str, now: datetime) -> Event:
        """See the interface."""
        if self._keys.webhook_secret is None:
            raise errors.PaymentsNotTaken("the portal has no webhook_secret to prove events with", _SET)
        return stripe_events.read_event(payload, signature, self._keys.webhook_secret, now)

    @cached_property
    def _http(self) -> SharedConnections:
        from portalctl.gateways.stripe_http import SharedConnections

        return SharedConnections(CONNECT_SECONDS, self._answer_seconds)

    @cached_property
    def _client(self) -> StripeClient:
        """What Stripe is asked with. It never asks twice by itself, and reports nothing on how it was used."""
        import stripe

        stripe.enable_telemetry = False
        return stripe.StripeClient(
            self._keys.secret_key or "",
            stripe_version=API_VERSION,
            base_addresses={"api": self._keys.api_base},
            max_network_retries=0,
            http_client=self._http,
        )

    @property
    def _api(self) -> V1Services:
        with self._opening:
            return self._client.v1


_SET = "set it in the server's configuration file, under [stripe]"


@contextmanager
def _asking() -> Iterator[None]:
    """Make errors of Stripe's library the portal's. Raises CardDeclined, AuthenticationNeeded, NotFound,
    PaymentsNotTaken, GatewayUnreachable, and _Rejected."""
    import stripe

    try:
        yield
    except stripe.CardError as error:
        detail = (error.json_body or {}).get("error", {}) if isinstance(error.json_body, dict) else {}
        raise stripe_words.refusal(error.code, detail.get("decline_code")) from None
    except (stripe.AuthenticationError, stripe.PermissionError):
        raise errors.PaymentsNotTaken("Stripe does not accept the practice's key", _SET) from None
    except stripe.InvalidRequestError as error:
        if error.http_status == 404:
            raise errors.NotFound("Stripe has no such thing") from None
        if error.http_status == 409:
            raise _unreachable() from None
        raise _Rejected(error.user_message or "no reason was given") from None
    except stripe.StripeError:
        raise _unreachable() from None


def _unreachable() -> errors.GatewayUnreachable:
    return errors.GatewayUnreachable(
        "Stripe did not say what became of it", "nothing is charged twice: repeat it, or let the books be reconciled"
    )


def _once(*parts: str) -> RequestOptions:
    """What makes Stripe do a step once, however often it is asked. A portal's own keys may be longer than Stripe's."""
    return {"idempotency_key": hashlib.sha256("\n".join(parts).encode()).hexdigest()}


def _plain(found: Any) -> dict[str, Any]:
    told: dict[str, Any] = found.to_dict()
    return told


def _is_of(made: Mapping[str, Any], portal: str) -> bool:
    return (made.get("metadata") or {}).get(PORTAL) == portal
