"""What a portal can do with its audit."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.audit import AuditChain, AuditEntry, ListAudit, VerifyAudit
from portalctl.models.values import Page


class Audits(ABC):
    """Who read or changed what."""

    @operation("GET", "/audit")
    @abstractmethod
    def list(self, request: ListAudit) -> Page[AuditEntry]:
        """A chain's rows, newest first; a client's is their own. Raises NotFound, AmbiguousId, InvalidInput."""

    @operation("GET", "/audit/chains")
    @abstractmethod
    def verify(self, request: VerifyAudit) -> Page[AuditChain]:
        """Follow chains from their first row on, each hash computed again; a client's is their own.

        A page ends early where many rows were followed. Raises InvalidInput.
        """
