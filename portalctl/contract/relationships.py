"""What a portal can do with relationships."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.documents import Document
from portalctl.models.relationships import (
    AddRelationship,
    EditRelationship,
    GrantedRelationship,
    ListRelationships,
    ListShared,
    Relationship,
    RelationshipReference,
    RemoveRelationship,
    SharedDashboard,
)
from portalctl.models.values import Page


class Relationships(ABC):
    """Who is close to a client, and what they may see of them."""

    @operation("POST", "/clients/{client}/relationships")
    @abstractmethod
    def add(self, request: AddRelationship) -> GrantedRelationship:
        """Write down who is close to a client; who gets portal access and has no account is invited.

        Safe to repeat with the same idempotency key. Raises NotFound, AlreadyRelated, IdempotencyConflict,
        IdempotencyRunning.
        """

    @operation("GET", "/relationships")
    @abstractmethod
    def list(self, request: ListRelationships) -> Page[Relationship]:
        """Relationships, newest first. Clients see who is close to them and to whom they are. Raises NotFound."""

    @operation("GET", "/relationships/{relationship}")
    @abstractmethod
    def show(self, request: RelationshipReference) -> Relationship:
        """One relationship. Raises NotFound."""

    @operation("PATCH", "/relationships/{id}")
    @abstractmethod
    def edit(self, request: EditRelationship) -> GrantedRelationship:
        """Change who somebody is and what they may; what is taken away is gone on their next request.

        Raises NotFound, AlreadyRelated, ChangedMeanwhile.
        """

    @operation("DELETE", "/relationships/{id}")
    @abstractmethod
    def remove(self, request: RemoveRelationship) -> None:
        """End a relationship and what it allows; harmless when it has ended. Raises NotFound."""

    @operation("GET", "/relationships/{relationship}/documents")
    @abstractmethod
    def docs(self, request: ListShared) -> Page[Document]:
        """What the relative sees of the client's documentation, newest first; `new` is what the caller has not opened.

        The relative and the client themselves may ask; each read by the relative is on record. Raises NotFound.
        """

    @operation("GET", "/relationships/{relationship}/dashboard")
    @abstractmethod
    def dashboard(self, request: RelationshipReference) -> SharedDashboard:
        """An overview of the same. Raises NotFound."""
