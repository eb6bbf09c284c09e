"""A backup has the bodies of documents too: proved, brought back, and named where they are lost."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO

import apsw
import pytest

from portalctl import errors
from portalctl.backends import archive
from portalctl.backends.backups import compare, restore
from portalctl.backends.embedded import EmbeddedPortal, documents_folder
from portalctl.domain.sweeping import Sweep
from portalctl.models.backups import RestoreReport
from portalctl.models.documents import Document, DocumentReference
from portalctl.models.sessions import SignIn
from portalctl.models.uploads import AppendToUpload, OpenBody, StartUpload
from portalctl.storage import backup
from portalctl.storage.backup import KeptBody
from portalctl.storage.migrations import migrations
from portalctl.testing.sending import sent, together
from tests.domain.conftest import ANNA_EMAIL, ANNA_PASSWORD, FakeClock

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
OTHER = PDF + b"other"


LETTERS = [f"letter to client {number}: ".encode() + b"%d," % number * 20_000 for number in range(4)]
"""Too much for rows when two of them come, each little by itself."""


def read(portal: EmbeddedPortal, document: Document) -> bytes:
    return read_by_id(portal, document.id)


def read_by_id(portal: EmbeddedPortal, document_id: str) -> bytes:
    with portal.open_body(OpenBody(id=document_id)) as body:
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


@pytest.fixture
def ids(client: EmbeddedPortal) -> list[str]:
    """The documents of Anna's letters, which lie in one pack."""
    return [each.document_id or "" for each in together(client, None, *LETTERS)]


def sweep(portal: EmbeddedPortal, clock: FakeClock) -> None:
    """Let go of what nothing refers to."""
    for _ in range(3):
        sweeping = Sweep(portal._office)
        sweeping.round()
        sweeping.round()
        clock.advance(timedelta(days=1))


def test_a_pack_comes_back_as_it_lay_without_what_was_deleted(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    ids: list[str],
    portal_file: Path,
    tmp_path: Path,
    clock: FakeClock,
    bring: Callable[..., RestoreReport],
) -> None:
    client.documents.delete(DocumentReference(id=ids[1]))
    report = owner.backup(tmp_path / "b.portal")
    assert (report.documents, report.damaged) == (3, [])
    there = tmp_path / "elsewhere" / "portal.db"
    assert bring(tmp_path / "b.portal", there).damaged == []
    (before,), (after,) = bodies(portal_file), bodies(there)
    assert after.name == before.name
    assert after.read_bytes() == before.read_bytes().replace(LETTERS[1], bytes(len(LETTERS[1])))
    assert after.stat().st_mode & 0o077 == 0
    anna = anna_at(there, clock)
    assert [read_by_id(anna, ids[number]) for number in (0, 2, 3)] == [LETTERS[0], LETTERS[2], LETTERS[3]]
    anna.close()


def test_a_damaged_body_in_a_pack_is_named_and_its_neighbours_are_kept(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    portal_file: Path,
    tmp_path: Path,
    clock: FakeClock,
    bring: Callable[..., RestoreReport],
) -> None:
    told = [together(client, None, *LETTERS[:2]), together(client, None, *LETTERS[2:], title="Lost")]
    ids = [each.document_id or "" for some in told for each in some]
    for file in bodies(portal_file):
        content = file.read_bytes()
        if content.startswith(LETTERS[0]):
            file.write_bytes(content[:-1] + b"x")
        else:
            file.unlink()
    report = owner.backup(tmp_path / "b.portal")
    assert (report.documents, sorted(report.damaged)) == (4, ["Lost", "Lost", "letter 2.txt"])
    there = tmp_path / "elsewhere" / "portal.db"
    assert sorted(bring(tmp_path / "b.portal", there).damaged) == ["Lost", "Lost", "letter 2.txt"]
    anna = anna_at(there, clock)
    assert read_by_id(anna, ids[0]) == LETTERS[0]
    for lost in ids[1:]:
        with pytest.raises(errors.BodyDamaged):
            read_by_id(anna, lost)
    anna.close()


def test_what_was_damaged_in_the_backup_and_is_whole_in_the_place_stays_whole(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    ids: list[str],
    portal_file: Path,
    tmp_path: Path,
    clock: FakeClock,
    bring: Callable[..., RestoreReport],
) -> None:
    (pack,) = bodies(portal_file)
    whole = pack.read_bytes()
    pack.write_bytes(whole.replace(LETTERS[2], LETTERS[2].upper()))
    assert owner.backup(tmp_path / "b.portal").damaged == ["letter 3.txt"]
    pack.write_bytes(whole)
    for portal in (owner, client):
        portal.close()
    bring(tmp_path / "b.portal", portal_file, replace=True)
    anna = anna_at(portal_file, clock)
    assert [read_by_id(anna, each) for each in ids] == LETTERS
    anna.close()


def test_packs_that_are_written_anew_while_a_backup_is_made_are_whole_in_it(
    owner: EmbeddedPortal,
    client: EmbeddedPortal,
    ids: list[str],
    portal_file: Path,
    tmp_path: Path,
    clock: FakeClock,
    bring: Callable[..., RestoreReport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The copy of the database tells of the old pack."""
    client.documents.delete(DocumentReference(id=ids[0]))
    found: list[list[KeptBody]] = []

    def bodies_in(file: Path, shown: Path) -> list[KeptBody]:
        found.append(kept(file, shown))
        if len(found) == 1:
            sweep(client, clock)
            sent(client, "letter 4.txt", LETTERS[3] + b" alone")
        return found[-1]

    kept = backup.bodies_in
    (before,) = bodies(portal_file)
    monkeypatch.setattr(backup, "bodies_in", bodies_in)
    assert owner.backup(tmp_path / "b.portal").damaged == []
    assert not before.exists()
    there = tmp_path / "elsewhere" / "portal.db"
    bring(tmp_path / "b.portal", there)
    anna = anna_at(there, clock)
    assert [read_by_id(anna, each) for each in ids[1:]] == LETTERS[1:]
    anna.close()


def test_a_pack_in_an_archive_that_is_not_what_it_says_is_damaged(
    owner: EmbeddedPortal,
    ids: list[str],
    tmp_path: Path,
    bring: Callable[..., RestoreReport],
) -> None:
    """Also where its seal is in order."""
    owner.backup(tmp_path / "b.portal")
    manifest = archive.read(tmp_path / "b.portal")
    archive.unpack(tmp_path / "b.portal", manifest, tmp_path / "portal.db")
    with zipfile.ZipFile(tmp_path / "b.portal") as packed:
        (member,) = (name for name in packed.namelist() if name.startswith("documents/"))
    whole = b"".join(LETTERS)
    for number, content in enumerate((whole[:-1], LETTERS[1] + LETTERS[0] + whole[len(LETTERS[0] + LETTERS[1]) :])):
        forged = tmp_path / f"forged {number}"
        documents = [(member.removeprefix("documents/"), partial(put, content))]
        archive.write(forged, manifest, tmp_path / "portal.db", documents)
        with pytest.raises(errors.PortalCorrupt):
            bring(forged, tmp_path / "elsewhere" / "portal.db")
    assert ids
    assert not (tmp_path / "elsewhere" / "portal.db").exists()


def test_a_copy_of_a_portal_of_before_there_were_packs_tells_of_its_bodies(tmp_path: Path) -> None:
    """In little time however many they are."""
    copy = apsw.Connection(str(tmp_path / "copy.db"))
    for migration in migrations("sqlite"):
        if migration.number < 16:
            copy.execute(migration.sql())
    copy.execute(
        "CREATE TEMP TABLE n AS"
        " WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 20000) SELECT * FROM n"
    )
    copy.execute(
        "INSERT INTO documents (id, kind, owner, title, name, media_type, bytes, sha256, state, author_id, author,"
        " created_at, updated_at, deleted_at) SELECT 'doc_' || n, 'file', 'practice', 'T' || n, 'a.txt',"
        " 'text/plain', 5, 'abc' || n, 'completed', 'stf_1', 'R', 1, 1, CASE n WHEN 7 THEN 9 END FROM n"
    )
    copy.execute(
        "INSERT INTO bodies (owner, sha256, bytes, place) SELECT 'practice', 'abc' || n, 5, 'practice/abc' || n FROM n"
    )
    copy.close()
    kept = backup.bodies_in(tmp_path / "copy.db", tmp_path / "copy.db")
    assert len(kept) == 19_999
    assert kept[0] == KeptBody("practice/abc1", 5, "abc1", "T1")
    assert "practice/abc7" not in {body.place for body in kept}
