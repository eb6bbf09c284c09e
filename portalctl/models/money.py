"""Amounts of money: integer minor units and an ISO 4217 code."""

from typing import Annotated

from pydantic import Field, StringConstraints

from portalctl.models.values import Record

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

_MINOR_DIGITS = dict.fromkeys(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ),
    0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


def minor_digits(currency: str) -> int:
    """How many decimals the currency has (ISO 4217): 0, 2 or 3."""
    return _MINOR_DIGITS.get(currency, 2)


class Money(Record):
    """`amount` counts the smallest unit: 8050 EUR is 80.50 euro, 8050 JPY is 8,050 yen."""

    amount: Annotated[int, Field(ge=0, le=10**12)]
    currency: Currency

    def __str__(self) -> str:
        """Say it as people do: 80.50 EUR."""
        return f"{self.decimal} {self.currency}"

    @property
    def decimal(self) -> str:
        """The amount with all decimals of its currency, without the currency: 80.50."""
        digits = minor_digits(self.currency)
        if digits == 0:
            return str(self.amount)
        whole, part = divmod(self.amount, 10**digits)
        return f"{whole}.{part:0{digits}d}"
