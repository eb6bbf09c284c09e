"""Bodies that came together lie in one file: each is found, proved, and let go of as if it were by itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends.embedded import EmbeddedPortal, documents_folder
from portalctl.domain.sweeping import Sweep
from portalctl.models.documents import DocumentReference
from portalctl.models.uploads import OpenBody
from portalctl.storage.blobs import SMALL, FolderBodies
from portalctl.testing.sending import sent, together
from tests.domain.conftest import FakeClock, query

DAY = timedelta(days=1)
YEARS = timedelta(days=3650)
"""Files have the machine's time."""

LETTERS = [f"letter to client {number}: ".encode() + b"%d," % number * 12_000 for number in range(4)]
"""Too much in all for rows, each little by itself."""


@pytest.fixture
def ids(client: EmbeddedPortal) -> list[str]:
    """The documents of Anna's letters, which came together."""
    return [each.document_id or "" for each in together(client, None, *LETTERS)]


@pytest.fixture
def pack(ids: list[str], portal_file: Path) -> Path:  # noqa: ARG001  they are in it
    """The file that the letters are in."""
    (file,) = packs(portal_file)
    return file


def packs(portal_file: Path) -> list[Path]:
    """All files beside the portal."""
    return sorted(each for each in documents_folder(portal_file).rglob("*") if each.is_file())


def read(portal: EmbeddedPortal, document_id: str, offset: int = 0) -> bytes:
    with portal.open_body(OpenBody(id=document_id, offset=offset)) as body:
        return b"".join(body.chunks)


def sweep(portal: EmbeddedPortal) -> int:
    sweeping = Sweep(portal._office)
    return sum(sweeping.round() for _ in range(4))


def let_go(portal: EmbeddedPortal, clock: FakeClock, *document_ids: str) -> None:
    """Delete documents, and let the day pass after which nothing of them is kept."""
    for document_id in document_ids:
        portal.documents.delete(DocumentReference(id=document_id))
    sweep(portal)
    clock.advance(DAY)
    assert sweep(portal) == len(document_ids)


def test_bodies_that_come_together_are_one_file_of_their_owner_alone(
    client: EmbeddedPortal, ids: list[str], pack: Path
) -> None:
    for document_id, letter in zip(ids, LETTERS, strict=True):
        for offset in (0, 1, len(letter) - 1, len(letter)):
            assert read(client, document_id, offset) == letter[offset:]
    assert pack.parent.name == client.sessions.who_am_i().client_id
    assert pack.read_bytes() == b"".join(LETTERS)
    assert stat.S_IMODE(pack.stat().st_mode) == 0o600
    assert stat.S_IMODE(pack.parent.stat().st_mode) == 0o700


def test_what_is_little_in_all_is_kept_in_rows(client: EmbeddedPortal, portal_file: Path) -> None:
    contents = [b"a" * (SMALL - 2), b"b", b"c"]
    told = together(client, None, *contents)
    assert packs(portal_file) == []
    assert [read(client, each.document_id or "") for each in told] == contents
    together(client, None, b"d" * SMALL, b"e")
    assert len(packs(portal_file)) == 1


def test_one_owner_keeps_the_same_body_once_however_it_comes(
    client: EmbeddedPortal, other_client: EmbeddedPortal, pack: Path, portal_file: Path
) -> None:
    again = together(client, None, *LETTERS, title="Again")
    assert packs(portal_file) == [pack]
    alone = together(client, None, LETTERS[0], title="Alone")
    assert [read(client, each.document_id or "") for each in (*again, *alone)] == [*LETTERS, LETTERS[0]]
    together(other_client, None, *LETTERS)
    assert len(packs(portal_file)) == 2


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
    "cut short": lambda file: os.truncate(file, len(LETTERS[0]) - 1),
    "empty": lambda file: os.truncate(file, 0),
    "gone": lambda file: file.unlink(),
    "a link": lambda file: file.rename(file.with_name("aside")).parent.joinpath(file.name).symlink_to("aside"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_body_never_comes_whole_and_sending_it_again_heals_it(
    client: EmbeddedPortal, ids: list[str], pack: Path, damage: str
) -> None:
    DAMAGES[damage](pack)
    failure = errors.StorageFailure if damage == "a link" else errors.BodyDamaged
    with pytest.raises(failure):
        read(client, ids[0])
    if damage == "flipped":
        assert [read(client, each) for each in ids[1:]] == LETTERS[1:]
    sent(client, "letter 1.txt", LETTERS[0])
    assert read(client, ids[0]) == LETTERS[0]


def test_what_was_let_go_of_is_nowhere_on_the_disk(
    client: EmbeddedPortal, clock: FakeClock, ids: list[str], pack: Path, portal_file: Path
) -> None:
    """A day after the last document with it is gone; the others are read as before, and their pack has no gap."""
    again = together(client, None, LETTERS[1], title="Again")[0].document_id or ""
    let_go(client, clock, ids[2])
    client.documents.delete(DocumentReference(id=ids[1]))
    sweep(client)
    clock.advance(DAY)
    assert sweep(client) == 0
    (rewritten,) = packs(portal_file)
    assert rewritten != pack
    assert rewritten.read_bytes() == LETTERS[0] + LETTERS[1] + LETTERS[3]
    assert [read(client, each) for each in (ids[0], again, ids[3])] == [LETTERS[0], LETTERS[1], LETTERS[3]]
    assert query(portal_file, "SELECT * FROM packs_with_gaps") == []
    let_go(client, clock, ids[0], again, ids[3])
    assert packs(portal_file) == []
    assert query(portal_file, "SELECT * FROM bodies") == []


def test_a_body_that_was_sent_alone_leaves_no_copy_in_its_pack(
    client: EmbeddedPortal, ids: list[str], pack: Path, portal_file: Path
) -> None:
    long = b"x" * (SMALL + 1)
    told = together(client, None, long, LETTERS[0] + b"!")
    sent(client, "long.txt", long, title="Alone")
    sweep(client)
    assert sum(file.read_bytes().count(long) for file in packs(portal_file)) == 1
    assert read(client, told[0].document_id or "") == long
    assert read(client, told[1].document_id or "") == LETTERS[0] + b"!"
    assert pack in packs(portal_file), ids


@pytest.mark.parametrize("damage", ["flipped", "cut short", "gone"])
def test_a_damaged_pack_is_swept_and_its_whole_bodies_stay_whole(
    client: EmbeddedPortal, clock: FakeClock, ids: list[str], pack: Path, damage: str
) -> None:
    DAMAGES[damage](pack)
    let_go(client, clock, ids[2])
    for number in (0, 1, 3):
        if damage == "flipped" and number:
            assert read(client, ids[number]) == LETTERS[number]
        else:
            with pytest.raises(errors.BodyDamaged):
                read(client, ids[number])


class MeanwhileWrittenAnew(FolderBodies):
    """A folder whose packs are written anew just before the first reading."""

    first: Callable[[], object] | None = None

    def from_pack(self, place: str, starts_at: int, size: int) -> bytes:
        first, self.first = self.first, None
        if first is not None:
            first()
        return super().from_pack(place, starts_at, size)


def test_who_is_about_to_read_from_a_pack_finds_the_new_one(
    client: EmbeddedPortal, owner: EmbeddedPortal, clock: FakeClock, ids: list[str], pack: Path, portal_file: Path
) -> None:
    client.documents.delete(DocumentReference(id=ids[0]))
    sweep(owner)
    clock.advance(DAY)
    client._kept = kept = MeanwhileWrittenAnew(documents_folder(portal_file))
    kept.first = lambda: sweep(owner)
    assert read(client, ids[3], 5) == LETTERS[3][5:]
    assert kept.first is None
    assert not pack.exists()


class Killed(Exception):
    """What the test ends a step with."""


def killed(*_: object) -> None:
    raise Killed


def test_a_sweep_that_is_killed_leaves_the_bodies_and_nothing_for_good(
    client: EmbeddedPortal,
    clock: FakeClock,
    ids: list[str],
    pack: Path,
    portal_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the new pack is known, or before the old one is removed: another sweep has the rest of it."""
    client.documents.delete(DocumentReference(id=ids[0]))
    sweep(client)
    clock.advance(DAY)
    for step in ("portalctl.storage.bodies.move_pack", "portalctl.storage.blobs.FolderBodies.remove"):
        with monkeypatch.context() as dying:
            dying.setattr(step, killed)
            with pytest.raises(Killed):
                sweep(client)
        assert [read(client, each) for each in ids[1:]] == LETTERS[1:]
    assert len(packs(portal_file)) == 3
    clock.advance(YEARS)
    sweep(client)
    (left,) = packs(portal_file)
    assert left != pack
    assert left.read_bytes() == b"".join(LETTERS[1:])


def test_a_pack_that_no_transaction_took_is_removed_after_a_day(
    client: EmbeddedPortal, clock: FakeClock, portal_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr("portalctl.storage.bodies.put_packed", killed)
        with pytest.raises(Killed):
            together(client, None, *LETTERS)
    assert len(packs(portal_file)) == 1
    sweep(client)
    assert len(packs(portal_file)) == 1
    clock.advance(YEARS)
    sweep(client)
    assert packs(portal_file) == []
    assert query(portal_file, "SELECT * FROM documents") == []


def test_a_portal_file_is_swept_by_who_brings_many(
    client: EmbeddedPortal, other_client: EmbeddedPortal, clock: FakeClock, ids: list[str], portal_file: Path
) -> None:
    """There is no server to do it; a run of many batches does it once."""
    for document_id in ids:
        client.documents.delete(DocumentReference(id=document_id))
    for number, portal in enumerate((client.with_token(client._token), other_client, client.with_token(client._token))):
        together(portal, None, f"some letter {number}".encode())
        clock.advance(DAY)
        portal.close()
    assert packs(portal_file) == []


def test_a_pack_that_cannot_be_written_takes_nothing(
    client: EmbeddedPortal, portal_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails when it is asked to keep what was written: not tried again, and told."""

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr("portalctl.storage.blobs.os.fsync", fails)
        with pytest.raises(errors.StorageFailure):
            together(client, None, *LETTERS)
    assert query(portal_file, "SELECT * FROM documents") == []
    assert all(each.document_id for each in together(client, None, *LETTERS))
