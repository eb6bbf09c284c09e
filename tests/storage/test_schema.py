"""The schema moves forward only, in one step, and what a portal keeps is not limited by the year."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from portalctl import errors
from portalctl.storage import migrations, practice
from portalctl.storage.sqlite import SqliteStore
from tests.storage.portals import Program, append, beside, count, leave_log, make, name_of

SHIPPED = migrations.migrations("sqlite")[-1].number
"""The schema that a portal of this program has."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make(tmp_path / "portal.db", rows=1)


@pytest.fixture
def schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of SQLite migrations, for the test to add to."""
    folder = tmp_path / "schema"
    shutil.copytree(migrations.SCHEMA, folder)
    monkeypatch.setattr(migrations, "SCHEMA", folder)
    return folder / "sqlite"


def add(schema: Path, step: int, sql: str) -> None:
    """Put a migration so many steps behind those that are shipped."""
    (schema / f"{SHIPPED + step:04}_more.sql").write_text(sql)


def version_of(path: Path) -> int:
    connection = apsw.Connection(str(path))
    version = connection.pragma("user_version")
    connection.close()
    assert isinstance(version, int)
    return version


def raise_version(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", version_of(path) + 1)
    connection.close()


def test_a_portal_of_a_newer_program_is_refused_untouched(path: Path) -> None:
    raise_version(path)
    before = beside(path)
    for work in (name_of, append):
        store = SqliteStore(path)
        with pytest.raises(errors.PortalNewer, match="newer portalctl") as raised:
            work(store)
        store.close()
        assert raised.value.exit_code == 8
    assert beside(path) == before


def test_a_newer_schema_that_is_still_in_the_log_is_refused_untouched(path: Path) -> None:
    """The program that wrote it was killed before it reached the file."""
    leave_log(path)
    keep = apsw.Connection(str(path))
    keep.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    keep.pragma("user_version", 99)
    keep.close()
    files = {ending: Path(f"{path}{ending}").read_bytes() for ending in ("", "-wal")}
    store = SqliteStore(path)
    with pytest.raises(errors.PortalNewer):
        name_of(store)
    store.close()
    assert {ending: Path(f"{path}{ending}").read_bytes() for ending in ("", "-wal")} == files


def test_a_migration_is_applied_to_an_older_portal_once(path: Path, schema: Path) -> None:
    """By whichever comes first; what the portal holds stays."""
    add(schema, 1, "CREATE TABLE more (id TEXT PRIMARY KEY) STRICT;")
    first, second = SqliteStore(path), SqliteStore(path)
    assert name_of(first) == name_of(second) == "Studio Rossi"
    with first.reading() as tx:
        *_, last = tx.all("SELECT number, name FROM schema_migrations ORDER BY number")
        assert last == {"number": SHIPPED + 1, "name": "more"}
        assert tx.all("SELECT * FROM more") == []
    first.close()
    second.close()
    assert version_of(path) == SHIPPED + 1


def test_a_migration_that_fails_midway_leaves_nothing_of_it(path: Path, schema: Path) -> None:
    """Nor of those before it that were due at the same time."""
    add(schema, 1, "CREATE TABLE more (id TEXT) STRICT;")
    add(schema, 2, "CREATE TABLE most (id TEXT) STRICT; CREATE TABLE more (id TEXT) STRICT;")
    before = path.read_bytes()
    store = SqliteStore(path)
    with pytest.raises(apsw.SQLError, match="already exists"):
        name_of(store)
    store.close()
    assert path.read_bytes() == before


def test_a_portal_with_another_history_than_ours_is_not_migrated(path: Path, schema: Path) -> None:
    """Its schema was made by a file that differs from the shipped one: nobody knows what the next step would do."""
    with (schema / "0001_portal.sql").open("a") as file:
        file.write("\n-- edited\n")
    add(schema, 1, "CREATE TABLE more (id TEXT) STRICT;")
    with pytest.raises(errors.PortalCorrupt, match="schema"):
        name_of(SqliteStore(path))
    assert version_of(path) == SHIPPED


def test_an_older_portal_that_cannot_be_written_is_not_read_by_guessing(path: Path, schema: Path) -> None:
    add(schema, 1, "CREATE TABLE more (id TEXT) STRICT;")
    path.parent.chmod(0o500)
    code = """
from portalctl.storage import migrations
migrations.SCHEMA = Path(sys.argv[2])
try:
    with SqliteStore(Path(sys.argv[1])).reading():
        pass
except errors.PortalReadOnly as error:
    print(error.exit_code)
"""
    with Program(code, path, schema.parent, obeys_modes=True) as program:
        assert program.output() == "8\n"
    path.parent.chmod(0o700)


SETS_UP = """
print("ready", flush=True)
sys.stdin.readline()
append(SqliteStore(Path(sys.argv[1]), create=True))
"""


def test_processes_that_make_the_same_portal_at_once_make_one(tmp_path: Path) -> None:
    """Each finds it made by another or makes it; none fails."""
    path = tmp_path / "portal.db"
    programs = [Program(SETS_UP, path) for _ in range(4)]
    for program in programs:
        assert program.line() == "ready"
    for program in programs:
        assert program.process.stdin is not None
        program.process.stdin.write("\n")
        program.process.stdin.flush()
    for program in programs:
        program.output()
    assert count(path) == 4


@pytest.mark.parametrize("year", [1969, 2037, 2038, 2039, 2107, 2500])
def test_an_instant_of_any_year_is_kept_to_the_second(path: Path, year: int) -> None:
    """Also behind 2038-01-19T03:14:07Z, where 32 bits end."""
    instant = datetime(year, 1, 19, 3, 14, 8, tzinfo=UTC)
    store = SqliteStore(path)
    with store.writing() as tx:
        tx.run("UPDATE practice SET created_at = :at", at=int(instant.timestamp()))
    with store.reading() as tx:
        found = practice.get(tx)
    store.close()
    assert found is not None
    assert found.created_at == instant
