"""The portal's schema in PostgreSQL: the same as SQLite's, one for each practice, and it moves forward only."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest
from psycopg import sql

from portalctl import errors
from portalctl.models.appointments import ListAppointments
from portalctl.storage import migrations
from portalctl.storage.engine import Store
from portalctl.storage.migrations import SCHEMA
from portalctl.storage.stores import open_store
from tests.postgres import PostgresServer, fresh_schema
from tests.storage.on_postgres import CLIENTS, NINE, all_at_once, count, insert, made, seen_by

ENGINES_OWN = {("appointments", "practitioner_no"), ("appointments", "client_no"), ("staff", "no"), ("clients", "no")}
"""What only PostgreSQL needs: the numbers under which its last guard lays people's time side by side."""


def write(store: Store) -> None:
    with store.writing():
        pass


def check(store: Store) -> None:
    store.check()


def names(url: str, kind: str = "BASE TABLE") -> list[str]:
    """The tables of the URL's schema."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = (SELECT split_part(current_setting('search_path'), ',', 1)) AND table_type = %s",
            [kind],
        )
        return sorted(row[0] for row in rows)


@pytest.fixture
def schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of PostgreSQL's migrations, for the test to add to."""
    folder = tmp_path / "schema"
    shutil.copytree(migrations.SCHEMA, folder)
    monkeypatch.setattr(migrations, "SCHEMA", folder)
    return folder / "postgres"


@pytest.fixture
def other_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A second practice's schema in the same database."""
    with fresh_schema(postgres_server) as url:
        yield url


def sqlite_columns() -> dict[tuple[str, str], tuple[str, bool, str | None]]:
    memory = apsw.Connection(":memory:")
    for migration in migrations.migrations("sqlite"):
        memory.execute(migration.sql()).fetchall()
    found = memory.execute(
        'SELECT t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk FROM sqlite_schema t'
        " JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    )
    return {
        (table, column): (kind, bool(required or key), default) for table, column, kind, required, default, key in found
    }


def postgres_columns(url: str) -> dict[tuple[str, str], tuple[str, bool, str | None]]:
    kinds = {"bigint": "INTEGER", "text": "TEXT", "bytea": "BLOB"}
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
            " WHERE c.relkind = 'r' AND a.attnum > 0 AND c.relnamespace = current_schema()::regnamespace"
        ).fetchall()
    return {
        (table, column): (kinds[kind], required, re.sub(r"'(-\d+)'|::[a-z]+", r"\1", default) if default else None)
        for table, column, kind, required, default in found
    }


def test_both_engines_keep_the_same_columns(postgres_url: str) -> None:
    """Same tables, columns, kinds, what may be missing, and what stands in where nothing is said."""
    made(postgres_url).close()
    ours = postgres_columns(postgres_url)
    assert {key: column for key, column in ours.items() if key not in ENGINES_OWN} == sqlite_columns()


def indexes_in(text: str) -> set[str]:
    """The indexes that a schema's files make, as they stand there."""
    return set(re.findall(r"CREATE (?:UNIQUE )?INDEX [^;]+;", text))


def rules_in(text: str) -> list[str]:
    """The keys, references and checks of a schema's files, without what the engines spell differently."""
    text = re.sub(r"CREATE (TRIGGER|FUNCTION).*?(END|people\(\));|\$\$;", "", text, flags=re.DOTALL)
    text = text.replace("CASE WHEN status IN ('booked', 'attended', 'no_show') THEN 1 ELSE 0 END", "HOLDS")
    text = text.replace("(status IN ('booked', 'attended', 'no_show'))", "HOLDS")
    found = re.findall(r"PRIMARY KEY(?: \([^)]*\))?|\bUNIQUE\b|REFERENCES \w+ \(\w+\)|CHECK [^\n]*", text)
    return [re.sub(r"\s+", " ", rule).rstrip(", ") for rule in found]


def test_both_engines_keep_the_same_rules() -> None:
    """Primary keys, uniqueness, references, checks and indexes, partial ones included."""
    sqlite, postgres = (
        [file.read_text() for file in sorted((SCHEMA / engine).glob("*.sql"))] for engine in ("sqlite", "postgres")
    )
    assert len(sqlite) == len(postgres)
    for theirs, ours in zip(sqlite, postgres, strict=True):
        assert indexes_in(ours) == indexes_in(theirs)
        own = {"UNIQUE", "CHECK (blocked_from >= 0 AND blocked_until <= 1::bigint << 36)"}
        lacking = rules_in(theirs)
        for rule in rules_in(ours):
            if rule in lacking:
                lacking.remove(rule)
            else:
                assert rule in own
        assert lacking == []


def test_text_is_compared_byte_by_byte_as_in_sqlite(postgres_url: str) -> None:
    """Whatever the database sorts by: ids and keys have one order."""
    made(postgres_url).close()
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(
            "SELECT c.relname, a.attname, l.collname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " JOIN pg_collation l ON l.oid = a.attcollation"
            " WHERE c.relkind = 'r' AND a.attnum > 0 AND c.relnamespace = current_schema()::regnamespace"
        ).fetchall()
    assert len(found) > 50
    assert {collation for _, _, collation in found} == {"C"}


def test_a_missing_schema_is_made_only_by_who_may_make_it(postgres_url: str) -> None:
    for work in (write, check):
        store = open_store(postgres_url)
        with pytest.raises(errors.PortalMissing, match="no portal"):
            work(store)
        store.close()
    assert names(postgres_url) == []
    store = open_store(postgres_url, create=True)
    with pytest.raises(errors.PortalMissing), store.reading():
        pass
    write(store)
    store.check()
    store.close()
    assert "appointments" in names(postgres_url)


def test_servers_that_start_at_once_make_one_portal(postgres_url: str) -> None:
    stores = [open_store(postgres_url, create=True) for _ in range(6)]
    assert all_at_once([partial(write, store) for store in stores]) == ["done"] * 6
    assert count(stores[0], "schema_migrations") == len(migrations.migrations("postgres"))
    for store in stores:
        store.close()


def test_a_portal_of_a_newer_program_is_refused_untouched(postgres_url: str) -> None:
    store = made(postgres_url)
    with store.writing() as tx:
        tx.run("INSERT INTO schema_migrations (number, name, checksum) VALUES (999, 'later', '-')")
    store.close()
    for work in (write, check):
        store = open_store(postgres_url, create=True)
        with pytest.raises(errors.PortalNewer, match="newer portalctl"):
            work(store)
        store.close()


def test_an_older_portal_is_brought_up_to_date_only_by_who_may_make_one(postgres_url: str, schema: Path) -> None:
    """Other servers may still use it: whoever only looks leaves it as it is."""
    made(postgres_url).close()
    (schema / "0099_more.sql").write_text("CREATE TABLE more (id BIGINT);")
    for store, work in ((open_store(postgres_url), write), (open_store(postgres_url, create=True), check)):
        with pytest.raises(errors.StorageFailure, match="older portalctl"):
            work(store)
        with pytest.raises(errors.StorageFailure, match="older portalctl"), store.reading():
            pass
        store.close()
    assert "more" not in names(postgres_url)
    store = open_store(postgres_url, create=True)
    with store.writing() as tx:
        assert tx.all("SELECT * FROM more") == []
    store.check()
    store.close()


def test_a_migration_that_fails_midway_leaves_nothing_of_it(postgres_url: str, schema: Path) -> None:
    (schema / "0098_more.sql").write_text("CREATE TABLE more (id BIGINT);")
    (schema / "0099_broken.sql").write_text("CREATE TABLE most (id BIGINT); CREATE TABLE more (id BIGINT);")
    store = open_store(postgres_url, create=True)
    with pytest.raises(psycopg.errors.DuplicateTable):
        write(store)
    store.close()
    assert names(postgres_url) == []


def test_a_portal_with_another_history_than_ours_is_not_migrated(postgres_url: str, schema: Path) -> None:
    made(postgres_url).close()
    with (schema / "0001_portal.sql").open("a") as file:
        file.write("\n-- edited\n")
    (schema / "0099_more.sql").write_text("CREATE TABLE more (id BIGINT);")
    store = open_store(postgres_url, create=True)
    with pytest.raises(errors.PortalCorrupt, match="no portalctl made"):
        write(store)
    store.close()
    assert "more" not in names(postgres_url)


@pytest.mark.parametrize("table", ["invoices (id BIGINT)", "schema_migrations (version TEXT)"])
def test_a_schema_that_holds_something_else_is_left_alone(
    postgres_url: str, postgres_server: PostgresServer, table: str
) -> None:
    name = postgres_url.rpartition("%3D")[2]
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        connection.execute(f"CREATE TABLE {name}.{table}")
    store = open_store(postgres_url, create=True)
    with pytest.raises(errors.PortalNotAPortal):
        write(store)
    store.close()
    assert names(postgres_url) == [table.partition(" ")[0]]


def test_two_practices_in_one_database_never_see_each_other(postgres_url: str, other_url: str) -> None:
    """The same ids, the same slot, the same token: each practice has its own."""
    one, other = made(postgres_url), made(other_url)
    insert(one, "apt_000000000001")
    assert (count(one, "appointments"), count(other, "appointments")) == (1, 0)
    insert(other, "apt_000000000001")
    with one.writing() as tx:
        tx.run("DELETE FROM sessions")
    assert seen_by(other, CLIENTS[0]).appointments.list(ListAppointments()).items[0].starts_at.timestamp() == NINE
    with pytest.raises(errors.SignInNeeded):
        seen_by(one, CLIENTS[0]).appointments.list(ListAppointments())
    one.close()
    other.close()


def test_two_practices_in_one_database_never_wait_for_each_other(postgres_url: str, other_url: str) -> None:
    one, other = made(postgres_url), made(other_url)
    with one.writing() as held, other.writing() as tx:
        held.hold("practice")
        assert tx.try_hold("practice")
        with one.writing() as third:
            assert not third.try_hold("practice")
    one.close()
    other.close()


def test_a_schema_that_is_not_there_yet_is_not_looked_for_in_those_behind_it(postgres_url: str, other_url: str) -> None:
    """`search_path=a,b` is practice a, also before it is made."""
    made(other_url).close()
    store = open_store(f"{postgres_url}%2C{other_url.rpartition('%3D')[2]}")
    with pytest.raises(errors.PortalMissing):
        write(store)
    store.close()


def test_a_practice_may_have_any_name_of_a_schema(postgres_server: PostgresServer) -> None:
    """Quoted as PostgreSQL wants it, spaces and capitals included."""
    name = "Studio Rossi & Töchter"
    url = f"{postgres_server.url}&options=-csearch_path%3D%22Studio%5C%20Rossi%5C%20%26%5C%20T%C3%B6chter%22"
    try:
        made(url).close()
        assert "appointments" in {row[0] for row in tables_of(postgres_server, name)}
    finally:
        with psycopg.connect(postgres_server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def tables_of(server: PostgresServer, schema: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.url) as connection:
        return connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()


def test_both_engines_have_the_same_migrations() -> None:
    def known(engine: str) -> list[tuple[int, str]]:
        return [(each.number, each.name) for each in migrations.migrations(engine)]

    assert known("postgres") == known("sqlite")
