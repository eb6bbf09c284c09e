"""What a portal can do with assignments."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.assignments import Assignment, AssignmentReference, ListAssignments
from portalctl.models.values import Page


class Assignments(ABC):
    """Which of the practice's people care for which client: what `assigned-only` communication goes by."""

    @operation("GET", "/assignments")
    @abstractmethod
    def list(self, request: ListAssignments) -> Page[Assignment]:
        """Assignments by client, then by person. Raises NotFound, InvalidInput."""

    @operation("PUT", "/clients/{client}/assignments/{staff}")
    @abstractmethod
    def add(self, request: AssignmentReference) -> Assignment:
        """Assign somebody to a client; harmless to repeat. Raises NotFound."""

    @operation("DELETE", "/clients/{client}/assignments/{staff}")
    @abstractmethod
    def remove(self, request: AssignmentReference) -> None:
        """Take the assignment away, which counts on the next request; harmless to repeat. Raises NotFound."""
