"""The documents that somebody may see: a client their own, staff all, a relative those that are shared with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from portalctl.models.documents import Document, DocumentKind, ListDocuments
from portalctl.models.relationships import ListRelationships, ListShared
from portalctl.models.values import Page, Record

if TYPE_CHECKING:
    from portalctl.contract.portal import Portal

PRACTICE = "practice"
"""Whose the documents are that staff see."""

_PAGE = 1000

Found = TypeVar("Found", bound=Record)


class Listing(NamedTuple):
    """What somebody is to have of a portal: of a client or of all whom they may see, and of a kind or all.

    `whose` tells apart those who see other documents: a client's or relative's id, or PRACTICE.
    """

    portal: Portal
    whose: str
    client: str | None
    kind: DocumentKind | None
    is_related: bool

    @classmethod
    def of_caller(cls, portal: Portal, client: str | None, kind: DocumentKind | None) -> Listing:
        """What whoever is signed in may see."""
        caller = portal.sessions.who_am_i()
        is_related = caller.client_id is None and caller.staff_id is None
        whose = caller.client_id or (caller.related_id if is_related else None) or PRACTICE
        return cls(portal, whose, client, kind, is_related)

    @property
    def has_many_clients(self) -> bool:
        """Whether documents of several clients are among them."""
        return self.is_related or self.whose == PRACTICE

    def documents(self) -> Iterator[Document]:
        """The documents, newest first. Raises what listing them raises."""
        if not self.is_related:
            yield from _pages(
                lambda cursor: self.portal.documents.list(
                    ListDocuments(client=self.client, kind=self.kind, limit=_PAGE, cursor=cursor)
                )
            )
            return
        for relationship in self._relationships():
            for document in self._shared(relationship):
                if self.kind in (None, document.kind):
                    yield document

    def _relationships(self) -> Iterator[str]:
        if self.client is not None:
            yield self.client
            return
        for each in _pages(
            lambda cursor: self.portal.relationships.list(ListRelationships(limit=_PAGE, cursor=cursor))
        ):
            if each.readable:
                yield each.id

    def _shared(self, relationship: str) -> Iterator[Document]:
        yield from _pages(
            lambda cursor: self.portal.relationships.docs(
                ListShared(relationship=relationship, limit=_PAGE, cursor=cursor)
            )
        )


def _pages(page_after: Callable[[str | None], Page[Found]]) -> Iterator[Found]:
    cursor: str | None = None
    while True:
        page = page_after(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return
