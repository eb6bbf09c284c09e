"""A body arrives piece by piece, is kept by its owner and hash, and goes when nothing has referred to it for a day."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal, documents_folder
from portalctl.domain.sweeping import Sweep
from portalctl.models.documents import AddDocument, Document, DocumentReference
from portalctl.models.uploads import AppendToUpload, OpenBody, StartUpload, Upload, UploadReference
from portalctl.storage.blobs import SMALL, FolderBodies
from portalctl.testing.sending import sent, uploaded
from tests.domain.conftest import FakeClock, PortalFor, query
from tests.domain.people import hire

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
"""Longer than what is kept in a row."""


def started(portal: EmbeddedPortal, content: bytes = PDF, name: str = "scan.pdf") -> Upload:
    return portal.uploads.start(StartUpload(name=name, bytes=len(content)))


def append(portal: EmbeddedPortal, upload: Upload, offset: int, *pieces: bytes) -> Upload:
    return portal.append(AppendToUpload(id=upload.id, offset=offset), pieces)


def read(portal: EmbeddedPortal, document: Document, offset: int = 0) -> bytes:
    with portal.open_body(OpenBody(id=document.id, offset=offset)) as body:
        return b"".join(body.chunks)


def collect(portal: EmbeddedPortal, document: Document, offset: int, came: bytearray) -> None:
    """Read a document, keeping what comes before it fails."""
    with portal.open_body(OpenBody(id=document.id, offset=offset)) as body:
        for chunk in body.chunks:
            came += chunk


def kept(portal_file: Path) -> list[str]:
    """What is in the folder of documents."""
    folder = documents_folder(portal_file)
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def sweep(portal: EmbeddedPortal) -> int:
    """Go round until everything was looked at."""
    sweeping = Sweep(portal._office)
    return sum(sweeping.round() for _ in range(6))


def test_a_small_body_is_kept_in_a_row_and_a_longer_one_beside_the_portal(
    client: EmbeddedPortal, portal_file: Path
) -> None:
    for length, files in ((0, 0), (SMALL, 0), (SMALL + 1, 1)):
        content = (PDF * 2)[:length]
        assert uploaded(client, "scan.pdf", content).sha256 == hashlib.sha256(content).hexdigest()
        assert len(kept(portal_file)) == files


def test_a_body_is_found_by_its_owner_and_hash_and_nobody_else_can_read_it(
    client: EmbeddedPortal, portal_file: Path
) -> None:
    before = os.umask(0)
    try:
        document = sent(client, "scan.pdf", PDF)
    finally:
        os.umask(before)
    folder = documents_folder(portal_file)
    assert folder == portal_file.with_name("portal.documents")
    owner = client.sessions.who_am_i().client_id
    assert kept(portal_file) == [f"{owner}/{document.sha256}"]
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_one_owner_keeps_the_same_body_once_and_another_owner_has_their_own(
    client: EmbeddedPortal, other_client: EmbeddedPortal, owner: EmbeddedPortal, portal_file: Path
) -> None:
    """Nobody learns, by what is kept or by what is answered, that somebody else has it."""
    told = [uploaded(portal, "scan.pdf", PDF) for portal in (client, client, other_client, owner)]
    assert len({(each.offset, each.sha256, each.bytes) for each in told}) == 1
    assert len(kept(portal_file)) == 3


def test_what_arrived_stays_when_the_sender_breaks_off(client: EmbeddedPortal) -> None:
    upload = started(client)

    def breaking_off() -> Iterator[bytes]:
        yield PDF[:70_000]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.append(AppendToUpload(id=upload.id, offset=0), breaking_off())
    assert client.uploads.show(UploadReference(id=upload.id)).offset == 70_000
    assert append(client, upload, 70_000, PDF[70_000:]).sha256 == hashlib.sha256(PDF).hexdigest()


def test_another_process_goes_on_and_hashes_again_what_arrived_before(
    client: EmbeddedPortal, portal_for: PortalFor
) -> None:
    upload = started(client)
    append(client, upload, 0, PDF[:50_000])
    other = portal_for(client._token)
    append(other, upload, 50_000, PDF[50_000:80_000])
    assert append(client, upload, 80_000, PDF[80_000:]).sha256 == hashlib.sha256(PDF).hexdigest()


def test_bytes_that_nobody_vouched_for_are_written_over(client: EmbeddedPortal, portal_file: Path) -> None:
    """As a kill leaves them between two checkpoints."""
    upload = started(client)
    append(client, upload, 0, PDF[:50_000])
    with (documents_folder(portal_file) / "uploads" / upload.id).open("ab") as file:
        file.write(b"never acknowledged")
    assert append(client, upload, 50_000, PDF[50_000:]).sha256 == hashlib.sha256(PDF).hexdigest()


def test_what_a_power_cut_took_of_an_upload_is_sent_again(client: EmbeddedPortal, portal_file: Path) -> None:
    upload = started(client)
    append(client, upload, 0, PDF[:50_000])
    os.truncate(documents_folder(portal_file) / "uploads" / upload.id, 30_000)
    with pytest.raises(errors.UploadOffsetWrong):
        append(client, upload, 50_000, PDF[50_000:])
    assert client.uploads.show(UploadReference(id=upload.id)).offset == 30_000
    assert append(client, upload, 30_000, PDF[30_000:]).sha256 == hashlib.sha256(PDF).hexdigest()


def test_two_senders_of_one_upload_do_not_meet(client: EmbeddedPortal, portal_for: PortalFor) -> None:
    upload = started(client)

    def meeting() -> Iterator[bytes]:
        yield PDF[:10]
        with pytest.raises(errors.UploadOffsetWrong):
            append(portal_for(client._token), upload, 0, PDF)
        yield PDF[10:]

    assert client.append(AppendToUpload(id=upload.id, offset=0), meeting()).sha256 == hashlib.sha256(PDF).hexdigest()


@pytest.mark.parametrize("after", [DAY - SECOND, DAY])
def test_an_upload_waits_for_a_day(client: EmbeddedPortal, clock: FakeClock, after: timedelta) -> None:
    upload = started(client)
    append(client, upload, 0, PDF[:100])
    clock.advance(after)
    if after < DAY:
        assert append(client, upload, 100, PDF[100:]).sha256
        return
    with pytest.raises(errors.NotFound):
        append(client, upload, 100, PDF[100:])


def test_one_document_is_made_of_an_upload(client: EmbeddedPortal) -> None:
    upload = uploaded(client)
    client.documents.add(AddDocument(upload=upload.id))
    with pytest.raises(errors.NotFound):
        client.documents.add(AddDocument(upload=upload.id, title="Again"))


def test_staff_do_not_reach_each_others_uploads(owner: EmbeddedPortal) -> None:
    upload = uploaded(owner)
    colleague = hire(owner, "Verdi")
    with pytest.raises(errors.NotFound):
        colleague.documents.add(AddDocument(upload=upload.id))
    colleague.close()


def test_an_upload_of_ones_own_that_is_dropped_frees_its_place(
    client: EmbeddedPortal, portal_file: Path, clock: FakeClock
) -> None:
    upload = started(client)
    append(client, upload, 0, PDF[:70_000])
    client.uploads.drop(UploadReference(id=upload.id))
    clock.now += timedelta(days=3650)  # files have the machine's time
    sweep(client)
    assert kept(portal_file) == []
    assert query(portal_file, "SELECT * FROM uploads") == []


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
    "cut short": lambda file: os.truncate(file, len(PDF) - 1),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "gone": lambda file: file.unlink(),
    "a folder": lambda file: file.rename(file.with_name("aside")).parent.joinpath(file.name).mkdir(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_body_never_comes_whole_and_sending_it_again_heals_it(
    client: EmbeddedPortal, portal_file: Path, damage: str
) -> None:
    document = sent(client, "scan.pdf", PDF)
    file = documents_folder(portal_file) / kept(portal_file)[0]
    DAMAGES[damage](file)
    for offset in (0, 100, len(PDF) - 1):
        came = bytearray()
        with pytest.raises(errors.BodyDamaged):
            collect(client, document, offset, came)
        assert len(came) < len(PDF) - offset
    if damage == "a folder":
        file.rmdir()
    uploaded(client, "scan.pdf", PDF)
    assert read(client, document) == PDF


def test_a_damaged_row_is_found_too(client: EmbeddedPortal, portal_file: Path) -> None:
    document = sent(client)
    with client._store.writing() as tx:
        tx.run("UPDATE bodies SET content = :other", other=b"Dear Ben,\n\n")
    with pytest.raises(errors.BodyDamaged):
        read(client, document)
    assert query(portal_file, "SELECT count(*) AS views FROM document_views") == [{"views": 1}]


@pytest.mark.parametrize("content", [b"Dear Anna,\n", PDF], ids=["in a row", "in a file"])
def test_a_body_goes_when_nothing_has_referred_to_it_for_a_day(
    client: EmbeddedPortal, portal_file: Path, clock: FakeClock, content: bytes
) -> None:
    name = "scan.pdf" if content is PDF else "letter.txt"
    document = sent(client, name, content)
    again = sent(client, name, content, title="Again")
    clock.advance(30 * DAY)
    assert sweep(client) == 0
    client.documents.delete(DocumentReference(id=document.id))
    sweep(client)
    clock.advance(2 * DAY)
    assert sweep(client) == 0, "the other document refers to it"
    assert read(client, again) == content
    client.documents.delete(DocumentReference(id=again.id))
    assert sweep(client) == 0
    clock.advance(DAY - SECOND)
    assert sweep(client) == 0
    assert len(query(portal_file, "SELECT * FROM bodies")) == 1
    clock.advance(SECOND)
    assert sweep(client) == 1
    assert query(portal_file, "SELECT * FROM bodies") == []
    assert kept(portal_file) == []


def test_a_body_that_is_referred_to_again_begins_a_new_day(client: EmbeddedPortal, clock: FakeClock) -> None:
    client.documents.delete(DocumentReference(id=sent(client, "scan.pdf", PDF).id))
    sweep(client)
    clock.advance(DAY - SECOND)
    document = sent(client, "scan.pdf", PDF)
    clock.advance(DAY)
    assert sweep(client) == 0
    client.documents.delete(DocumentReference(id=document.id))
    assert sweep(client) == 0
    clock.advance(DAY - SECOND)
    assert sweep(client) == 0


def test_what_an_interrupted_sender_left_behind_is_removed_and_nothing_else(
    client: EmbeddedPortal, portal_file: Path, clock: FakeClock
) -> None:
    document = sent(client, "scan.pdf", PDF)
    on_its_way = started(client, name="other.pdf")
    append(client, on_its_way, 0, PDF[:70_000])
    folder = documents_folder(portal_file)
    for stray in ("uploads/upl_stray", "cli_stray/" + 64 * "0"):
        (folder / stray).parent.mkdir(exist_ok=True)
        (folder / stray).write_bytes(b"x")
        age = clock.now.timestamp() - DAY.total_seconds() - 1
        os.utime(folder / stray, (age, age))
    (folder / "cli_stray" / "young").write_bytes(b"x")
    sweep(client)
    assert kept(portal_file) == sorted(
        [f"{client.sessions.who_am_i().client_id}/{document.sha256}", "cli_stray/young", f"uploads/{on_its_way.id}"]
    )


def test_a_portal_file_is_swept_by_who_brings_something(
    client: EmbeddedPortal, clock: FakeClock, portal_file: Path
) -> None:
    """There is no server to do it."""
    client.documents.delete(DocumentReference(id=sent(client, "scan.pdf", PDF).id))
    for _ in range(2):
        uploaded(client)
        clock.advance(DAY)
    uploaded(client)
    assert kept(portal_file) == []


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from portalctl.storage.blobs import FolderBodies
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
staging = FolderBodies(Path(sys.argv[1])).staging("practice", "upl_1", 0, ())
try:
    staging.write(bytes(2000))
except Exception as failure:
    print(type(failure).__name__)
"""


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "DiskFull"


def test_a_folder_of_documents_says_whether_it_works(tmp_path: Path) -> None:
    assert "none yet" in FolderBodies(tmp_path / "new").check()
    assert not (tmp_path / "new").exists()
    assert FolderBodies(tmp_path).check() == f"in order: {tmp_path}"
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(errors.StorageFailure):
            FolderBodies(path).check()
