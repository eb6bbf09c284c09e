"""How a charge or refund that is written down is carried out, exactly once, and what became of it written down.

The order holds it up: written down as pending; prepared at the provider, which moves nothing; the reference kept; then
confirmed, and settled in the books. Whoever comes upon one that was left half-way reads on from where it is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

from portalctl import errors
from portalctl.domain.cards import read_method
from portalctl.domain.charge_terms import allowed_by
from portalctl.domain.invoice_moves import give_back, take_payment
from portalctl.domain.invoicing import practice_day
from portalctl.domain.office import Office
from portalctl.gateways.gateway import Gateway, Movement, Standing
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import ChargeState
from portalctl.models.money import Money
from portalctl.storage import audit, charges, invoices, payment_methods
from portalctl.storage.engine import Row, Transaction

FRESH = timedelta(minutes=10)
"""For how long a charge that was left half-way is still carried out by whoever comes upon it; later it is given up."""

GATEWAY = "gateway"
"""Who settles charges and refunds, in the audit."""

_REFUSALS: dict[str, type[errors.Refused]] = {
    refusal.code: refusal
    for refusal in (
        *(errors.CardDeclined, errors.AuthenticationNeeded, errors.NoPaymentMethod, errors.PaymentsNotTaken),
        *(errors.NotAuthorized, errors.CardExpired, errors.LimitExceeded),
    )
}
_HINTS = {
    errors.CardDeclined.code: "use another payment method, or ask its owner to",
    errors.AuthenticationNeeded.code: "its owner uses another payment method: portalctl settings payment add",
    errors.NoPaymentMethod.code: "its owner adds it again: portalctl settings payment add",
}


def carry_on(office: Office, row: Row, *, insists: bool) -> Row:
    """Carry a pending charge or refund on from wherever it is, and give it as it is then.

    A charge that moved no money yet is confirmed if it is fresh or its maker `insists`, and still allowed; else it is
    given up. Raises GatewayUnreachable, PaymentsNotTaken, NotFound: nothing is known then, and it stays pending.
    """
    gateway = office.gateway(GatewayName(row["gateway"]))
    if row["charge_id"] is not None:
        return settle(office, row, _give_back(gateway, row))
    reference = row["reference"]
    if reference is None:
        row = _prepare(office, gateway, row)
        reference = row["reference"]
        if row["state"] != ChargeState.PENDING:
            return row
    else:
        told = gateway.read(reference)
        if told.standing is not Standing.PREPARED:
            return settle(office, row, told)
    if (insists or _is_fresh(office, row)) and _is_allowed(office, row):
        return settle(office, row, _confirm(gateway, reference, row["id"]))
    return settle(office, row, gateway.cancel(reference))


def catch_up(office: Office, row: Row) -> Row:
    """Settle a pending charge or refund if the provider knows what became of it, and otherwise leave it as it is."""
    if row["reference"] is None:
        return row
    told = office.gateway(GatewayName(row["gateway"])).read(row["reference"])
    return settle(office, row, told)


def is_left(office: Office, row: Row) -> bool:
    """Whether nobody can be at it any more."""
    return not _is_fresh(office, row)


def settle(office: Office, row: Row, told: Movement) -> Row:
    """Write down what the provider says of a pending charge or refund, once; as it is then."""
    at = _second(office)
    with office.store.writing() as tx:
        tx.hold(f"invoice:{row['invoice_id']}")
        row = _again(tx, row)
        if row["state"] != ChargeState.PENDING:
            return row
        if told.standing not in (Standing.SUCCEEDED, Standing.FAILED):
            if told.reference:
                charges.keep_reference(tx, row["id"], told.reference)
            return _again(tx, row)
        has_moved = told.standing is Standing.SUCCEEDED
        if has_moved:
            _count(tx, office, row, at)
        charges.settle(
            tx,
            row["id"],
            state=ChargeState.SUCCEEDED if has_moved else ChargeState.FAILED,
            reference=told.reference or None,
            code=None if has_moved else told.code or errors.CardDeclined.code,
            message=None if has_moved else told.message,
            at=at,
        )
        _record(tx, row, at, has_moved=has_moved)
        return _again(tx, row)


def refuse(row: Row) -> NoReturn:
    """Say why a charge or refund failed."""
    refusal = _REFUSALS.get(row["code"], errors.NotChangeable)
    raise refusal(row["message"] or "the payment provider refused it", _HINTS.get(row["code"]))


def amount_of(row: Row) -> Money:
    """How much a charge or refund is about."""
    return Money(amount=row["amount"], currency=row["currency"])


def _prepare(office: Office, gateway: Gateway, row: Row) -> Row:
    """Have the provider write a charge down, and keep what it calls it. A refusal is what became of it then."""
    with office.store.reading() as tx:
        method = payment_methods.get(tx, row["method_id"])
        invoice = invoices.get(tx, row["invoice_id"], practice_day(tx, office.clock()))
    assert method is not None  # noqa: S101  methods are never deleted
    try:
        reference = gateway.prepare(
            amount_of(row),
            card=method["reference"],
            customer=method["customer"],
            facts={"invoice": invoice.number or invoice.id},
            key=row["id"],
        )
    except (errors.Refused, errors.InvalidInput) as refused:
        told = Movement("", row["id"], amount_of(row), Standing.FAILED, False, refused.code, refused.message)
        return settle(office, row, told)
    with office.store.writing() as tx:
        charges.keep_reference(tx, row["id"], reference)
        return _again(tx, row)


def _confirm(gateway: Gateway, reference: str, key: str) -> Movement:
    """Move the money; where the answer is lost, what became of it. Raises GatewayUnreachable."""
    try:
        return gateway.confirm(reference, key=key)
    except errors.GatewayUnreachable:
        told = gateway.read(reference)
        if told.standing is Standing.PREPARED:
            raise
        return told


def _give_back(gateway: Gateway, row: Row) -> Movement:
    if row["reference"] is not None:
        return gateway.read(row["reference"])
    return gateway.refund(row["charge_reference"], amount_of(row), key=row["id"])


def _is_fresh(office: Office, row: Row) -> bool:
    return _second(office) - int(row["created_at"]) < FRESH.total_seconds()


def _is_allowed(office: Office, row: Row) -> bool:
    """Whether a charge that was written down may still be made: revoking counts for what has moved nothing yet."""
    with office.store.reading() as tx:
        method = payment_methods.get(tx, row["method_id"])
        if method is None or method["removed_at"] is not None:
            return False
        day = practice_day(tx, office.clock())
        invoice = invoices.get(tx, row["invoice_id"], day)
        try:
            allowed_by(read_method(tx, method, day), invoice, amount_of(row), day, by_owner=row["provider_id"] is None)
        except errors.Refused:
            return False
    return True


def _count(tx: Transaction, office: Office, row: Row, at: int) -> None:
    """Count money that moved for its invoice."""
    invoice = invoices.get(tx, row["invoice_id"], practice_day(tx, office.clock()))
    if row["charge_id"] is not None:
        give_back(tx, invoice, row["amount"])
    else:
        take_payment(tx, invoice, row["amount"], at)


def _record(tx: Transaction, row: Row, at: int, *, has_moved: bool) -> None:
    what = "refund" if row["charge_id"] is not None else "charge"
    audit.append(
        tx,
        chain=row["client_id"],
        at=at,
        actor=row["gateway"],
        role=GATEWAY,
        action=f"invoices.{what}_{'succeeded' if has_moved else 'failed'}",
        subject=row["id"],
    )


def _again(tx: Transaction, row: Row) -> Row:
    found = charges.get(tx, row["id"])
    assert found is not None  # noqa: S101  charges and refunds are never deleted
    return found


def _second(office: Office) -> int:
    return int(office.clock().timestamp())
