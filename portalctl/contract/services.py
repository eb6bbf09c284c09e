"""What a portal can do with what the practice offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.services import AddService, EditService, ListServices, Service, ServiceReference


class Services(ABC):
    """The practice's services."""

    @operation("GET", "/services")
    @abstractmethod
    def list(self, request: ListServices) -> list[Service]:
        """What is offered, by name."""

    @operation("POST", "/services")
    @abstractmethod
    def add(self, request: AddService) -> Service:
        """Offer a new service. Safe to repeat with the same idempotency key.

        Raises InUse, NotFound, InvalidInput, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("PATCH", "/services/{service}")
    @abstractmethod
    def edit(self, request: EditService) -> Service:
        """Change a service; appointments already booked keep their times.

        Raises NotFound, InUse, InvalidInput, ChangedMeanwhile.
        """

    @operation("POST", "/services/{service}/archive")
    @abstractmethod
    def archive(self, request: ServiceReference) -> Service:
        """Stop offering a service; its appointments stay. Raises NotFound."""
