"""A backup has the bodies of documents too: proved, brought back, and named where they are lost."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO

import pytest

from portalctl import errors
from portalctl.backends import archive
from portalctl.backends.backups import compare, restore
from portalctl.backends.embedded import EmbeddedPortal, documents_folder
from portalctl.models.backups import RestoreReport
from portalctl.models.documents import Document, DocumentReference
from portalctl.models.sessions import SignIn
from portalctl.models.uploads import AppendToUpload, OpenBody, StartUpload
from portalctl.testing.sending import sent
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, FakeClock

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
OTHER = PDF + b"other"


def read(portal: EmbeddedPortal, document: Document) -> bytes:
    with portal.open_body(OpenBody(id=document.id)) as body:
        return b"".join(body.chunks)


def put(content: bytes, to: IO[bytes]) -> list[str]:
    """Write a body into an archive, and say that none is damaged."""
    to.write(content)
    return []


def bodies(portal_file: Path) -> list[Path]:
    """The files beside the portal."""
    return sorted(each for each in documents_folder(portal_file).rglob("*") if each.is_file())


@pytest.fixture
def bring(clock: FakeClock) -> Callable[..., RestoreReport]:
    """Restores a backup at a place."""

    def run(file: Path, at: Path, *, replace: bool = False) -> RestoreReport:
        return restore(file, f"sqlite://{at}", key=None, replace=replace, clock=clock)

    return run


def anna_at(place: Path, clock: FakeClock) -> EmbeddedPortal:
    """Anna, signed in to the portal at a place."""
    portal = EmbeddedPortal(f"sqlite://{place}", place, None, clock, lambda _: None)
    token = portal.sessions.sign_in(SignIn(email=ANNA_EMAIL, password=ANNA_PASSWORD)).token
    portal.close()
    return portal.with_token(token)


def test_bodies_are_in_the_backup_and_come_back_with_it(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    tmp_path: Path,
    clock: FakeClock,
    bring: Callable[..., RestoreReport],
) -> None:
    long, small = sent(client, "scan.pdf", PDF), sent(client)
    half = client.uploads.start(StartUpload(name="half.pdf", bytes=len(PDF)))
    client.append(AppendToUpload(id=half.id, offset=0), [PDF[:70_000]])
    gone = sent(client, "other.pdf", OTHER)
    client.documents.delete(DocumentReference(id=gone.id))
    clock.advance(timedelta(days=2))
    report = owner.backup(tmp_path / "b.portal")
    assert (report.documents, report.damaged) == (1, [])
    there = tmp_path / "elsewhere" / "portal.db"
    brought = bring(tmp_path / "b.portal", there)
    assert (brought.documents, brought.damaged) == (1, [])
    anna = anna_at(there, clock)
    assert [read(anna, each) for each in (long, small)] == [PDF, b"Dear Anna,\n"]
    assert [each.name for each in bodies(there)] == [long.sha256]
    for path in documents_folder(there).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    anna.close()


@pytest.mark.parametrize("damage", ["gone", "changed", "longer"])
def test_a_body_that_is_lost_is_named_and_the_rest_is_kept(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    portal_file: Path,
    tmp_path: Path,
    clock: FakeClock,
    bring: Callable[..., RestoreReport],
    damage: str,
) -> None:
    lost, well = sent(client, "scan.pdf", PDF, title="Blood test"), sent(client, "other.pdf", OTHER)
    (file,) = (each for each in bodies(portal_file) if each.name == lost.sha256)
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(b"x" * len(PDF) if damage == "changed" else PDF + b"x")
    report = owner.backup(tmp_path / "b.portal")
    assert (report.documents, report.damaged) == (2, ["Blood test"])
    there = tmp_path / "elsewhere" / "portal.db"
    assert bring(tmp_path / "b.portal", there).damaged == ["Blood test"]
    anna = anna_at(there, clock)
    assert read(anna, well) == OTHER
    with pytest.raises(errors.BodyDamaged):
        read(anna, lost)
    anna.close()


def test_a_replaced_portal_keeps_its_bodies_beside_it(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    portal_file: Path,
    tmp_path: Path,
    clock: FakeClock,
    bring: Callable[..., RestoreReport],
) -> None:
    before = sent(client, "scan.pdf", PDF)
    owner.backup(tmp_path / "b.portal")
    later = sent(client, "other.pdf", OTHER)
    for portal in (owner, client):
        portal.close()
    report = bring(tmp_path / "b.portal", portal_file, replace=True)
    anna = anna_at(portal_file, clock)
    assert read(anna, before) == PDF
    anna.close()
    aside = Path(f"{report.replaced}.documents")
    assert {each.name for each in aside.rglob("*") if each.is_file()} == {before.sha256, later.sha256}


def test_an_archive_whose_bodies_are_not_what_it_says_is_damaged(
    owner: EmbeddedPortal, client: EmbeddedPortal, tmp_path: Path, bring: Callable[..., RestoreReport]
) -> None:
    """Also where its seal is in order."""
    sent(client, "scan.pdf", PDF)
    owner.backup(tmp_path / "b.portal")
    manifest = archive.read(tmp_path / "b.portal")
    archive.unpack(tmp_path / "b.portal", manifest, tmp_path / "portal.db")
    with zipfile.ZipFile(tmp_path / "b.portal") as packed:
        (member,) = (name for name in packed.namelist() if name.startswith("documents/"))
    place = member.removeprefix("documents/")
    for name, content in (("swapped", OTHER), ("short", PDF[:-1])):
        forged = tmp_path / name
        archive.write(forged, manifest, tmp_path / "portal.db", [(place, partial(put, content))])
        archive_without = tmp_path / f"{name} without"
        archive.write(archive_without, manifest, tmp_path / "portal.db")
        for file in (forged, archive_without):
            with pytest.raises(errors.PortalCorrupt):
                bring(file, tmp_path / "elsewhere" / "portal.db")
            with pytest.raises(errors.PortalCorrupt):
                compare(file, f"sqlite://{tmp_path / 'elsewhere' / 'portal.db'}")
    assert not (tmp_path / "elsewhere" / "portal.db").exists()
