"""The trial: a payment provider that moves no money and asks nobody. Its own state is kept apart from the books.

It knows the numbers that card companies give out for tests, and no others: a real card is refused. What a card does is
told by its token, which holds no number.
"""

from __future__ import annotations

import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from portalctl import errors
from portalctl.gateways.cards import brand_of, has_expired
from portalctl.gateways.gateway import (
    Attached,
    Card,
    CardFacts,
    Event,
    Gateway,
    Movement,
    SetupPage,
    Standing,
    Tokenizer,
)
from portalctl.models.money import Money


class Behaviour(StrEnum):
    """What a trial card does."""

    WORKS = "works"
    DECLINED = "declined"
    DECLINED_LATER = "later"
    AUTHENTICATES = "authenticates"
    AUTHENTICATES_LATER = "asks"


CARDS: Mapping[str, Behaviour] = {
    "4242424242424242": Behaviour.WORKS,
    "4000056655665556": Behaviour.WORKS,
    "4000003800000008": Behaviour.WORKS,
    "5555555555554444": Behaviour.WORKS,
    "2223003122003222": Behaviour.WORKS,
    "378282246310005": Behaviour.WORKS,
    "6011111111111117": Behaviour.WORKS,
    "3056930009020004": Behaviour.WORKS,
    "3566002020360505": Behaviour.WORKS,
    "6200000000000005": Behaviour.WORKS,
    "4000000000000002": Behaviour.DECLINED,
    "4000000000009995": Behaviour.DECLINED,
    "4000000000000341": Behaviour.DECLINED_LATER,
    "4000002500003155": Behaviour.AUTHENTICATES,
    "4000002760003184": Behaviour.AUTHENTICATES_LATER,
    "4000003800000446": Behaviour.AUTHENTICATES_LATER,
}
"""Each trial card, and what it does: when it is kept, or later, whenever it is charged."""

_DECLINED = "the card was declined"
_ASKS = "the card's bank wants its owner to confirm"
PAGE_TIME = timedelta(minutes=30)
"""How long the page of the trial is open."""

_PAGE = re.compile(r"trial_page_([0-9]{1,12})_([0-9a-f]{24})")
_TOKEN = re.compile(r"trial_([a-z]+)_([0-9]{4})_([0-9]{1,2})_([0-9]{4})_([a-z]+)_[0-9a-f]{24}")


class TrialCard(NamedTuple):
    """A card that the trial keeps."""

    reference: str
    key: str
    customer: str
    client_id: str
    card: CardFacts
    behaviour: Behaviour


class TrialMovement(NamedTuple):
    """A charge or refund of the trial; `source` is the card of a charge, the charge of a refund."""

    told: Movement
    source: str
    begun_at: datetime


class Shelf(ABC):
    """Where the trial keeps its state, in one transaction that nobody else of the trial is in."""

    @abstractmethod
    def card(self, reference: str) -> TrialCard | None:
        """A card by its reference."""

    @abstractmethod
    def card_by_key(self, key: str) -> TrialCard | None:
        """A card by the key that it was attached with."""

    @abstractmethod
    def keep_card(self, card: TrialCard) -> None:
        """Keep a new card."""

    @abstractmethod
    def drop_card(self, reference: str) -> None:
        """Forget a card, if there is one."""

    @abstractmethod
    def movement(self, reference: str) -> TrialMovement | None:
        """A charge or refund by its reference."""

    @abstractmethod
    def movement_by_key(self, key: str) -> TrialMovement | None:
        """A charge or refund by its key."""

    @abstractmethod
    def movements(self, since: datetime) -> list[TrialMovement]:
        """All that were begun since then, the first first."""

    @abstractmethod
    def refunded(self, charge: str) -> int:
        """What of a charge went back, in minor units."""

    @abstractmethod
    def keep_movement(self, movement: TrialMovement) -> None:
        """Keep a charge or refund, in place of what it was."""


class TrialTokenizer(Tokenizer):
    """Makes a token of a trial card; nobody is asked."""

    def token_of(self, card: Card) -> str:
        """See the interface."""
        behaviour = CARDS.get(card.number)
        if behaviour is None:
            raise errors.CardDeclined(
                "this practice takes payments as a trial only, which knows no real cards",
                "type the test card 4242 4242 4242 4242; no money is moved",
            )
        facts = (brand_of(card.number), card.number[-4:], str(card.exp_month), str(card.exp_year), behaviour.value)
        return "_".join(("trial", *facts, secrets.token_hex(12)))


class TrialGateway(Gateway):
    """See the interface. `shelf` opens a transaction of the trial's own."""

    name = "test"
    moves_money = False
    hosted_page = True

    def __init__(self, shelf: Callable[[], AbstractContextManager[Shelf]], clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock

    def attach(self, token: str, *, customer: str | None, client_id: str, key: str) -> Attached:
        """See the interface."""
        facts, behaviour = _read_token(token)
        with self._shelf() as shelf:
            kept = shelf.card_by_key(key)
            if kept is None:
                self._check(facts, behaviour)
                kept = TrialCard(_new("card"), key, customer or _new("customer"), client_id, facts, behaviour)
                shelf.keep_card(kept)
        return Attached(kept.reference, kept.customer, kept.card)

    def _check(self, facts: CardFacts, behaviour: Behaviour) -> None:
        if behaviour is Behaviour.DECLINED:
            raise errors.CardDeclined(_DECLINED, "use another card")
        if behaviour is Behaviour.AUTHENTICATES:
            raise errors.AuthenticationNeeded(_ASKS, "use another card; this one cannot be confirmed here")
        if has_expired(facts.exp_month, facts.exp_year, self._clock().date()):
            raise errors.CardDeclined("the card has expired", "use one that is valid")

    def detach(self, reference: str) -> None:
        """See the interface."""
        with self._shelf() as shelf:
            shelf.drop_card(reference)

    def prepare(self, amount: Money, *, card: str, customer: str, facts: Mapping[str, str], key: str) -> str:  # noqa: ARG002  the trial shows nobody the facts
        """See the interface."""
        with self._shelf() as shelf:
            before = shelf.movement_by_key(key)
            if before is not None:
                return before.told.reference
            told = Movement(_new("charge"), key, amount, Standing.PREPARED, is_refund=False)
            shelf.keep_movement(TrialMovement(told, card, self._clock()))
        return told.reference

    def confirm(self, reference: str, *, key: str) -> Movement:  # noqa: ARG002  a charge of the trial is confirmed once
        """See the interface."""
        with self._shelf() as shelf:
            movement = _existing(shelf, reference)
            if movement.told.standing is not Standing.PREPARED:
                return movement.told
            told = _outcome(movement.told, shelf.card(movement.source))
            shelf.keep_movement(movement._replace(told=told))
        return told

    def cancel(self, reference: str) -> Movement:
        """See the interface."""
        with self._shelf() as shelf:
            movement = _existing(shelf, reference)
            if movement.told.standing is not Standing.PREPARED:
                return movement.told
            told = _failed(movement.told, "cancelled", "the charge was given up")
            shelf.keep_movement(movement._replace(told=told))
        return told

    def read(self, reference: str) -> Movement:
        """See the interface."""
        with self._shelf() as shelf:
            return _existing(shelf, reference).told

    def refund(self, charge: str, amount: Money, *, key: str) -> Movement:
        """See the interface."""
        with self._shelf() as shelf:
            before = shelf.movement_by_key(key)
            if before is not None:
                return before.told
            paid = _existing(shelf, charge).told
            told = Movement(_new("refund"), key, amount, Standing.SUCCEEDED, is_refund=True)
            left = paid.amount.amount - shelf.refunded(charge) if paid.standing is Standing.SUCCEEDED else 0
            if amount.amount > left or amount.currency != paid.amount.currency:
                told = _failed(told, "refund_refused", "less was paid than is to go back")
            shelf.keep_movement(TrialMovement(told, charge, self._clock()))
        return told

    def movements(self, since: datetime) -> Iterator[Movement]:
        """See the interface."""
        with self._shelf() as shelf:
            found = shelf.movements(since)
        for each in found:
            yield each.told

    def begin_setup(self, *, customer: str | None, client_id: str, return_to: str, key: str) -> SetupPage:  # noqa: ARG002
        """See the interface. The page is none: its address leads nowhere, and nobody needs to open it."""
        ends = self._clock().replace(microsecond=0) + PAGE_TIME
        reference = f"trial_page_{int(ends.timestamp())}_{secrets.token_hex(12)}"
        return SetupPage(reference, f"https://trial.invalid/no-money-moves/{reference}", ends)

    def setup_token(self, reference: str) -> str | None:
        """See the interface. As long as the page is open, the usual test card has been handed in there."""
        found = _PAGE.fullmatch(reference)
        if found is None:
            raise errors.NotFound("the trial has no such page", "begin again: portalctl settings payment add --web")
        ends = datetime.fromtimestamp(int(found[1]), UTC)
        return f"trial_visa_4242_12_{ends.year + 3}_works_{found[2]}" if self._clock() < ends else None

    def read_event(self, payload: bytes, signature: str, now: datetime) -> Event:  # noqa: ARG002
        """See the interface: the trial sends no events."""
        raise errors.EventNotValid("the trial sends no events")


def _read_token(token: str) -> tuple[CardFacts, Behaviour]:
    """What a token says. Raises InvalidInput."""
    found = _TOKEN.fullmatch(token)
    try:
        if found is not None and 1 <= int(found[3]) <= 12:
            return CardFacts(found[1], found[2], int(found[3]), int(found[4]), None), Behaviour(found[5])
    except ValueError:
        pass
    raise errors.InvalidInput("this is no token of the trial", "add the card again: portalctl settings payment add")


def _new(kind: str) -> str:
    return f"trial_{kind}_{secrets.token_hex(12)}"


def _existing(shelf: Shelf, reference: str) -> TrialMovement:
    found = shelf.movement(reference)
    if found is None:
        raise errors.NotFound("the payment provider has no such charge or refund")
    return found


def _outcome(prepared: Movement, card: TrialCard | None) -> Movement:
    """What comes of a charge when it is confirmed."""
    if card is None:
        return _failed(prepared, errors.CardDeclined.code, "the card was removed")
    if card.behaviour is Behaviour.WORKS:
        return prepared._replace(standing=Standing.SUCCEEDED)
    if card.behaviour is Behaviour.AUTHENTICATES_LATER:
        return _failed(prepared, errors.AuthenticationNeeded.code, _ASKS)
    return _failed(prepared, errors.CardDeclined.code, _DECLINED)


def _failed(movement: Movement, code: str, message: str) -> Movement:
    return movement._replace(standing=Standing.FAILED, code=code, message=message)
