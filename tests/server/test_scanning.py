"""A server has files scanned by a command: what it passes is read from then on, and nothing else is."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.remote import open_portal
from portalctl.clock import system_clock
from portalctl.contract.portal import Portal
from portalctl.models.documents import DocumentReference, ListDocuments
from portalctl.models.policy import SetPolicy
from portalctl.models.uploads import OpenBody
from portalctl.server.logs import make_log
from portalctl.server.scanning import EICAR, Scanning, Verdict, scan
from portalctl.storage.blobs import SMALL
from portalctl.testing.sending import sent
from tests.domain.house import House
from tests.domain.served import Served
from tests.server.processes import started
from tests.server.raw import PATIENCE

MARK = b"what-only-a-scanner-knows"
SCANNER = f"! grep -aq -e EICAR-STANDARD -e {MARK.decode()}"
LONG = b"%PDF-1.7\n" + bytes(range(256)) * 2000


def run(script: str, content: bytes = b"Dear Anna,\n", longest: float = PATIENCE) -> Verdict:
    """What a shell script makes of a content."""
    return scan(["sh", "-c", script], [content], longest=longest)


@pytest.fixture
def house(furnished: House, tmp_path: Path) -> House:
    """A portal whose files are scanned where it is served."""
    shutil.copytree(furnished.file.parent, tmp_path / "house")
    return furnished.moved(tmp_path / "house" / furnished.file.name)


@pytest.fixture
def owner(house: House) -> Iterator[Served]:
    """The portal as a server offers it to its owner."""
    portal = house.portal("owner")
    portal.policy.set(SetPolicy(document_kinds=["pdf", "txt", "zip", "application/octet-stream"]))
    yield Served(portal._office._replace(scans=True))
    portal.close()


def scanning(owner: Served, script: str, log: io.BytesIO, longest: float = PATIENCE) -> Scanning:
    """A worker that rests hardly at all."""
    return Scanning(owner._office, ["sh", "-c", script], make_log(log), pause=0.01, longest=longest)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def quarantine_of(portal: Portal, document_id: str) -> str | None:
    """Whether a document can be read."""
    return portal.documents.show(DocumentReference(id=document_id)).quarantine


def test_zero_passes_one_finds_and_anything_else_decides_nothing() -> None:
    assert run(SCANNER).passed is True
    assert run(SCANNER, EICAR).passed is False
    assert run(SCANNER, LONG + MARK).passed is False
    failed = run("echo 'Could not\tconnect to \033[31mclamd' >&2; exit 2")
    assert failed == Verdict(None, "it ended with 2: Could not connect to [31mclamd")
    assert run("kill -9 $$") == Verdict(None, "it ended by signal 9")
    assert scan(["/nowhere/scanner"], [b""]).passed is None


def test_what_a_command_passes_without_reading_it_is_not_passed() -> None:
    assert run("exit 0", LONG).passed is None
    assert run("head -c 10 > /dev/null", LONG).passed is None
    assert run("cat > /dev/null", LONG).passed is True


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    assert run(f"sleep 600 & echo $! > {pid}; wait", longest=0.5).why == "sh did not end in time"
    child = Path("/proc") / pid.read_text().strip()
    until(lambda: not child.exists() or "\nState:\tZ" in (child / "status").read_text())


def test_a_command_knows_none_of_the_servers_secrets_and_nothing_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGPASSWORD", "PORTALCTL_SMTP_PASSWORD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "canary")
    assert run("cat > /dev/null; env | grep -q canary && exit 1; exit 0").passed is True


def test_a_body_that_cannot_be_read_is_not_passed() -> None:
    def damaged() -> Iterator[bytes]:
        yield LONG
        raise errors.BodyDamaged("the document is damaged")

    with pytest.raises(errors.BodyDamaged):
        scan(["cat"], damaged())


def test_the_sample_is_refused_or_found_whatever_its_name(owner: Served) -> None:
    log = io.BytesIO()
    waiting = []
    for name in ("virus.com", "virus.txt", "virus.pdf", "virus.xyz", "virus", "virus.zip", "virus.exe"):
        try:
            waiting.append(sent(owner, name, EICAR).id)
        except errors.KindNotTaken:
            continue
    waiting.append(sent(owner, "report.pdf", LONG + MARK).id)
    worker = scanning(owner, SCANNER, log)
    worker.start()
    until(lambda: all(quarantine_of(owner, each) == "infected" for each in waiting))
    worker.stop()
    for each in waiting:
        with pytest.raises(errors.Quarantined), owner.open_body(OpenBody(id=each)):
            pass


@pytest.mark.parametrize("content", [b"Dear Anna,\n", b"Dear Anna,\n" * (SMALL // 5)])
def test_a_scanner_that_is_away_is_told_of_and_waited_for(owner: Served, tmp_path: Path, content: bytes) -> None:
    there, log = tmp_path / "there", io.BytesIO()
    document = sent(owner, "letter.txt", content)
    clock, minutes = owner._office.clock, iter(range(10_000))
    hasty = Served(owner._office._replace(clock=lambda: clock() + timedelta(minutes=next(minutes))))
    worker = scanning(hasty, f"cat > /dev/null; test -e {there} && exit 0; echo away >&2; exit 2", log)
    worker.start()
    until(lambda: b"away" in log.getvalue())
    assert quarantine_of(owner, document.id) == "waiting"
    there.touch()
    until(lambda: quarantine_of(owner, document.id) is None)
    worker.stop()


def test_a_server_that_stops_leaves_the_file_under_way_to_the_next(owner: Served, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    document = sent(owner)
    worker = scanning(owner, f"touch {begun}; sleep 600", io.BytesIO())
    worker.start()
    until(begun.exists)
    worker.stop()
    assert not worker.is_alive()
    following = scanning(owner, SCANNER, io.BytesIO())
    following.start()
    until(lambda: quarantine_of(owner, document.id) is None)
    following.stop()


@pytest.mark.usefixtures("owner")
def test_a_served_portal_shows_clients_what_has_passed_and_nobody_what_has_not(house: House) -> None:
    anna = house.existing["own client"]
    with started(
        house.file.parent, "--port", "0", "--database", f"sqlite://{house.file}", "--scan", f"sh -c '{SCANNER}'"
    ) as server:
        staff, client = (
            open_portal(f"http://127.0.0.1:{server.port}", house.tokens[role], system_clock, lambda _: None)
            for role in ("owner", "client")
        )
        found = sent(staff, "report.pdf", LONG + MARK, client=anna)
        clean = sent(staff, "letter.txt", b"Dear Anna,\n", client=anna)
        assert clean.quarantine == found.quarantine == "waiting"
        server.told(f'"document": "{found.id}", "passed": false')
        server.told(f'"document": "{clean.id}", "passed": true')
        seen = {document.id for document in client.documents.list(ListDocuments()).items}
        assert clean.id in seen
        assert found.id not in seen
        with pytest.raises(errors.Quarantined), staff.open_body(OpenBody(id=found.id)):
            pass
        with client.open_body(OpenBody(id=clean.id)) as body:
            assert b"".join(body.chunks) == b"Dear Anna,\n"
        assert "Dear Anna" not in json.dumps(server.lines)
        staff.close()
        client.close()
        assert server.stop() == 0
