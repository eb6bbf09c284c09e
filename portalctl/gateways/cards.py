"""What can be known of a typed card before anybody is asked: whether its number can be right, and whose it is."""

from __future__ import annotations

import re
from datetime import date

from portalctl import errors

_BRANDS = (
    ("amex", re.compile(r"3[47]"), (15,), 4),
    ("diners", re.compile(r"3(0[0-5]|[689])"), (14, 16, 17, 18, 19), 3),
    ("jcb", re.compile(r"35(2[89]|[3-8])"), (16, 17, 18, 19), 3),
    ("visa", re.compile(r"4"), (13, 16, 19), 3),
    ("mastercard", re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,), 3),
    ("discover", re.compile(r"6011|64[4-9]|65"), (16, 17, 18, 19), 3),
    ("unionpay", re.compile(r"62|81"), (16, 17, 18, 19), 3),
)
"""A brand, how its numbers begin, how many digits they have, and how many its security code has."""

UNKNOWN = "card"
"""What a card of no known brand is called."""


def brand_of(number: str) -> str:
    """Whose card it is, by how its number begins."""
    return next((name for name, begins, _, _ in _BRANDS if begins.match(number)), UNKNOWN)


def read_number(text: str) -> str:
    """The digits of a card number as it is typed, with spaces or hyphens. Raises InvalidInput, which repeats none."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{12,19}", digits):
        raise errors.InvalidInput("a card number has 12 to 19 digits", "type it as it stands on the card")
    lengths = next((lengths for _, begins, lengths, _ in _BRANDS if begins.match(digits)), range(12, 20))
    if len(digits) not in lengths:
        raise errors.InvalidInput(
            f"a {brand_of(digits)} number does not have {len(digits)} digits", "type it as it stands on the card"
        )
    if not _passes_luhn(digits):
        raise errors.InvalidInput("the card number has a mistake in it", "type it again, as it stands on the card")
    return digits


def read_expiry(text: str, today: date) -> tuple[int, int]:
    """Month and year of `12/30` or `12/2030`; the card works until that month ends. Raises InvalidInput."""
    found = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/ -]?\s*(?:20)?([0-9]{2})\s*", text)
    if found is None:
        raise errors.InvalidInput("that is no expiry date", "type month and year as on the card: 12/30")
    month, year = int(found[1]), 2000 + int(found[2])
    if has_expired(month, year, today):
        raise errors.InvalidInput("the card has expired", "use one that is valid")
    if year > today.year + 50:
        raise errors.InvalidInput("no card is valid for that long", "type month and year as on the card: 12/30")
    return month, year


def read_cvc(text: str, number: str) -> str:
    """The security code of the card with that number. Raises InvalidInput, which does not repeat it."""
    length = next((length for _, begins, _, length in _BRANDS if begins.match(number)), 3)
    code = text.strip()
    if not re.fullmatch(rf"[0-9]{{{length}}}", code):
        where = "the front" if length == 4 else "the back"
        raise errors.InvalidInput(f"the security code has {length} digits", f"it stands on {where} of the card")
    return code


def has_expired(month: int, year: int, today: date) -> bool:
    """Whether the last month of a card has passed."""
    return (today.year, today.month) > (year, month)


def _passes_luhn(digits: str) -> bool:
    """Whether the last digit of a number fits the others, as on every card (ISO/IEC 7812)."""
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    total = sum(int(digit) for digit in digits[-1::-2]) + sum(number // 10 + number % 10 for number in doubled)
    return total % 10 == 0
