"""Documents that several people change in the same moment, on PostgreSQL, where writers take no turns by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from portalctl import errors
from portalctl.models.documents import (
    AddDocument,
    DocumentReference,
    ListDocuments,
    RenameDocument,
    ShareDocument,
)
from portalctl.storage.engine import Store
from portalctl.testing.sending import sent, uploaded
from tests.storage.on_postgres import CLIENTS, PRACTITIONERS, all_at_once, count, made, seen_by


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    """A practice with two owners and four clients."""
    store = made(postgres_url)
    yield store
    store.close()


def test_one_document_is_made_of_one_upload(store: Store) -> None:
    client = seen_by(store, CLIENTS[0])
    request = AddDocument(upload=uploaded(client).id)
    told = all_at_once([lambda: seen_by(store, CLIENTS[0]).documents.add(request)] * 4)
    assert told == ["done", "not_found", "not_found", "not_found"]
    assert count(store, "documents") == 1


def share(store: Store, document: str, client: str) -> None:
    """One owner shares a document."""
    seen_by(store, PRACTITIONERS[0]).documents.share(ShareDocument(id=document, client=client))


def test_a_document_that_is_deleted_while_it_is_shared_is_with_nobody(store: Store) -> None:
    owner, other = seen_by(store, PRACTITIONERS[0]), seen_by(store, PRACTITIONERS[1])
    for _ in range(5):
        document = sent(owner).id
        deletes = partial(other.documents.delete, DocumentReference(id=document))
        told = all_at_once([partial(share, store, document, CLIENTS[0]), deletes])
        assert told in (["done", "done"], ["done", "not_found"])
        assert seen_by(store, CLIENTS[0]).documents.list(ListDocuments()).items == []


def test_of_two_who_read_the_same_and_rename_it_one_succeeds(store: Store) -> None:
    document = sent(seen_by(store, PRACTITIONERS[0]))

    def rename(person: str) -> None:
        request = RenameDocument(id=document.id, title=f"By {person}", if_version=document.version)
        seen_by(store, person).documents.rename(request)

    told = all_at_once([partial(rename, person) for person in PRACTITIONERS])
    assert told == [errors.ChangedMeanwhile.code, "done"]


def test_sharing_with_many_at_once_is_sharing_with_each(store: Store) -> None:
    document = sent(seen_by(store, PRACTITIONERS[0])).id
    told = all_at_once([partial(share, store, document, client) for client in (*CLIENTS, *CLIENTS)])
    assert told == ["done"] * 8
    assert count(store, "documentation") == len(CLIENTS)
