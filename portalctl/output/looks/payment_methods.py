"""How payment methods look: never more of a card than its brand, its last four digits and its last month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portalctl.output.columns import ID, Column, Look


def _expiry(method: Any) -> str:
    """Its last month, and whether that has passed or soon will."""
    told = f"{method.exp_month:02d}/{method.exp_year}"
    if method.expired:
        return f"{told} (expired)"
    return f"{told} (soon)" if method.expires_soon else told


def _who(method: Any) -> str:
    return "; ".join(map(_allowed, method.authorizations)) or "nobody"


def _allowed(authorization: Any) -> str:
    """A provider, and up to how much and until when they may charge."""
    limit = f" up to {authorization.limit}" if authorization.limit is not None else ""
    until = f" until {authorization.until}" if authorization.until is not None else ""
    return f"{authorization.provider}{limit}{until}"


def _detail(method: Any) -> Iterable[tuple[object, object]]:
    yield "ID", method.id
    yield "Card", f"{method.brand} {method.last4}"
    yield "Expires", _expiry(method)
    yield "Country", method.country
    yield "Default", "yes" if method.default else "no"
    yield "Client", method.client
    for number, each in enumerate(method.authorizations):
        yield "" if number else "May charge", _allowed(each)
    if not method.authorizations:
        yield "May charge", "nobody"
    yield "Since", method.created_at


LOOKS: dict[str, Look] = {
    "PaymentMethod": Look(
        "payment methods",
        (
            ID,
            Column("Card", lambda method: f"{method.brand} {method.last4}", whole=True),
            Column("Expires", _expiry, whole=True),
            Column("Country", "country", whole=True),
            Column("Default", lambda method: "*" if method.default else "", whole=True),
            Column("May charge", _who),
        ),
        _detail,
    ),
}
