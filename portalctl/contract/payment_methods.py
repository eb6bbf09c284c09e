"""What a portal can do with payment methods."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
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
)


class PaymentMethods(ABC):
    """Cards of clients, kept by the payment provider, and who may charge them."""

    @operation("GET", "/payment-methods/gateway")
    @abstractmethod
    def gateway(self) -> Gateway:
        """How the practice takes payments. Raises PaymentsNotTaken where the portal has no key to its provider."""

    @operation("GET", "/payment-methods")
    @abstractmethod
    def list(self, request: ListPaymentMethods) -> list[PaymentMethod]:
        """A client's payment methods, the default one first. Raises NotFound, InvalidInput."""

    @operation("GET", "/payment-methods/{id}")
    @abstractmethod
    def show(self, request: PaymentMethodReference) -> PaymentMethod:
        """One payment method. Raises NotFound, AmbiguousId."""

    @operation("POST", "/payment-methods")
    @abstractmethod
    def add(self, request: AddPaymentMethod) -> PaymentMethod:
        """Keep a card by its token; the first becomes the default. Safe to repeat with the same idempotency key.

        Raises NotFound, PaymentsNotTaken, CardDeclined, AuthenticationNeeded, NotChangeable where there are as many as
        there may be, InvalidInput, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("POST", "/payment-methods/{id}/default", repeatable=True)
    @abstractmethod
    def set_default(self, request: PaymentMethodReference) -> PaymentMethod:
        """Charge this one from now on where none is named; harmless to repeat. Raises NotFound."""

    @operation("POST", "/payment-methods/{id}/authorize", repeatable=True)
    @abstractmethod
    def authorize(self, request: AuthorizeProvider) -> PaymentMethod:
        """Let a provider charge it; harmless to repeat. Raises NotFound, AmbiguousId, InvalidInput."""

    @operation("POST", "/payment-methods/{id}/revoke", repeatable=True)
    @abstractmethod
    def revoke(self, request: RevokeProvider) -> PaymentMethod:
        """Let a provider charge it no more, from the next charge on; harmless to repeat. Raises NotFound."""

    @operation("DELETE", "/payment-methods/{id}")
    @abstractmethod
    def remove(self, request: RemovePaymentMethod) -> None:
        """Forget it, here and at the payment provider; harmless when it is gone.

        Raises NotFound, InvoiceUnpaid while a provider may charge it for an invoice that is not paid.
        """

    @operation("POST", "/payment-methods/setups")
    @abstractmethod
    def begin_setup(self, request: BeginPaymentSetup) -> PaymentSetup:
        """Open the payment provider's page for a card. Safe to repeat with the same idempotency key.

        Raises NotFound, PaymentsNotTaken, NotChangeable, Unsupported where the provider has none, IdempotencyConflict,
        IdempotencyRunning.
        """

    @operation("POST", "/payment-methods/setups/{id}/outcome", repeatable=True)
    @abstractmethod
    def setup(self, request: PaymentSetupReference) -> PaymentSetup:
        """What became of a card on that page; one that is there becomes a payment method; harmless to repeat.

        The provider may refuse it as it does when one is added. Raises NotFound.
        """
