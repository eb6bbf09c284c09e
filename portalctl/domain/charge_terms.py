"""What a charge needs: each condition that is missing has its own code."""

from __future__ import annotations

from datetime import date

from portalctl import errors
from portalctl.domain import references
from portalctl.domain.cards import read_method
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import Invoice
from portalctl.models.money import Money
from portalctl.models.payment_methods import WHOLE_PRACTICE, Authorization, PaymentMethod
from portalctl.storage import payment_methods
from portalctl.storage.engine import Transaction


def method_for(
    tx: Transaction, invoice: Invoice, reference: str | None, gateway: GatewayName, day: date
) -> PaymentMethod:
    """The method of the invoice's client that is named, or their default one, if it is with that provider.

    Raises NoPaymentMethod, AmbiguousId.
    """
    if reference is None:
        rows = [row for row in payment_methods.of_client(tx, invoice.client_id) if row["is_default"]]
    else:
        rows = payment_methods.candidates(tx, reference, invoice.client_id)
    found = [read_method(tx, row, day) for row in rows if row["gateway"] == gateway.value]
    if not found:
        what = "payment method" if reference is None else f"payment method {reference!r}"
        raise errors.NoPaymentMethod(
            f"{invoice.client} has no {what} here", "the client adds one: portalctl settings payment add"
        )
    return references.one(found, "payment method", reference or "", lambda one: f"{one.brand} {one.last4}")


def allowed_by(method: PaymentMethod, invoice: Invoice, amount: Money, day: date, *, by_owner: bool) -> str | None:
    """Whose authorization lets the amount be charged; None where the owner pays, who needs none.

    Raises NotAuthorized, CardExpired, LimitExceeded, in this order.
    """
    card = f"{method.brand} {method.last4}"
    authorized = [] if by_owner else _authorized(method, invoice, day)
    if not by_owner and not authorized:
        whom = invoice.provider_id or WHOLE_PRACTICE
        raise errors.NotAuthorized(
            f"{method.client} does not let {invoice.provider or 'the practice'} charge {card}",
            f"the client allows it: portalctl settings payment authorize {method.id} {whom}",
        )
    if method.expired:
        raise errors.CardExpired(
            f"{card} expired in {method.exp_year}-{method.exp_month:02}",
            "the client adds another one: portalctl settings payment add",
        )
    if by_owner:
        return None
    for one in authorized:
        if one.limit is None or (one.limit.currency == amount.currency and one.limit.amount >= amount.amount):
            return one.provider_id
    limits = " or ".join(str(one.limit) for one in authorized)
    raise errors.LimitExceeded(
        f"{amount} is more than {method.client} lets be charged at once from {card}: {limits}",
        "the client pays it, or allows more: portalctl settings payment authorize --limit",
    )


def _authorized(method: PaymentMethod, invoice: Invoice, day: date) -> list[Authorization]:
    """The authorizations that stand today for the invoice's practitioner, and then for the whole practice."""
    return sorted(
        (
            one
            for one in method.authorizations
            if one.provider_id in (invoice.provider_id, WHOLE_PRACTICE) and (one.until is None or one.until >= day)
        ),
        key=lambda one: one.provider_id == WHOLE_PRACTICE,
    )
