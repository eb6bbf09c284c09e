"""Files are brought to disk while they grow; one that does not get there is taken for nobody's."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal, documents_folder
from portalctl.models.uploads import AppendToUpload, StartUpload, UploadReference
from portalctl.storage import blobs, syncing
from portalctl.storage.blobs import FolderBodies
from portalctl.storage.syncing import SyncingAhead

LONG = b"%PDF-1.7\n" + b"0123456789abcdef" * (blobs._AHEAD // 16)
"""Long enough to be brought to disk before it is whole."""


class Disk:
    """The calls that reach the disk: each waits until it is let go, and fails where that is wanted."""

    def __init__(self) -> None:
        self.reached = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.threads: list[str] = []
        self.fails = False

    def fsync(self, descriptor: int) -> None:
        self.threads.append(threading.current_thread().name)
        self.reached.release()
        assert self.may_end.wait(10)
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fsync(descriptor)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk()
    monkeypatch.setattr(syncing, "os", _OsWith(made))
    yield made
    made.may_end.set()


class _OsWith:
    def __init__(self, disk: Disk) -> None:
        self.fsync = disk.fsync

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


def test_a_file_is_brought_to_disk_while_its_writer_goes_on(tmp_path: Path, disk: Disk) -> None:
    staging = FolderBodies(tmp_path).staging("acc_1", "upl_1", 0, [])
    staging.write(LONG)
    assert disk.reached.acquire(timeout=10)
    staging.write(LONG)  # is not held up
    disk.may_end.set()
    assert staging.save(all_of_it=True) == (2 * len(LONG), [])
    staging.close()
    assert disk.threads == ["syncing"]


def test_two_files_take_turns_and_each_is_waited_for(tmp_path: Path, disk: Disk) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    ahead = SyncingAhead()
    ahead.begin(first)
    ahead.begin(second)
    ahead.begin(second)
    disk.may_end.set()
    ahead.wait(first)
    ahead.wait(second)
    assert len(disk.threads) == 2


def test_what_has_another_name_by_then_is_left_alone(tmp_path: Path) -> None:
    ahead = SyncingAhead()
    ahead.begin(tmp_path / "gone")
    ahead.wait(tmp_path / "gone")


def test_an_upload_that_does_not_get_to_disk_is_sent_again(
    client: EmbeddedPortal, portal_file: Path, disk: Disk
) -> None:
    upload = client.uploads.start(StartUpload(name="scan.pdf", bytes=2 * len(LONG)))
    disk.fails = True
    client.append(AppendToUpload(id=upload.id, offset=0), [LONG])
    disk.may_end.set()
    staged = documents_folder(portal_file) / "uploads" / upload.id
    bodies = client._bodies()
    assert isinstance(bodies, FolderBodies)
    bodies._ahead.wait(staged)
    with pytest.raises(errors.UploadOffsetWrong):
        client.append(AppendToUpload(id=upload.id, offset=len(LONG)), [LONG])
    assert client.uploads.show(UploadReference(id=upload.id)).offset == 0
    disk.fails = False
    whole = client.append(AppendToUpload(id=upload.id, offset=0), [LONG, LONG])
    assert whole.sha256 == hashlib.sha256(LONG + LONG).hexdigest()


def test_a_failure_before_the_end_is_no_whole_upload(client: EmbeddedPortal, disk: Disk) -> None:
    upload = client.uploads.start(StartUpload(name="scan.pdf", bytes=len(LONG)))
    disk.fails = True
    disk.may_end.set()
    with pytest.raises(errors.BodyDamaged):
        client.append(AppendToUpload(id=upload.id, offset=0), [LONG])
    assert client.uploads.show(UploadReference(id=upload.id)).sha256 is None
