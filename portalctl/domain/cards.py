"""What everybody asks of payment methods: how one is found and kept, who may charge it, if its card has expired."""

from __future__ import annotations

import json
from datetime import date
from typing import NamedTuple, Self

from portalctl import errors
from portalctl.domain import references
from portalctl.domain.ids import new_id
from portalctl.domain.invoicing import practice_day
from portalctl.domain.office import Office, Visit
from portalctl.domain.staff import find_practitioner
from portalctl.gateways.gateway import Attached
from portalctl.models.gateway_name import GatewayName
from portalctl.models.money import Money
from portalctl.models.payment_methods import (
    WHOLE_PRACTICE,
    AddPaymentMethod,
    Authorization,
    BeginPaymentSetup,
    PaymentMethod,
)
from portalctl.storage import payment_methods
from portalctl.storage.engine import Row, Transaction

SOON_MONTHS = 1
"""A card expires soon from so many months before its last one on."""


MOST = 20
"""Payment methods that a client may have at once."""


class Provider(NamedTuple):
    """Who charges: a practitioner, or the whole practice."""

    id: str
    name: str


def method_of(visit: Visit, row: Row) -> PaymentMethod:
    """A payment method as its row tells of it today."""
    return read_method(visit.transaction, row, practice_day(visit.transaction, visit.now))


def read_method(tx: Transaction, row: Row, day: date) -> PaymentMethod:
    """A payment method as its row tells of it on a day of the practice's."""
    left = 12 * (row["exp_year"] - day.year) + row["exp_month"] - day.month
    authorized = [
        Authorization(
            provider_id=each["provider_id"],
            provider=each["provider"] or "the whole practice",
            limit=_limit(each),
            until=date.fromisoformat(each["until"]) if each["until"] is not None else None,
            since=each["since"],
        )
        for each in payment_methods.authorizations(tx, row["id"])
    ]
    return PaymentMethod.model_validate(
        {
            **row,
            "default": bool(row["is_default"]),
            "expired": left < 0,
            "expires_soon": 0 <= left <= SOON_MONTHS,
            "authorizations": authorized,
        }
    )


def find_method(visit: Visit, reference: str) -> Row:
    """The row of the payment method that an id or its beginning names; a client reaches their own.

    Raises NotFound, AmbiguousId.
    """
    rows = payment_methods.candidates(visit.transaction, reference, visit.own_client)
    found = references.one(
        [method_of(visit, row) for row in rows],
        "payment method",
        reference,
        lambda method: f"{method.brand} {method.last4}",
    )
    return next(row for row in rows if row["id"] == found.id)


def hold_method(visit: Visit, reference: str) -> Row:
    """The row as it is once nobody else changes the client's methods. Raises NotFound, AmbiguousId."""
    found = find_method(visit, reference)
    visit.transaction.hold(f"cards:{found['client_id']}")
    return find_method(visit, found["id"])


def provider_of(tx: Transaction, reference: str) -> Provider:
    """The practitioner whom a reference names, or the whole `practice`. Raises NotFound, AmbiguousId."""
    if reference.casefold() == WHOLE_PRACTICE:
        return Provider(WHOLE_PRACTICE, "the whole practice")
    found = find_practitioner(tx, reference)
    return Provider(found.id, found.name)


def check_terms(limit: Money | None, until: date | None, day: date) -> None:
    """See that an authorization would allow something. Raises InvalidInput."""
    if limit is not None and limit.amount == 0:
        raise errors.InvalidInput("a limit of nothing allows no charge", "give a higher one, or leave it away")
    if until is not None and until < day:
        raise errors.InvalidInput(f"{until} has passed", "name a day to come")


class Wanted(NamedTuple):
    """What is to be true of a payment method once its card is kept."""

    country: str | None
    default: bool
    provider_id: str | None
    limit: Money | None
    until: date | None

    @classmethod
    def of(cls, visit: Visit, request: AddPaymentMethod | BeginPaymentSetup) -> Self:
        """What is asked for, if it can be. Raises NotFound, AmbiguousId, InvalidInput, NotChangeable."""
        tx = visit.transaction
        if len(payment_methods.of_client(tx, visit.own_client or "")) >= MOST:
            raise errors.NotChangeable(
                f"there are {MOST} payment methods, and there may be no more", "remove one first"
            )
        if request.authorize is None and (request.limit is not None or request.until is not None):
            raise errors.InvalidInput("a limit or a last day is one of somebody's", "say whose: --authorize")
        check_terms(request.limit, request.until, practice_day(tx, visit.now))
        provider = provider_of(tx, request.authorize) if request.authorize is not None else None
        return cls(request.country, request.default, provider.id if provider else None, request.limit, request.until)

    def packed(self) -> str:
        """As text."""
        limit = [self.limit.amount, self.limit.currency] if self.limit is not None else None
        until = self.until.isoformat() if self.until is not None else None
        return json.dumps([self.country, self.default, self.provider_id, limit, until])

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """From that text."""
        country, default, provider_id, limit, until = json.loads(text)
        amount = Money(amount=limit[0], currency=limit[1]) if limit is not None else None
        return cls(country, default, provider_id, amount, date.fromisoformat(until) if until is not None else None)


def keep(visit: Visit, gateway: GatewayName, attached: Attached, wanted: Wanted) -> PaymentMethod:
    """Make a payment method of the caller's of a card that the provider keeps; one that is one already is changed."""
    tx, client_id, card = visit.transaction, visit.own_client or "", attached.card
    tx.hold(f"cards:{client_id}")
    others = payment_methods.of_client(tx, client_id)
    there = payment_methods.by_reference(tx, gateway.value, attached.reference)
    made = there["id"] if there is not None else new_id("pay")
    if there is None:
        payment_methods.insert(
            tx,
            id=made,
            client_id=client_id,
            gateway=gateway.value,
            reference=attached.reference,
            customer=attached.customer,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            country=wanted.country or card.country,
            created_at=visit.second,
        )
    if wanted.default or not others:
        payment_methods.set_default(tx, client_id, made)
    if wanted.provider_id is not None:
        payment_methods.authorize(
            tx, made, wanted.provider_id, limit=wanted.limit, until=wanted.until, since=visit.second
        )
    visit.record(made, client_id)
    return method_of(visit, find_method(visit, made))


def remove_method(visit: Visit, row: Row) -> None:
    """Forget a method here; where it was the default one, the newest of the others is from now on."""
    tx, client_id = visit.transaction, row["client_id"]
    payment_methods.remove(tx, row["id"], visit.second)
    left = payment_methods.of_client(tx, client_id)
    if row["is_default"] and left:
        payment_methods.set_default(tx, client_id, left[0]["id"])
    visit.record(row["id"], client_id)


def remove_all(visit: Visit, client_id: str) -> None:
    """Forget all methods of a client here, and the cards that are still on their way."""
    tx = visit.transaction
    tx.hold(f"cards:{client_id}")
    payment_methods.drop_setups(tx, client_id)
    for row in payment_methods.of_client(tx, client_id):
        payment_methods.remove(tx, row["id"], visit.second)


def forget_removed(office: Office, most: int) -> None:
    """Have providers forget the cards that were removed here; one that is not reached is asked again next time."""
    with office.store.reading() as tx:
        waiting = payment_methods.to_detach(tx, most)
    missed = set()
    for row in waiting:
        if row["gateway"] in missed:
            continue
        try:
            office.gateway(GatewayName(row["gateway"])).detach(row["reference"])
        except (errors.Retryable, errors.PaymentsNotTaken):
            missed.add(row["gateway"])
            continue
        with office.store.writing() as tx:
            payment_methods.detach(tx, row["id"], int(office.clock().timestamp()))


def _limit(row: Row) -> Money | None:
    if row["limit_amount"] is None:
        return None
    return Money(amount=row["limit_amount"], currency=row["limit_currency"])
