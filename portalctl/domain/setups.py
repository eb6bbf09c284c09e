"""Cards that are handed in on a payment provider's page, as the provider tells of them."""

from __future__ import annotations

from portalctl.contract.operation import declared
from portalctl.contract.payment_methods import PaymentMethods
from portalctl.domain.access import Caller, Reach
from portalctl.domain.cards import Wanted, keep
from portalctl.domain.office import Office, Visit
from portalctl.models.gateway_name import GatewayName
from portalctl.models.role import Role
from portalctl.storage import payment_methods
from portalctl.storage.engine import Transaction


def settle_by_reference(office: Office, gateway: GatewayName, reference: str) -> None:
    """Make a payment method of the card that was handed in on a page; harmless to repeat, and for a page of others.

    Raises CardDeclined, AuthenticationNeeded, GatewayUnreachable.
    """
    with office.store.reading() as tx:
        row = payment_methods.setup_by_reference(tx, gateway.value, reference)
        customer = payment_methods.customer_of(tx, row["client_id"], gateway.value) if row is not None else None
    if row is None or row["method_id"] is not None:
        return
    provider = office.gateway(gateway)
    token = provider.setup_token(reference)
    if token is None:
        return
    attached = provider.attach(token, customer=customer, client_id=row["client_id"], key=row["id"])
    with office.store.writing() as tx:
        tx.hold(f"cards:{row['client_id']}")
        row = payment_methods.setup_by_reference(tx, gateway.value, reference)
        if row is None or row["method_id"] is not None:
            return
        visit = _for_client(office, tx, row["client_id"])
        made = keep(visit, gateway, attached, Wanted.unpacked(row["wanted"]))
        payment_methods.finish_setup(tx, row["id"], made.id)


def _for_client(office: Office, tx: Transaction, client_id: str) -> Visit:
    """What the client began, carried out without a session of theirs."""
    caller = Caller("", "", Role.CLIENT, "", "", client_id, None, "UTC")
    return Visit(tx, caller, office.clock(), declared(PaymentMethods.setup).key, Reach.OWN)
