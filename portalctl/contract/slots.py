"""What a portal can do with free times."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.slots import FindSlots, Slot


class Slots(ABC):
    """Free times."""

    @operation("GET", "/slots")
    @abstractmethod
    def find(self, request: FindSlots) -> list[Slot]:
        """What can be booked now, earliest first; exactly what `book` would accept. Raises NotFound, NotOffered."""
