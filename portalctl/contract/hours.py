"""What a portal can do with the hours of practitioners."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.hours import AddHours, OverrideHours, PractitionerHours, PractitionerReference, SetHours


class Hours(ABC):
    """Weekly windows and dates with hours of their own."""

    @operation("GET", "/practitioners/{practitioner}/hours")
    @abstractmethod
    def show(self, request: PractitionerReference) -> PractitionerHours:
        """All hours of one practitioner. Raises NotFound."""

    @operation("PUT", "/practitioners/{practitioner}/hours")
    @abstractmethod
    def set(self, request: SetHours) -> PractitionerHours:
        """Replace the windows of some weekdays. Raises NotFound, NotPermitted, ChangedMeanwhile."""

    @operation("POST", "/practitioners/{practitioner}/hours")
    @abstractmethod
    def add(self, request: AddHours) -> PractitionerHours:
        """Add windows to some weekdays. Safe to repeat with the same idempotency key.

        Raises NotFound, InvalidInput, IdempotencyConflict, IdempotencyRunning.
        """

    @operation("PUT", "/practitioners/{practitioner}/hours/{date}")
    @abstractmethod
    def override(self, request: OverrideHours) -> PractitionerHours:
        """Close a date, give it other hours, or return it to its weekday. Raises NotFound, ChangedMeanwhile."""
