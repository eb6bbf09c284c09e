"""What the portal asks of a payment provider. No card ever passes here: only what the provider calls it.

Each step that moves money may be repeated with the same key and moves it once. An answer that is lost is found out by
reading, never by charging again: a charge is prepared first, its reference kept, and only then confirmed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from portalctl.models.money import Money


class Card(NamedTuple):
    """A card as it is typed: only where a card becomes a token, on its owner's machine."""

    number: str
    exp_month: int
    exp_year: int
    cvc: str

    def __repr__(self) -> str:
        """Say nothing that a log or a traceback should not hold."""
        return f"Card(…{self.number[-4:]})"


class CardFacts(NamedTuple):
    """What may be known of a card."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    country: str | None


class Attached(NamedTuple):
    """A card that the provider keeps for later charges: its reference, and the customer it was kept for."""

    reference: str
    customer: str
    card: CardFacts


class Standing(StrEnum):
    """What the provider says of a charge or refund."""

    PREPARED = "prepared"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Movement(NamedTuple):
    """A charge or a refund as the provider has it. `key` is what the portal calls it.

    Why one failed is said by `message` and by `code`: `card_declined`, `authentication_needed`, `refund_refused`, or
    `cancelled` for a charge that was given up.
    """

    reference: str
    key: str
    amount: Money
    standing: Standing
    is_refund: bool
    code: str | None = None
    message: str | None = None


class SetupPage(NamedTuple):
    """The provider's own page for a card."""

    reference: str
    url: str
    expires_at: datetime


class Event(NamedTuple):
    """Something that the provider tells: which, of what kind, and which object of its own it is about."""

    id: str
    kind: str
    subject: str


class Gateway(ABC):
    """One practice's account with a payment provider. Raises GatewayUnreachable where no answer came.

    `hosted_page` says that it has a page of its own for cards; with `publishable_key` a typed card goes straight to the
    provider at `api`.
    """

    name: str
    moves_money: bool
    hosted_page: bool
    publishable_key: str | None = None
    api: str | None = None

    def close(self) -> None:
        """Let go of connections, if there are any."""
        return

    @abstractmethod
    def attach(self, token: str, *, customer: str | None, client_id: str, key: str) -> Attached:
        """Keep a card for charges while its owner is away; one that is kept for this client already stays as it is.

        Raises CardDeclined, AuthenticationNeeded, InvalidInput.
        """

    @abstractmethod
    def detach(self, reference: str) -> None:
        """Forget a card; harmless when it is gone."""

    @abstractmethod
    def prepare(self, amount: Money, *, card: str, customer: str, facts: Mapping[str, str], key: str) -> str:
        """Write a charge down without moving money: its reference; the same for the same key.

        Raises NoPaymentMethod where the provider has the card no more, InvalidInput for an amount that it cannot move.
        """

    @abstractmethod
    def confirm(self, reference: str, *, key: str) -> Movement:
        """Move the money of a prepared charge, once. A refusal is told, not raised."""

    @abstractmethod
    def cancel(self, reference: str) -> Movement:
        """Give up a charge that was never confirmed; one that moved money stays as it is."""

    @abstractmethod
    def read(self, reference: str) -> Movement:
        """What became of a charge or refund. Raises NotFound."""

    @abstractmethod
    def refund(self, charge: str, amount: Money, *, key: str) -> Movement:
        """Give money of a charge back, once for one key. A refusal is told, not raised; it may have no reference."""

    @abstractmethod
    def movements(self, since: datetime) -> Iterator[Movement]:
        """All charges and refunds that were begun for this portal since then."""

    @abstractmethod
    def begin_setup(self, *, customer: str | None, client_id: str, return_to: str, key: str) -> SetupPage:
        """Open the provider's own page for a card. Raises Unsupported."""

    @abstractmethod
    def setup_token(self, reference: str) -> str | None:
        """The token of the card that was handed in on a page; None as long as there is none. Raises NotFound."""

    @abstractmethod
    def read_event(self, payload: bytes, signature: str, now: datetime) -> Event:
        """What an event says, once its signature is proved. Raises EventNotValid."""


class Tokenizer(ABC):
    """Gives a typed card to the provider, straight from the machine that it was typed on."""

    @abstractmethod
    def token_of(self, card: Card) -> str:
        """What the provider calls the card. Raises CardDeclined, InvalidInput, GatewayUnreachable."""
