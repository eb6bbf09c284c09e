"""Files come together, are deleted and come again while packs are written anew beside it: none is lost or left."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from portalctl.domain.office import Office
from portalctl.domain.sweeping import Sweep
from portalctl.models.documents import DocumentReference
from portalctl.models.uploads import OpenBody
from portalctl.storage.blobs import FolderBodies
from portalctl.storage.engine import Store
from portalctl.testing.sending import together
from tests.domain.served import Served
from tests.storage.on_postgres import CLIENTS, NOW, made, token_of

LETTERS = [b"%d and so on, " % number * 6_000 for number in range(6)]
ROUNDS = 4


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A practice in either engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'portal.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    opened = made(url)
    yield opened
    opened.close()


def bring_and_delete(office: Office, turn: int) -> dict[str, bytes]:
    """One sender's share of it: the documents that are there at its end, and what each says."""
    portal, standing = Served(office), dict[str, bytes]()
    for number in range(ROUNDS):
        letters = [LETTERS[(number + turn + each) % len(LETTERS)] for each in range(4)]
        told = together(portal, None, *letters, title=f"{turn} {number}")
        for each, letter in zip(told, letters, strict=True):
            assert each.document_id is not None
            standing[each.document_id] = letter
        for document_id in list(standing)[:2]:
            portal.documents.delete(DocumentReference(id=document_id))
            del standing[document_id]
        for document_id, letter in standing.items():
            assert read(portal, document_id) == letter
    return standing


def read(portal: Served, document_id: str) -> bytes:
    with portal.open_body(OpenBody(id=document_id)) as body:
        return b"".join(body.chunks)


def test_no_body_is_lost_and_none_is_left(store: Store, tmp_path: Path) -> None:
    kept = FolderBodies(tmp_path / "documents")
    office = Office(store, lambda: NOW, token_of(CLIENTS[0]), bytes, "https://portal.example.com", bodies=lambda: kept)
    days, is_over = iter(range(1_000_000)), Event()
    later = office._replace(clock=lambda: NOW + timedelta(days=next(days)), token=None)

    def sweep() -> None:
        sweeping = Sweep(later)
        while not is_over.wait(0.002):
            sweeping.round()

    with ThreadPoolExecutor(5) as pool:
        sweeps = [pool.submit(sweep) for _ in range(2)]
        senders = [pool.submit(bring_and_delete, office, turn) for turn in range(3)]
        try:
            standing = {document_id: letter for sender in senders for document_id, letter in sender.result().items()}
        finally:
            is_over.set()
        for each in sweeps:
            each.result()
    sweeping = Sweep(later)
    for _ in range(8):
        sweeping.round()
    for document_id, letter in standing.items():
        assert read(Served(office), document_id) == letter
    on_disk = b"".join(file.read_bytes() for file in sorted((tmp_path / "documents").rglob("pak_*")))
    assert sorted(map(on_disk.count, set(standing.values()))) == [1] * len(set(standing.values()))
    assert len(on_disk) == sum(map(len, set(standing.values())))
