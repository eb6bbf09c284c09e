"""Books and payment provider compared: what waits is settled, and every difference has its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portalctl import errors
from portalctl.contract import invoices as contract
from portalctl.domain import policy
from portalctl.domain.cards import forget_removed
from portalctl.domain.moving_money import amount_of, carry_on, catch_up, is_left
from portalctl.domain.office import Office
from portalctl.gateways.gateway import Gateway, Movement, Standing
from portalctl.models.gateway_name import GatewayName
from portalctl.models.invoices import ChargeState, Difference, DifferenceKind, Reconcile, Reconciliation
from portalctl.storage import charges, practice
from portalctl.storage.engine import Row, Transaction

DAYS = 30
"""How far back is compared where no day is named."""

_MARGIN = timedelta(days=1)
"""How far the provider's clock may be off, and how much later than the books it may have heard of something."""

_AT_ONCE = 500

_SAME = {
    ChargeState.PENDING: frozenset({Standing.PREPARED, Standing.PENDING}),
    ChargeState.SUCCEEDED: frozenset({Standing.SUCCEEDED}),
    ChargeState.FAILED: frozenset({Standing.FAILED}),
}
"""What the provider says where it agrees with the books."""


def reconcile(office: Office, request: Reconcile) -> Reconciliation:
    """Settle what waits for the provider's word, have it forget removed cards, and compare the books with it."""
    with office.visit(contract.Invoices.reconcile) as visit:
        tx = visit.transaction
        since = _since(tx, request, visit.now)
        names = {*charges.gateways(tx), policy.of_practice(tx).payment_gateway.value} - {GatewayName.NONE.value}
        if not names:
            raise errors.PaymentsNotTaken(
                "this practice takes no payments here", "choose who takes them: portalctl practice policy set --gateway"
            )
        visit.record("books")
    gateways = {name: office.gateway(GatewayName(name)) for name in sorted(names)}
    settled = sum(_settle(office, row) for row in _all(office, charges.to_settle, None))
    forget_removed(office, _AT_ONCE)
    compared = _Comparison(office, gateways, since)
    return Reconciliation(settled=settled, compared=compared.count, differences=compared.differences)


def _since(tx: Transaction, request: Reconcile, now: datetime) -> datetime:
    if request.since is None:
        return now - timedelta(days=DAYS)
    found = practice.get(tx)
    zone = ZoneInfo(found.timezone) if found is not None else UTC
    return datetime.combine(request.since, time.min, zone).astimezone(UTC)


_Query = Callable[[Transaction, charges.Part], list[Row]]


def _all(office: Office, query: _Query, after: tuple[int, str] | None) -> Iterator[Row]:
    """All rows of a query, in short transactions."""
    while True:
        with office.store.reading() as tx:
            rows = query(tx, charges.Part(after, _AT_ONCE))
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        after = (rows[-1]["created_at"], rows[-1]["id"])


def _settle(office: Office, row: Row) -> bool:
    """Settle one that waits; whether it could be. One that somebody may be at is only read, and one left is ended."""
    try:
        now = carry_on(office, row, insists=False) if is_left(office, row) else catch_up(office, row)
    except errors.NotFound:
        return False
    return bool(now["state"] != ChargeState.PENDING)


class _Comparison:
    """Both sides since a moment: how many charges and refunds were compared, and what differs."""

    def __init__(self, office: Office, gateways: dict[str, Gateway], since: datetime) -> None:
        self.count = 0
        self.differences: list[Difference] = []
        self._office = office
        self._gateways = gateways
        there = {
            (name, movement.reference): movement
            for name, gateway in gateways.items()
            for movement in gateway.movements(since - _MARGIN)
        }
        for row in _all(office, charges.begun, (int(since.timestamp()), "")):
            if row["reference"] is not None and row["gateway"] in gateways:
                self._compare(row, there.pop((row["gateway"], row["reference"]), None))
        for (name, _), movement in there.items():
            self._look_for(name, movement)

    def _look_for(self, name: str, movement: Movement) -> None:
        """See what the books have of something that the provider has: as it is now, since both went on meanwhile."""
        with self._office.store.reading() as tx:
            row = charges.by_reference(tx, name, movement.reference)
            known = charges.get(tx, movement.key)
        if row is not None:
            self._compare(row, movement)
        elif known is None or movement.standing in (Standing.SUCCEEDED, Standing.PENDING):
            self._name(DifferenceKind.ONLY_AT_GATEWAY, movement.reference, known, None, _there(movement))

    def _compare(self, row: Row, movement: Movement | None) -> None:
        self.count += 1
        reference = row["reference"]
        if movement is None or movement.standing not in _SAME[ChargeState(row["state"])]:
            row, movement = self._as_they_are_now(row)
        if movement is None:
            self._name(DifferenceKind.ONLY_IN_BOOKS, reference, row, _here(row), None)
            return
        if movement.amount != amount_of(row):
            self._name(DifferenceKind.AMOUNT, reference, row, str(amount_of(row)), str(movement.amount))
        if movement.standing not in _SAME[ChargeState(row["state"])]:
            self._name(DifferenceKind.STATE, reference, row, _here(row), _there(movement))

    def _as_they_are_now(self, row: Row) -> tuple[Row, Movement | None]:
        """Both sides of what went on while the lists were read; the provider knows of what is settled in the books."""
        try:
            with self._office.store.reading() as tx:
                row = charges.get(tx, row["id"]) or row
            if row["state"] == ChargeState.PENDING:
                row = catch_up(self._office, row)
            return row, self._gateways[row["gateway"]].read(row["reference"])
        except errors.NotFound:
            return row, None

    def _name(self, kind: DifferenceKind, reference: str, row: Row | None, here: str | None, there: str | None) -> None:
        self.differences.append(
            Difference(
                kind=kind,
                reference=reference,
                invoice_id=row["invoice_id"] if row is not None else None,
                charge_id=row["id"] if row is not None else None,
                in_books=here,
                at_gateway=there,
            )
        )


def _here(row: Row) -> str:
    what = "refund" if row["charge_id"] is not None else "charge"
    return f"{what} of {amount_of(row)}, {row['state']}"


def _there(movement: Movement) -> str:
    return f"{'refund' if movement.is_refund else 'charge'} of {movement.amount}, {movement.standing.value}"
