"""A server lets go of bodies that nothing refers to any more, round after round, whatever goes wrong in one."""

from __future__ import annotations

import io
import json
import shutil
import time
from datetime import timedelta
from pathlib import Path

from portalctl import errors
from portalctl.backends.embedded import documents_folder
from portalctl.models.documents import DocumentReference
from portalctl.server.logs import make_log
from portalctl.server.sweeping import Sweeping
from portalctl.storage.blobs import FolderBodies, Kept
from portalctl.testing.sending import sent
from tests.domain.house import House
from tests.server.raw import PATIENCE

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400


class FailingOnce(FolderBodies):
    """A folder that cannot be read the first time."""

    has_failed = False

    def some(self, after: str) -> list[Kept]:
        if not self.has_failed:
            self.has_failed = True
            raise errors.StorageFailure("the disk is away")
        return super().some(after)


def test_a_server_sweeps_and_goes_on_when_a_round_fails(furnished: House, tmp_path: Path) -> None:
    shutil.copytree(furnished.file.parent, tmp_path / "house")
    house = furnished.moved(tmp_path / "house" / furnished.file.name)
    portal = house.portal("client")
    document = sent(portal, "scan.pdf", PDF)
    portal.documents.delete(DocumentReference(id=document.id))
    folder = documents_folder(house.file)
    log, later = io.BytesIO(), iter(range(10_000))
    office = portal._office._replace(
        clock=lambda: house.clock() + timedelta(hours=20 * next(later)), bodies=lambda: bodies
    )
    bodies = FailingOnce(folder)
    sweeping = Sweeping(office, make_log(log), pause=0.01)
    sweeping.start()
    end = time.monotonic() + PATIENCE
    while any(file.name == document.sha256 for file in folder.rglob("*")):
        assert time.monotonic() < end
        time.sleep(0.01)
    sweeping.stop()
    portal.close()
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {"storage_failed"} == {event["code"] for event in events if event["level"] == "error"}
    assert sum(event.get("bodies", 0) for event in events) >= 1
