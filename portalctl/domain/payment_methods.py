"""Payment methods: kept by the payment provider, and charged only by whom their owner lets."""

from __future__ import annotations

import hashlib

from portalctl import errors
from portalctl.contract import payment_methods as contract
from portalctl.domain import policy, references
from portalctl.domain.cards import (
    Wanted,
    check_terms,
    find_method,
    forget_removed,
    hold_method,
    keep,
    method_of,
    provider_of,
    remove_method,
)
from portalctl.domain.clients import find_client
from portalctl.domain.idempotency import earlier, remember
from portalctl.domain.ids import new_id
from portalctl.domain.invoicing import practice_day
from portalctl.domain.office import Office, Visit
from portalctl.gateways.gateway import Gateway as Provider
from portalctl.models.gateway_name import GatewayName
from portalctl.models.payment_methods import (
    AddPaymentMethod,
    AuthorizeProvider,
    BeginPaymentSetup,
    Gateway,
    ListPaymentMethods,
    PaymentMethod,
    PaymentMethodReference,
    PaymentSetup,
    PaymentSetupReference,
    RemovePaymentMethod,
    RevokeProvider,
    SetupOutcome,
)
from portalctl.storage import payment_methods
from portalctl.storage.engine import Row


class PaymentMethods(contract.PaymentMethods):
    """The payment methods of this portal."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def gateway(self) -> Gateway:
        """How the practice takes payments."""
        with self._office.visit(contract.PaymentMethods.gateway) as visit:
            terms = policy.of_practice(visit.transaction)
        if terms.payment_gateway == GatewayName.NONE:
            return Gateway(name=GatewayName.NONE, moves_money=False, typed_cards=False, hosted_page=False)
        provider = self._office.gateway(terms.payment_gateway)
        return Gateway(
            name=terms.payment_gateway,
            moves_money=provider.moves_money,
            typed_cards=terms.typed_cards or not provider.moves_money,
            hosted_page=provider.hosted_page,
            publishable_key=provider.publishable_key,
            api=provider.api,
        )

    def list(self, request: ListPaymentMethods) -> list[PaymentMethod]:
        """A client's payment methods, the default one first."""
        with self._office.visit(contract.PaymentMethods.list) as visit:
            client_id = _whose(visit, request.client)
            visit.record_read(client_id, client_id)
            return [method_of(visit, row) for row in payment_methods.of_client(visit.transaction, client_id)]

    def show(self, request: PaymentMethodReference) -> PaymentMethod:
        """One payment method."""
        with self._office.visit(contract.PaymentMethods.show) as visit:
            row = find_method(visit, request.id)
            visit.record_read(row["id"], row["client_id"])
            return method_of(visit, row)

    def add(self, request: AddPaymentMethod) -> PaymentMethod:
        """Keep a card by its token: first at the provider, then here. A repeated intent keeps it once."""
        operation = contract.PaymentMethods.add
        with self._office.visit(operation) as visit:
            before = earlier(visit, request.idempotency_key, _intent(request))
            if before is not None:
                return method_of(visit, find_method(visit, before[0]))
            wanted = Wanted.of(visit, request)
            name, customer = self._place(visit)
            client_id = visit.own_client or ""
        attached = self._provider(name).attach(
            request.token, customer=customer, client_id=client_id, key=_step(client_id, request)
        )
        with self._office.visit(operation) as visit:
            before = earlier(visit, request.idempotency_key, _intent(request))
            if before is not None:
                return method_of(visit, find_method(visit, before[0]))
            made = keep(visit, name, attached, wanted)
            remember(visit, request.idempotency_key, _intent(request), [made.id])
            return made

    def set_default(self, request: PaymentMethodReference) -> PaymentMethod:
        """Charge this one from now on where none is named."""
        with self._office.visit(contract.PaymentMethods.set_default) as visit:
            row = hold_method(visit, request.id)
            if not row["is_default"]:
                payment_methods.set_default(visit.transaction, row["client_id"], row["id"])
                visit.record(row["id"], row["client_id"])
            return _now(visit, row)

    def authorize(self, request: AuthorizeProvider) -> PaymentMethod:
        """Let a provider charge the method; what was allowed them before is replaced."""
        with self._office.visit(contract.PaymentMethods.authorize) as visit:
            tx = visit.transaction
            row = hold_method(visit, request.id)
            provider = provider_of(tx, request.provider)
            check_terms(request.limit, request.until, practice_day(tx, visit.now))
            there = {each.provider_id: each for each in method_of(visit, row).authorizations}.get(provider.id)
            if there is None or (there.limit, there.until) != (request.limit, request.until):
                payment_methods.authorize(
                    tx, row["id"], provider.id, limit=request.limit, until=request.until, since=visit.second
                )
                visit.record(row["id"], row["client_id"])
            return _now(visit, row)

    def revoke(self, request: RevokeProvider) -> PaymentMethod:
        """Let a provider charge the method no more, from the next charge on."""
        with self._office.visit(contract.PaymentMethods.revoke) as visit:
            row = hold_method(visit, request.id)
            if payment_methods.revoke(visit.transaction, row["id"], _authorized(visit, row, request.provider)):
                visit.record(row["id"], row["client_id"])
            return _now(visit, row)

    def remove(self, request: RemovePaymentMethod) -> None:
        """Forget a method, here first, so that nobody charges it meanwhile; harmless when it is gone."""
        with self._office.visit(contract.PaymentMethods.remove) as visit:
            tx = visit.transaction
            gone = payment_methods.get(tx, request.id)
            if gone is None or gone["removed_at"] is None or gone["client_id"] != visit.own_client:
                row = hold_method(visit, request.id)
                if not request.despite_unpaid and payment_methods.is_needed(tx, row["id"]):
                    raise errors.InvoiceUnpaid(
                        f"a provider may charge {row['brand']} {row['last4']} for an invoice that is not paid",
                        "see it with: portalctl invoices list --unpaid",
                    )
                remove_method(visit, row)
        forget_removed(self._office, 5)

    def begin_setup(self, request: BeginPaymentSetup) -> PaymentSetup:
        """Open the payment provider's page for a card."""
        operation = contract.PaymentMethods.begin_setup
        with self._office.visit(operation) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _setup_of(_find_setup(visit, before[0]), visit.second)
            wanted = Wanted.of(visit, request)
            name, customer = self._place(visit)
            client_id = visit.own_client or ""
        page = self._provider(name).begin_setup(
            customer=customer,
            client_id=client_id,
            return_to=self._office.portal_url if self._office.portal_url.startswith("http") else _AFTERWARDS,
            key=_step(client_id, request),
        )
        with self._office.visit(operation) as visit:
            before = earlier(visit, request.idempotency_key, request)
            if before is not None:
                return _setup_of(_find_setup(visit, before[0]), visit.second)
            made = new_id("pse")
            payment_methods.insert_setup(
                visit.transaction,
                id=made,
                client_id=client_id,
                gateway=name.value,
                reference=page.reference,
                url=page.url,
                wanted=wanted.packed(),
                created_at=visit.second,
                expires_at=int(page.expires_at.timestamp()),
            )
            visit.record(made, client_id)
            remember(visit, request.idempotency_key, request, [made])
            return _setup_of(_find_setup(visit, made), visit.second)

    def setup(self, request: PaymentSetupReference) -> PaymentSetup:
        """What became of a card on the provider's page; one that is there becomes a payment method."""
        operation = contract.PaymentMethods.setup
        with self._office.visit(operation) as visit:
            row = _find_setup(visit, request.id)
            if row["method_id"] is not None:
                return _setup_of(row, visit.second)
            customer = payment_methods.customer_of(visit.transaction, row["client_id"], row["gateway"])
        provider = self._provider(GatewayName(row["gateway"]))
        token = provider.setup_token(row["reference"])
        if token is None:
            return _setup_of(row, int(self._office.clock().timestamp()))
        attached = provider.attach(token, customer=customer, client_id=row["client_id"], key=row["id"])
        with self._office.visit(operation) as visit:
            visit.transaction.hold(f"cards:{row['client_id']}")
            row = _find_setup(visit, row["id"])
            if row["method_id"] is None:
                made = keep(visit, GatewayName(row["gateway"]), attached, Wanted.unpacked(row["wanted"]))
                payment_methods.finish_setup(visit.transaction, row["id"], made.id)
            return _setup_of(_find_setup(visit, row["id"]), visit.second)

    def _place(self, visit: Visit) -> tuple[GatewayName, str | None]:
        """The practice's provider, and what it calls the caller. Raises PaymentsNotTaken."""
        name = policy.of_practice(visit.transaction).payment_gateway
        if name == GatewayName.NONE:
            raise errors.PaymentsNotTaken("this practice takes no payments here", "ask the practice how to pay")
        return name, payment_methods.customer_of(visit.transaction, visit.own_client or "", name.value)

    def _provider(self, name: GatewayName) -> Provider:
        return self._office.gateway(name)


_AFTERWARDS = "https://stripe.com/"
"""Where the provider's page leads to in the end where the portal has no page of its own."""


def _intent(request: AddPaymentMethod) -> AddPaymentMethod:
    """What is wanted, whatever the card is called: typed again, the same one is called otherwise."""
    return request.model_copy(update={"token": ""})


def _step(client_id: str, request: AddPaymentMethod | BeginPaymentSetup) -> str:
    """What the provider calls a step: the same for the same request, repeated with the same key."""
    if request.idempotency_key is None:
        return new_id("key")
    return hashlib.sha256(f"{client_id} {request.model_dump_json()}".encode()).hexdigest()[:40]


def _whose(visit: Visit, client: str | None) -> str:
    """The client whose methods are asked for. Raises NotFound, InvalidInput."""
    if client is not None:
        return find_client(visit, client).id
    if visit.own_client is None:
        raise errors.InvalidInput("payment methods are a client's own", "say whose: --client")
    return visit.own_client


def _now(visit: Visit, row: Row) -> PaymentMethod:
    """The method as it is by now."""
    return method_of(visit, find_method(visit, row["id"]))


def _authorized(visit: Visit, row: Row, reference: str) -> str:
    """Whom a reference means: one who may charge the method, also if they have left the practice, or anybody of it."""
    told = reference.casefold()
    for each in payment_methods.authorizations(visit.transaction, row["id"]):
        if told in (each["provider_id"], (each["provider"] or "").casefold()):
            found: str = each["provider_id"]
            return found
    return provider_of(visit.transaction, reference).id


def _find_setup(visit: Visit, reference: str) -> Row:
    """The row of the caller's setup that an id or its beginning names. Raises NotFound, AmbiguousId."""
    rows = payment_methods.setup(visit.transaction, visit.own_client or "", reference)
    found = references.one(
        [_setup_of(row, visit.second) for row in rows], "setup", reference, lambda setup: str(setup.expires_at)
    )
    return next(row for row in rows if row["id"] == found.id)


def _setup_of(row: Row, at: int) -> PaymentSetup:
    outcome = SetupOutcome.EXPIRED if at >= row["expires_at"] else SetupOutcome.WAITING
    return PaymentSetup(
        id=row["id"],
        url=row["url"],
        outcome=SetupOutcome.DONE if row["method_id"] is not None else outcome,
        payment_method_id=row["method_id"],
        expires_at=row["expires_at"],
    )
