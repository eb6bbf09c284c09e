"""A backup is proved when it is made and when it is used; a restore is whole and brings no access back."""

from __future__ import annotations

import hashlib
import random
import shutil
import stat
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.backends import archive
from portalctl.backends.backups import back_up, compare, restore
from portalctl.models.backups import BackupReport, RestoreReport
from portalctl.storage import accounts, api_tokens, audit, invites, resets, second_factors, sessions, staff
from portalctl.storage.engine import Row
from portalctl.storage.sqlite import SqliteStore
from tests.storage.portals import HOLDS_THE_LOCK, Program, append, beside, count, leave_log, make, name_of

THEN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOW = THEN + timedelta(days=3)
ROWS = 5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A portal with a session, an open invite and an open reset link."""
    path = make(tmp_path / "portal" / "portal.db", rows=ROWS)
    store = SqliteStore(path)
    with store.writing() as tx:
        accounts.insert(tx, id="acc_1", email="r@example.com", password_hash="first", created_at=1)
        tx.run("UPDATE staff SET account_id = 'acc_1'")
        sessions.insert(
            tx,
            id="ses_1",
            token_hash="t",
            account_id="acc_1",
            created_at=1,
            expires_at=2**40,
            idle_minutes=30,
            address="local",
            device="shell",
        )
        invites.insert(
            tx,
            id="inv_1",
            kind="client",
            person_id="cli_1",
            name="A",
            email="a@example.com",
            created_at=1,
            expires_at=9,
        )
        resets.insert(tx, id="rst_1", account_id="acc_1", created_at=1, expires_at=9)
    store.close()
    return path


@pytest.fixture
def file(path: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    back(path, tmp_path / "backup.portal")
    return tmp_path / "backup.portal"


def back(path: Path, file: Path) -> BackupReport:
    store = SqliteStore(path)
    try:
        return back_up(store, file, THEN)
    finally:
        store.close()


def bring(file: Path, path: Path, *, replace: bool = False, key: Path | None = None) -> RestoreReport:
    return restore(file, f"sqlite://{path}", key=key, replace=replace, clock=lambda: NOW)


def all_of(path: Path, sql: str) -> list[Row]:
    store = SqliteStore(path)
    try:
        with store.reading() as tx:
            return tx.all(sql)
    finally:
        store.close()


def names(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


def test_a_backup_is_one_file_of_its_owner_that_says_what_is_in_it(path: Path, tmp_path: Path) -> None:
    """Its checksum is that of the whole file; nothing else is left in the folder."""
    folder = tmp_path / "backups"
    folder.mkdir()
    report = back(path, folder / "b.portal")
    file = folder / "b.portal"
    assert names(folder) == ["b.portal"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert report == BackupReport(
        file=str(file),
        practice="Studio Rossi",
        taken_at=THEN,
        bytes=file.stat().st_size,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        audit_rows=ROWS,
    )
    manifest = archive.read(file)
    assert manifest.audit_heads.keys() == {"practice"}
    assert manifest.audit_heads["practice"][0] == ROWS


def test_a_backup_opens_with_any_unzip(file: Path, tmp_path: Path) -> None:
    """Without this program the portal is a SQLite file in it."""
    with zipfile.ZipFile(file) as packed:
        assert packed.namelist() == ["manifest.json", "portal.db"]
        packed.extractall(tmp_path / "unpacked")
    assert count(tmp_path / "unpacked" / "portal.db") == ROWS


def test_a_backup_replaces_no_file(path: Path, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(errors.InvalidInput, match="exists already"):
        back(path, file)
    assert file.read_bytes() == before
    assert names(tmp_path) == ["backup.portal", "portal"]


def test_a_backup_is_whole_while_others_write(path: Path, tmp_path: Path) -> None:
    """It holds one moment: a chain of the audit without a gap, as long as it says."""
    stop = threading.Event()

    def write() -> None:
        store = SqliteStore(path)
        while not stop.is_set():
            append(store)
        store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reports = [back(path, tmp_path / f"{number}.portal") for number in range(5)]
    finally:
        stop.set()
        writer.join()
    lengths = [report.audit_rows for report in reports]
    assert lengths == sorted(lengths)
    assert lengths[-1] > ROWS
    for number, length in enumerate(lengths):
        bring(tmp_path / f"{number}.portal", tmp_path / str(number) / "portal.db")
        assert count(tmp_path / str(number) / "portal.db") == length + 1


def test_a_portal_with_a_changed_audit_is_not_backed_up_as_whole(path: Path, tmp_path: Path) -> None:
    """The chain shows it; no file is left."""
    with SqliteStore(path).writing() as tx:
        tx.run("UPDATE audit SET actor = 'stf_2' WHERE position = 3")
    with pytest.raises(errors.PortalCorrupt, match="chain practice, row 3"):
        back(path, tmp_path / "backup.portal")
    assert names(tmp_path) == ["portal"]


def test_a_backup_into_a_folder_that_is_not_there_is_refused_in_words(path: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.StorageFailure, match="No such file or directory") as raised:
        back(path, tmp_path / "nowhere" / "backup.portal")
    assert raised.value.exit_code == 8


BACKS_UP_WITHOUT_ROOM = """
import resource
from datetime import UTC, datetime
from portalctl.backends.backups import back_up
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    back_up(SqliteStore(Path(sys.argv[1])), Path(sys.argv[2]), datetime(2026, 3, 2, tzinfo=UTC))
except errors.DiskFull as error:
    print(error.message)
"""


def test_a_backup_that_finds_no_room_leaves_nothing(path: Path, tmp_path: Path) -> None:
    with Program(BACKS_UP_WITHOUT_ROOM, path, tmp_path / "backup.portal") as program:
        assert program.output() == f"no space left to change {tmp_path / 'backup.portal'}\n"
    assert names(tmp_path) == ["portal"]


def test_a_restored_portal_is_what_was_backed_up(file: Path, tmp_path: Path) -> None:
    """With one audit row more: that of the restore. Folders are made, the file is its owner's, the log is back."""
    path = tmp_path / "new" / "place" / "portal.db"
    report = bring(file, path)
    assert report == RestoreReport(
        portal=f"sqlite://{path}",
        practice="Studio Rossi",
        taken_at=THEN,
        audit_rows=ROWS,
        changes_lost=None,
        is_earlier=False,
        sessions_ended=1,
        links_revoked=2,
        replaced=None,
    )
    assert names(path.parent) == ["portal.db"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert name_of(SqliteStore(path)) == "Studio Rossi"
    last = all_of(path, "SELECT * FROM audit ORDER BY position")[-1]
    assert (last["action"], last["subject"], last["at"]) == (
        "practice.restore",
        "backup of 2026-03-02T08:00:00Z",
        int(NOW.timestamp()),
    )
    assert path.read_bytes()[18] == 2


def test_no_session_and_no_open_link_lives_in_a_restored_portal(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "portal.db"
    bring(file, path)
    assert all_of(path, "SELECT * FROM sessions") == []
    for rows in (all_of(path, "SELECT revoked_at FROM invites"), all_of(path, "SELECT revoked_at FROM resets")):
        assert rows == [{"revoked_at": int(NOW.timestamp())}]


def test_what_was_taken_back_since_the_backup_stays_taken_back(file: Path, path: Path) -> None:
    """A person who was disabled, and a password that was changed."""
    store = SqliteStore(path)
    with store.writing() as tx:
        staff.disable(tx, "stf_1", 77)
        accounts.set_password(tx, "acc_1", "second")
    store.close()
    bring(file, path, replace=True)
    assert all_of(path, "SELECT disabled_at FROM staff") == [{"disabled_at": 77}]
    assert all_of(path, "SELECT password_hash FROM accounts") == [{"password_hash": "second"}]


def test_no_code_of_a_second_factor_works_again_after_a_restore(file: Path, path: Path) -> None:
    """One that was turned on since the backup stays on, with what is left of it; API tokens end as sessions do."""
    store = SqliteStore(path)
    with store.writing() as tx:
        second_factors.put_pending(tx, "acc_1", sealed_secret="since", created_at=5)
        second_factors.turn_on(tx, "acc_1", 6)
        second_factors.renew_codes(tx, "acc_1", ["used", "left"])
        assert second_factors.take_step(tx, "acc_1", 7)
        assert second_factors.use_code(tx, "acc_1", "used")
        api_tokens.insert(
            tx, id="tok_1", token_hash="t", account_id="acc_1", name="x", scopes="a:read", created_at=1, expires_at=9
        )
    again = file.with_name("again.portal")
    back(path, again)
    with store.writing() as tx:
        second_factors.use_code(tx, "acc_1", "left")
        second_factors.take_step(tx, "acc_1", 8)
    store.close()
    in_force = all_of(path, "SELECT * FROM second_factors")
    for backup in (again, file):
        bring(backup, path, replace=True)
        assert all_of(path, "SELECT * FROM second_factors") == in_force
        assert all_of(path, "SELECT * FROM recovery_codes") == all_of(path, "SELECT * FROM api_tokens") == []
    path.unlink()
    bring(again, path)
    assert all_of(path, "SELECT code_hash FROM recovery_codes") == []
    assert all_of(path, "SELECT last_step FROM second_factors") == [{"last_step": int(NOW.timestamp()) // 30}]


def test_a_portal_is_not_replaced_unasked(file: Path, path: Path) -> None:
    """The refusal says what would be lost."""
    store = SqliteStore(path)
    append(store)
    append(store)
    store.close()
    before = beside(path)
    with pytest.raises(errors.PracticeExists, match="2 changes made since the backup") as raised:
        bring(file, path)
    assert "--replace" in (raised.value.hint or "")
    assert beside(path) == before
    assert names(path.parent) == ["portal.db"]


def test_a_rollback_is_reported_and_the_replaced_file_is_kept_beside(file: Path, path: Path) -> None:
    """With everything that was in its log; renamed back it is the portal again."""
    leave_log(path, 3)
    report = bring(file, path, replace=True)
    assert (report.changes_lost, report.is_earlier) == (3, True)
    kept = path.with_name("portal.db.replaced-20260305T080000Z")
    assert report.replaced == str(kept)
    assert names(path.parent) == ["portal.db", kept.name]
    assert count(path) == ROWS + 1
    kept.rename(path)
    assert count(path) == ROWS + 3


def test_a_portal_that_went_another_way_is_told_apart_from_a_later_state(file: Path, path: Path) -> None:
    """After one rollback the portals have the same beginning and different ends."""
    bring(file, path, replace=True)
    assert compare(file, f"sqlite://{path}").difference == (1, True)
    append(SqliteStore(path))
    later = path.with_name("later.portal")
    back(path, later)
    bring(file, path, replace=True)
    append(SqliteStore(path), "another way")
    assert compare(later, f"sqlite://{path}").difference == (1, False)


def test_another_practice_in_the_place_is_told(file: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "other" / "portal.db", name="Praxis Weber", rows=2)
    with pytest.raises(errors.PracticeExists, match="2 changes of its own"):
        bring(file, other)


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 5000], ids=["noise", "broken"])
def test_a_broken_file_in_the_place_is_replaced_when_asked_and_kept(file: Path, tmp_path: Path, content: bytes) -> None:
    """So are the log and index beside it, which would otherwise be taken for the new portal's."""
    path = tmp_path / "broken" / "portal.db"
    path.parent.mkdir(mode=0o700)
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").write_bytes(content)
    with pytest.raises(errors.PracticeExists, match="cannot be read"):
        bring(file, path)
    report = bring(file, path, replace=True)
    assert report.changes_lost is None
    assert count(path) == ROWS + 1
    kept = "portal.db.replaced-20260305T080000Z"
    assert names(path.parent) == ["portal.db", kept, f"{kept}-shm", f"{kept}-wal"]
    assert all((path.parent / f"{kept}{ending}").read_bytes() == content for ending in ("", "-wal", "-shm"))


def test_an_empty_file_in_the_place_needs_no_leave(file: Path, tmp_path: Path) -> None:
    """It is what a killed set-up leaves."""
    path = tmp_path / "portal.db"
    path.touch(0o600)
    assert bring(file, path).replaced is None
    assert count(path) == ROWS + 1


def test_two_restores_in_one_second_keep_both_replaced_files(file: Path, path: Path) -> None:
    replaced = {bring(file, path, replace=True).replaced for _ in range(3)}
    assert replaced == {f"{path}.replaced-20260305T080000Z{number}" for number in ("", "-2", "-3")}


HAS_IT_OPEN = """
store = SqliteStore(Path(sys.argv[1]))
append(store)
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("program", [HOLDS_THE_LOCK, HAS_IT_OPEN], ids=["writing", "idle"])
def test_a_portal_that_another_process_has_open_is_not_replaced(
    file: Path, path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go on writing to the file that is put aside."""
    monkeypatch.setattr("portalctl.storage.sqlite.BUSY_MILLISECONDS", 50)
    with Program(program, path) as holder:
        assert holder.line() == "held"
        with pytest.raises(errors.PortalBusy):
            bring(file, path, replace=True)
    assert name_of(SqliteStore(path)) == "Studio Rossi"
    assert names(path.parent) == ["portal.db"]


def test_a_flipped_bit_anywhere_in_a_backup_is_found_before_anything_happens(file: Path, tmp_path: Path) -> None:
    content, chance = file.read_bytes(), random.Random(3)  # noqa: S311  no secret
    path = tmp_path / "new" / "portal.db"
    for place in (0, 30, 45, len(content) - 1, len(content) - 70, *(chance.randrange(len(content)) for _ in range(60))):
        flipped = bytearray(content)
        flipped[place] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        with pytest.raises(errors.PortalError) as raised:
            bring(file, path)
        assert raised.value.exit_code in (2, 8)
        assert str(file) in raised.value.message
    assert not path.parent.exists()


@pytest.mark.parametrize("kept", [1, 50, 1000, -200, -64, -1])
def test_a_backup_that_was_cut_short_is_damaged(file: Path, tmp_path: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(errors.PortalError) as raised:
        bring(file, tmp_path / "new" / "portal.db")
    assert raised.value.exit_code == (2 if kept == 1 else 8)


def test_what_is_no_backup_is_wrong_input(path: Path, tmp_path: Path) -> None:
    """Another zip, a portal file, nothing, a folder."""
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as packed:
        packed.writestr("readme.txt", "hello " * 100)
    (tmp_path / "empty").touch()
    for wrong in (tmp_path / "other.zip", path, tmp_path / "empty", tmp_path / "nothing", tmp_path):
        with pytest.raises(errors.InvalidInput):
            bring(wrong, tmp_path / "new" / "portal.db")


def test_a_backup_of_a_newer_program_is_left_to_it(file: Path, tmp_path: Path) -> None:
    """Whether its layout is newer or the schema of the portal in it."""
    manifest, portal = archive.read(file), tmp_path / "inner.db"
    archive.unpack(file, manifest, portal)
    newer = tmp_path / "newer.portal"
    archive.write(newer, manifest.model_copy(update={"format": archive.FORMAT + 1}), portal)
    with pytest.raises(errors.PortalNewer, match="newer portalctl"):
        bring(newer, tmp_path / "new" / "portal.db")
    content = bytearray(portal.read_bytes())
    content[60:64] = (99).to_bytes(4, "big")
    portal.write_bytes(content)
    newer.unlink()
    archive.write(newer, manifest.model_copy(update={"sha256": archive.digest_of(portal)}), portal)
    with pytest.raises(errors.PortalNewer, match=str(newer)):
        bring(newer, tmp_path / "new" / "portal.db")


def test_a_backup_that_lies_about_its_contents_is_damaged(file: Path, tmp_path: Path) -> None:
    """Even one whose seal fits."""
    manifest, portal = archive.read(file), tmp_path / "inner.db"
    archive.unpack(file, manifest, portal)
    lies: list[dict[str, object]] = [
        {"sha256": "0" * 64},
        {"audit_rows": 1},
        {"practice_id": "prc_other"},
        {"bytes": 9},
    ]
    for number, lie in enumerate(lies):
        lying = tmp_path / f"{number}.portal"
        archive.write(lying, manifest.model_copy(update=lie), portal)
        with pytest.raises(errors.PortalCorrupt):
            bring(lying, tmp_path / "new" / "portal.db")


def test_the_portal_key_is_put_back_for_its_owner_alone_and_another_is_kept(
    file: Path, path: Path, tmp_path: Path
) -> None:
    key, there = tmp_path / "kept.key", path.with_name("portal.db.key")
    key.write_bytes(b"k" * 32)
    bring(file, path, replace=True, key=key)
    assert there.read_bytes() == b"k" * 32
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    key.write_bytes(b"n" * 32)
    bring(file, path, replace=True, key=key)
    assert there.read_bytes() == b"n" * 32
    assert path.with_name("portal.db.key.replaced-20260305T080000Z").read_bytes() == b"k" * 32


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33, None])
def test_what_is_no_key_stops_a_restore_before_it_begins(file: Path, tmp_path: Path, content: bytes | None) -> None:
    key, path = tmp_path / "kept.key", tmp_path / "new" / "portal.db"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(errors.InvalidInput):
        bring(file, path, key=key)
    assert not path.exists()


DIES_RESTORING = """
import os, signal
from datetime import UTC, datetime
from portalctl.backends import backups
from portalctl.storage import backup

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(*{
    "before": (backup, "put_in_place", die),
    "linked": (Path, "replace", die),
    "after": (backups, "RestoreReport", die),
}[sys.argv[3]])
backups.restore(Path(sys.argv[1]), sys.argv[2], key=None, replace=True, clock=lambda: datetime(2026, 3, 5, tzinfo=UTC))
"""


@pytest.mark.parametrize(("moment", "rows"), [("before", ROWS + 2), ("linked", ROWS + 2), ("after", ROWS + 1)])
def test_a_restore_that_is_killed_leaves_the_old_portal_or_the_new_one(
    file: Path, path: Path, moment: str, rows: int
) -> None:
    store = SqliteStore(path)
    append(store)
    append(store)
    store.close()
    with Program(DIES_RESTORING, file, f"sqlite://{path}", moment) as program:
        program.process.wait(timeout=60)
    assert count(path) == rows


def test_a_restored_portal_goes_on(file: Path, tmp_path: Path) -> None:
    """It is written, backed up and restored again; the chain of its audit holds."""
    path = tmp_path / "new" / "portal.db"
    bring(file, path)
    append(SqliteStore(path))
    assert back(path, tmp_path / "second.portal").audit_rows == ROWS + 2
    shutil.rmtree(path.parent)
    bring(tmp_path / "second.portal", path)
    with SqliteStore(path).reading() as tx:
        assert audit.count(tx) == ROWS + 3
