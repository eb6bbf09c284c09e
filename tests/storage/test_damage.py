"""Whatever lies in the place of a portal is refused in words, and kept byte for byte."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from portalctl import errors
from portalctl.storage import practice
from portalctl.storage.engine import Transaction
from portalctl.storage.sqlite import SqliteStore
from tests.storage.portals import append, beside, count, leave_log, make, name_of

ROWS = 60
"""Enough for several pages of audit."""

PAGE = 4096
"""Bytes of SQLite's pages."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portal that nobody has open; tests take copies."""
    return make(tmp_path_factory.mktemp("whole") / "portal.db", rows=ROWS)


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path))


def everything(tx: Transaction) -> list[object]:
    """Every row of every table."""
    names = [row["name"] for row in tx.all("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found: list[object] = [practice.get(tx)]
    for name in names:
        found += list(tx.all(f'SELECT * FROM "{name}"'))  # noqa: S608  names from the schema itself
    return found


def answer_of(path: Path) -> list[object]:
    """Every row of every table of the portal there, by values."""
    store = SqliteStore(path)
    try:
        with store.reading() as tx:
            return everything(tx)
    finally:
        store.close()


def assert_refused(path: Path, kind: type[errors.StorageFailure], *, create: bool = False) -> errors.StorageFailure:
    """Reading and writing fail in that way, with the file named and restore as the way out; no byte changes."""
    before = beside(path)
    for operation in (SqliteStore.reading, SqliteStore.writing):
        store = SqliteStore(path, create=create)
        with pytest.raises(kind) as raised, operation(store) as tx:
            everything(tx)
        store.close()
        assert raised.value.exit_code == 8
        assert str(path) in raised.value.message
        assert "restore" in (raised.value.hint or "")
    assert beside(path) == before
    return raised.value


def foreign_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()


NOT_PORTALS: dict[str, Callable[[Path], object]] = {
    "zero bytes": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(b"S"),
    "random bytes": lambda path: path.write_bytes(random.Random(7).randbytes(20_000)),  # noqa: S311  no secret
    "text": lambda path: path.write_text("name,email\nAnna,anna@example.com\n" * 500),
    "another program's database": foreign_database,
}


@pytest.mark.parametrize("place", NOT_PORTALS.values(), ids=NOT_PORTALS.keys())
def test_what_is_no_portal_is_refused_and_kept(tmp_path: Path, place: Callable[[Path], object]) -> None:
    path = tmp_path / "portal.db"
    place(path)
    path.chmod(0o600)
    assert_refused(path, errors.PortalNotAPortal)


@pytest.mark.parametrize("place", [name for name in NOT_PORTALS if name != "zero bytes"])
def test_setting_up_a_practice_does_not_take_a_file_that_is_something_else(tmp_path: Path, place: str) -> None:
    path = tmp_path / "portal.db"
    NOT_PORTALS[place](path)
    path.chmod(0o600)
    assert_refused(path, errors.PortalNotAPortal, create=True)


def test_a_folder_in_the_place_of_a_portal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.PortalNotAPortal):
        name_of(SqliteStore(tmp_path))


def test_no_file_is_a_missing_portal(tmp_path: Path) -> None:
    """Reading makes none, not even for those who may make one."""
    path = tmp_path / "folder" / "portal.db"
    for create in (False, True):
        with pytest.raises(errors.PortalMissing, match="no portal at"):
            name_of(SqliteStore(path, create=create))
    assert not path.parent.exists()


@pytest.mark.parametrize("length", [16, 99, 100, 1000, 4096, 4097, 20_000, -4096, -1])
def test_a_file_that_was_cut_short_is_refused_and_kept(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    assert_refused(path, errors.PortalCorrupt)


def test_pages_overwritten_with_noise_are_refused_and_kept(path: Path) -> None:
    content, noise = bytearray(path.read_bytes()), random.Random(11)  # noqa: S311  no secret
    for page in range(1, len(content) // 4096):
        content[page * 4096 : (page + 1) * 4096] = noise.randbytes(4096)
    path.write_bytes(content)
    assert_refused(path, errors.PortalCorrupt)


def test_a_flipped_bit_in_any_page_gives_a_right_answer_or_a_refusal(path: Path, whole: Path) -> None:
    """Never another error, whatever the bit made of schema, index or value; and reading changes no byte.

    SQLite's pages have no checksums: a bit within a row, or within the place of one, may go unnoticed. One in the kind
    of a page or in its count of rows does not: else the zeros of an empty page would be rows.
    """
    content, chance = whole.read_bytes(), random.Random(13)  # noqa: S311  no secret
    right = answer_of(path)
    failures: list[errors.StorageFailure] = []
    for page in range(len(content) // PAGE):
        filled = any(content[page * PAGE + PAGE // 2 : (page + 1) * PAGE])
        for offset in (3, 0, 9, *(chance.randrange(PAGE) for _ in range(5))) if filled else (3,):
            flipped = bytearray(content)
            flipped[page * PAGE + offset] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            try:
                assert answer_of(path) == right or offset > 7
            except errors.StorageFailure as error:
                failures.append(error)
            assert path.read_bytes() == bytes(flipped)
    assert len(failures) > 100
    assert all(failure.exit_code == 8 for failure in failures)
    assert all("restore" in (failure.hint or "") for failure in failures if not isinstance(failure, errors.PortalNewer))


def test_a_damaged_name_in_the_schema_is_damage_not_a_bug(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE practice ", b"CREATE TABLE prbctice "))
    assert_refused(path, errors.PortalCorrupt)


def test_a_value_that_is_no_text_any_more_is_damage_not_a_bug(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Studio Rossi", b"Studio \xffossi"))
    assert_refused(path, errors.PortalCorrupt)


def test_a_mistake_of_ours_is_not_called_damage(path: Path) -> None:
    """An error that a whole file cannot explain rises as it is."""
    with pytest.raises(KeyError), SqliteStore(path).reading() as tx:
        tx.all("SELECT 1 AS one")[0]["two"]
    with pytest.raises(Exception, match="no such table: nowhere"), SqliteStore(path).reading() as tx:
        tx.all("SELECT * FROM nowhere")


def test_a_log_that_was_deleted_is_missed(path: Path) -> None:
    """The rows that a killed process had written are gone with it: that is said, not passed over."""
    leave_log(path)
    Path(f"{path}-wal").unlink()
    error = assert_refused(path, errors.PortalCorrupt)
    assert "-wal" in error.message
    assert "-shm" in (error.hint or "")


def test_a_log_of_another_portal_is_refused_and_both_are_kept(path: Path, tmp_path: Path) -> None:
    """Even though SQLite would take it: a log does not say which file it belongs to."""
    other = make(tmp_path / "other" / "portal.db", name="Praxis Weber", rows=5)
    leave_log(other)
    shutil.copy(f"{other}-wal", f"{path}-wal")
    assert_refused(path, errors.PortalCorrupt)


def test_a_log_of_another_portal_in_the_place_of_ones_own_is_refused(path: Path, tmp_path: Path) -> None:
    """The index that the killed process left knows another log."""
    other = make(tmp_path / "other" / "portal.db", name="Praxis Weber", rows=5)
    leave_log(other)
    leave_log(path)
    shutil.copy(f"{other}-wal", f"{path}-wal")
    assert_refused(path, errors.PortalCorrupt)


def test_what_a_killed_process_had_written_is_read_from_its_log(path: Path) -> None:
    leave_log(path, 20)
    assert count(path) == ROWS + 20


def test_a_copy_of_file_and_log_without_the_index_is_whole(path: Path, tmp_path: Path) -> None:
    """So it is after a power cut, or copied by hand: looked through once, then used."""
    leave_log(path, 20)
    copy = tmp_path / "copy" / "portal.db"
    copy.parent.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", f"{copy}{ending}")
    assert count(copy) == ROWS + 20
    assert [file.name for file in copy.parent.iterdir()] == ["portal.db"]


def test_a_killed_set_up_is_begun_again(tmp_path: Path) -> None:
    """Whether it had made an empty file, or a portal without a schema."""
    for step in ("empty", "marked"):
        path = tmp_path / step
        path.touch(0o600)
        if step == "marked":
            with sqlite3.connect(path) as connection:
                connection.execute(f"PRAGMA application_id = {0x706F7274}")
            connection.close()
        assert_refused(path, errors.StorageFailure)
        assert count(make(path, rows=1)) == 1


def test_setting_up_does_not_bury_the_log_of_a_portal_whose_file_is_gone(path: Path) -> None:
    """SQLite would delete the log beside an empty file; it may be all that is left."""
    leave_log(path)
    path.unlink()
    log = Path(f"{path}-wal").read_bytes()
    with pytest.raises(errors.PortalCorrupt):
        append(SqliteStore(path, create=True))
    assert Path(f"{path}-wal").read_bytes() == log
