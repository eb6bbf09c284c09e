"""Amounts as Stripe counts them: mostly as ISO 4217 does, with the exceptions that its documentation lists."""

from __future__ import annotations

from portalctl import errors
from portalctl.models.money import Money, minor_digits

_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Decimals that Stripe counts with where ISO 4217 says otherwise."""


def to_stripe(money: Money) -> int:
    """The amount in Stripe's smallest unit. Raises InvalidInput for one that Stripe cannot move.

    Of currencies with three decimals it moves whole hundredths only.
    """
    digits = minor_digits(money.currency)
    told = _DIGITS.get(money.currency, digits)
    amount, rest = divmod(money.amount * _unit(told), _unit(digits))
    if rest or (told == 3 and amount % 10):
        raise errors.InvalidInput(f"Stripe cannot move {money}: it takes fewer decimals", "invoice a rounder amount")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """The money that Stripe names in its smallest unit."""
    code = currency.upper()
    digits = minor_digits(code)
    return Money(amount=amount * _unit(digits) // _unit(_DIGITS.get(code, digits)), currency=code)


def _unit(digits: int) -> int:
    return (1, 10, 100, 1000)[digits]
