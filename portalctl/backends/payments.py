"""The payment providers that a portal can reach: with what they need of it, and of whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from threading import Lock

from portalctl import errors
from portalctl.clock import Clock
from portalctl.gateways.gateway import CardFacts, Gateway, Movement, Standing
from portalctl.gateways.keys import StripeKeys
from portalctl.gateways.stripe import StripeGateway
from portalctl.gateways.trial import Behaviour, Shelf, TrialCard, TrialGateway, TrialMovement
from portalctl.models.gateway_name import GatewayName
from portalctl.models.money import Money
from portalctl.storage import practice, trial_gateway
from portalctl.storage.engine import Row, Store, Transaction


class Gateways:
    """Opens the provider that a practice has chosen, when it is first asked for.

    `keys` says what opens an account with Stripe.
    """

    def __init__(self, store: Callable[[], Store], clock: Clock, keys: Callable[[], StripeKeys]) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys
        self._opening = Lock()

    def __call__(self, name: GatewayName) -> Gateway:
        """The provider of that name. Raises PaymentsNotTaken where there is none, or no key to it."""
        if name is GatewayName.TEST:
            return self._trial
        if name is GatewayName.STRIPE:
            with self._opening:
                return self._stripe
        raise errors.PaymentsNotTaken("this practice takes no payments here", "ask the practice how to pay")

    def close(self) -> None:
        """Let go of connections."""
        if "_stripe" in self.__dict__:
            self._stripe.close()

    @cached_property
    def _stripe(self) -> Gateway:
        keys = self._keys()
        if keys.secret_key is None:
            raise errors.PaymentsNotTaken(
                "the portal has no key to the practice's account with Stripe",
                "set secret_key in the server's configuration file, under [stripe], or PORTALCTL_STRIPE_SECRET_KEY",
            )
        if find_spec("stripe") is None:
            raise errors.PaymentsNotTaken(
                "Stripe's library is not installed", "install it with: pip install 'portalctl[stripe]'"
            )
        return StripeGateway(keys, self._portal)

    def _portal(self) -> str:
        """What tells this portal from others that use the same account."""
        with self._store().reading() as transaction:
            found = practice.get(transaction)
        return found.id if found is not None else ""

    @cached_property
    def _trial(self) -> TrialGateway:
        return TrialGateway(self._shelf, self._clock)

    @contextmanager
    def _shelf(self) -> Iterator[Shelf]:
        with self._store().writing() as transaction:
            transaction.hold("trial_gateway")
            yield _StoredShelf(transaction)


class _StoredShelf(Shelf):
    """The trial's state in tables of its own."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def card(self, reference: str) -> TrialCard | None:
        return _card(trial_gateway.card(self._tx, reference))

    def card_by_key(self, key: str) -> TrialCard | None:
        return _card(trial_gateway.card_by_key(self._tx, key))

    def keep_card(self, card: TrialCard) -> None:
        facts = card.card._asdict()
        del facts["country"]
        trial_gateway.insert_card(
            self._tx,
            {
                "reference": card.reference,
                "attach_key": card.key,
                "customer": card.customer,
                "client_id": card.client_id,
                "behaviour": card.behaviour.value,
                **facts,
            },
        )

    def drop_card(self, reference: str) -> None:
        trial_gateway.delete_card(self._tx, reference)

    def movement(self, reference: str) -> TrialMovement | None:
        return _movement(trial_gateway.movement(self._tx, reference))

    def movement_by_key(self, key: str) -> TrialMovement | None:
        return _movement(trial_gateway.movement_by_key(self._tx, key))

    def movements(self, since: datetime) -> list[TrialMovement]:
        rows = trial_gateway.movements(self._tx, int(since.timestamp()))
        return [found for row in rows if (found := _movement(row)) is not None]

    def refunded(self, charge: str) -> int:
        return trial_gateway.refunded(self._tx, charge)

    def keep_movement(self, movement: TrialMovement) -> None:
        told = movement.told
        trial_gateway.put_movement(
            self._tx,
            {
                "reference": told.reference,
                "movement_key": told.key,
                "source": movement.source,
                "is_refund": int(told.is_refund),
                "amount": told.amount.amount,
                "currency": told.amount.currency,
                "standing": told.standing.value,
                "code": told.code,
                "message": told.message,
                "begun_at": int(movement.begun_at.timestamp()),
            },
        )


def _card(row: Row | None) -> TrialCard | None:
    if row is None:
        return None
    facts = CardFacts(row["brand"], row["last4"], row["exp_month"], row["exp_year"], None)
    return TrialCard(
        row["reference"], row["attach_key"], row["customer"], row["client_id"], facts, Behaviour(row["behaviour"])
    )


def _movement(row: Row | None) -> TrialMovement | None:
    if row is None:
        return None
    amount = Money(amount=row["amount"], currency=row["currency"])
    told = Movement(
        row["reference"],
        row["movement_key"],
        amount,
        Standing(row["standing"]),
        bool(row["is_refund"]),
        row["code"],
        row["message"],
    )
    return TrialMovement(told, row["source"], datetime.fromtimestamp(row["begun_at"], UTC))
