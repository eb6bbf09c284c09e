"""What a portal can do with the mail it sends."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.outbox import Letter, LetterReference, ListLetters, WrittenLetter
from portalctl.models.values import Page


class Outbox(ABC):
    """The mail that the portal sends, each letter written in the transaction of what it tells of."""

    @operation("GET", "/outbox")
    @abstractmethod
    def list(self, request: ListLetters) -> Page[Letter]:
        """Letters, newest first. Raises InvalidInput."""

    @operation("GET", "/outbox/{id}")
    @abstractmethod
    def show(self, request: LetterReference) -> WrittenLetter:
        """One letter as it would be sent now, without its link. Raises NotFound, AmbiguousId."""
