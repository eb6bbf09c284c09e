"""Payment methods: cards that a payment provider keeps, and who may charge them up to how much."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from portalctl.models.gateway_name import GatewayName
from portalctl.models.money import Money
from portalctl.models.values import (
    IdempotencyKey,
    Instant,
    Open,
    PaymentMethodId,
    PaymentSetupId,
    Record,
    Reference,
    Request,
    WrittenDay,
)

WHOLE_PRACTICE = "practice"
"""The provider that stands for everybody of the practice."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""A country by ISO 3166-1, such as IT."""

GatewayToken = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,254}$")]
"""What the payment provider calls a card: it begins with a letter, so that no number of a card is taken for one."""


class Gateway(Record):
    """How this practice takes payments, for the program that hands a card in.

    `typed_cards` says that a card may be typed here, `hosted_page` that the provider has a page for it. With
    `publishable_key` and `api` (https) a card goes straight to the provider; both are unset for the trial.
    """

    name: Annotated[GatewayName, Open]
    moves_money: bool
    typed_cards: bool
    hosted_page: bool
    publishable_key: str | None = None
    api: str | None = None


class Authorization(Record):
    """A provider who may charge the method: a practitioner, or `practice` for everybody of it.

    `limit` is the most that one charge may come to, `until` the last day in the practice's zone; unset, there is none.
    """

    provider_id: str
    provider: str
    limit: Money | None = None
    until: date | None = None
    since: Instant


class PaymentMethod(Record):
    """A card as its owner and the practice may see it. It works until the end of its last month."""

    id: str
    client_id: str
    client: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    country: str | None = None
    default: bool
    expired: bool
    expires_soon: bool
    authorizations: list[Authorization]
    created_at: Instant


class ListPaymentMethods(Request):
    """One's own payment methods; staff name the client."""

    client: Reference | None = None


class PaymentMethodReference(Request):
    """Names one payment method."""

    id: PaymentMethodId


class AddPaymentMethod(Request):
    """Keep a card that the payment provider has given a token for, and let a provider charge it at once if wanted."""

    token: GatewayToken
    country: CountryCode | None = None
    default: bool = False
    authorize: Reference | None = None
    limit: Money | None = None
    until: WrittenDay | None = None
    idempotency_key: IdempotencyKey | None = None


class AuthorizeProvider(Request):
    """Let a practitioner, or the whole `practice`, charge the method; what was allowed them before is replaced."""

    id: PaymentMethodId
    provider: Reference
    limit: Money | None = None
    until: WrittenDay | None = None


class RevokeProvider(Request):
    """Let a provider charge the method no more, from the next charge on."""

    id: PaymentMethodId
    provider: Reference


class RemovePaymentMethod(Request):
    """Forget a method, here and at the payment provider.

    With `despite_unpaid` also one that a provider may charge for an invoice that is not paid yet.
    """

    id: PaymentMethodId
    despite_unpaid: bool = False


class SetupOutcome(StrEnum):
    """What became of a card on the payment provider's page."""

    WAITING = "waiting"
    DONE = "done"
    EXPIRED = "expired"


class PaymentSetup(Record):
    """A card on its way through the payment provider's own page."""

    id: str
    url: str
    outcome: Annotated[SetupOutcome, Open]
    payment_method_id: str | None = None
    expires_at: Instant


class BeginPaymentSetup(Request):
    """Open the payment provider's page for a card, with what is to be true of the method once it is there."""

    country: CountryCode | None = None
    default: bool = False
    authorize: Reference | None = None
    limit: Money | None = None
    until: WrittenDay | None = None
    idempotency_key: IdempotencyKey | None = None


class PaymentSetupReference(Request):
    """Names one setup of the caller's own."""

    id: PaymentSetupId
