"""How a portal reaches PostgreSQL: by a URL without a password, over few connections, with few statements."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portalctl import errors
from portalctl.models.appointments import ListAppointments
from portalctl.storage.engine import Store
from portalctl.storage.stores import open_store
from tests.postgres import PostgresServer
from tests.storage.on_postgres import CLIENTS, count, insert, made, rename, seen_by, wait_until

SECRET = "never-shown-4711"


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = made(postgres_url)
    yield store
    store.close()


def test_limits_hold_where_nobody_set_any(store: Store) -> None:
    with store.reading() as tx:
        (row,) = tx.all(
            "SELECT current_setting('lock_timeout') AS locks, current_setting('statement_timeout') AS statements,"
            " current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('timezone') AS zone,"
            " current_setting('application_name') AS name, current_setting('search_path') AS path"
        )
    assert (row["locks"], row["statements"], row["idle"]) == ("5s", "20s", "1min")
    assert (row["zone"], row["name"]) == ("UTC", "portalctl")
    assert row["path"].endswith(", pg_temp")


def test_no_more_connections_are_used_than_allowed_and_waiting_ends(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalctl.storage.postgres_connections.PATIENCE", 0.01)
    store = made(postgres_url, connections=1)
    with store.reading(), pytest.raises(errors.Retryable, match="in use"), store.reading():
        pass
    store.check()
    store.close()


def test_a_schema_changed_under_a_running_server_costs_one_failure_at_most(postgres_url: str) -> None:
    store = made(postgres_url)
    for _ in range(2):
        assert count(store, "staff") == 2
        with store.reading() as tx:
            tx.all("SELECT * FROM staff")
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE staff ADD COLUMN more BIGINT")
    with pytest.raises(errors.Retryable, match="changed meanwhile"), store.reading() as tx:
        tx.all("SELECT * FROM staff")
    with store.reading() as tx:
        assert "more" in tx.all("SELECT * FROM staff")[0]
    store.close()


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://rossi:{SECRET}@127.0.0.1/portal",
        f"postgresql://127.0.0.1/portal?user=rossi&password={SECRET}",
        f"postgresql://127.0.0.1/portal?sslpassword={SECRET}",
        f"postgres://rossi:{SECRET}@127.0.0.1:bad port/portal",
        f"postgresql://rossi:{SECRET}%zz@127.0.0.1/portal",
        f"postgres:rossi:{SECRET}",
    ],
)
def test_a_password_in_a_url_is_refused_and_never_shown(url: str) -> None:
    with pytest.raises(errors.InvalidInput) as raised:
        open_store(url)
    said = f"{raised.value} {raised.value.hint} {raised.value.__cause__} {raised.value.__suppress_context__}"
    assert SECRET not in said
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_store_that_was_closed_keeps_no_connection(postgres_url: str) -> None:
    """Not even one that was in use then; the next transaction connects again."""
    made(postgres_url).close()
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    named = open_store(f"{postgres_url}&application_name=closing")
    with named.reading() as tx, named.reading():
        named.close()
        assert tx.all("SELECT name FROM practice") == [{"name": "Studio Rossi"}]
    with psycopg.connect(postgres_url, autocommit=True) as other:
        wait_until(lambda: other.execute(mine, ["closing"]).fetchone() == (0,))
        named.check()
        assert other.execute(mine, ["closing"]).fetchone() == (1,)
    named.close()


@pytest.mark.parametrize("url", ["mysql://host/portal", "portal.db", ""])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(errors.InvalidInput, match="URL"):
        open_store(url)


@pytest.fixture
def guarded_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a role whose password the server wants to know; it asks nobody else for one."""
    rules = postgres_server.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    with psycopg.connect(postgres_server.url, autocommit=True) as owner:
        owner.execute("CREATE ROLE rossi LOGIN PASSWORD 'walnut harbour'")
        owner.execute("CREATE SCHEMA AUTHORIZATION rossi")
        rules.write_text(f"local all rossi scram-sha-256\n{before}")
        owner.execute("SELECT pg_reload_conf()")
        yield postgres_server.url.replace("postgres@", "rossi@")
        rules.write_text(before)
        owner.execute("SELECT pg_reload_conf()")
        owner.execute("DROP SCHEMA rossi CASCADE")
        owner.execute("DROP ROLE rossi")


def test_a_password_comes_from_the_environment_or_from_a_password_file(
    guarded_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every program of PostgreSQL takes it; without one, or with a wrong one, it is said what lacks."""
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    with pytest.raises(errors.StorageFailure, match="does not let us in") as raised:
        open_store(guarded_url, create=True).check()
    assert "PGPASSWORD" in (raised.value.hint or "")
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with pytest.raises(errors.StorageFailure, match="does not let us in") as raised:
        open_store(guarded_url, create=True).check()
    assert SECRET not in f"{raised.value} {raised.value.hint} {raised.value.__cause__}"
    monkeypatch.setenv("PGPASSWORD", "walnut harbour")
    store = made(guarded_url)
    store.close()
    monkeypatch.delenv("PGPASSWORD")
    passfile = tmp_path / "passwords"
    passfile.write_text("*:*:*:rossi:walnut harbour\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    store.check()
    assert count(store, "clients") == 4
    store.close()


def test_a_database_that_does_not_exist_is_missing(postgres_server: PostgresServer) -> None:
    with pytest.raises(errors.PortalMissing, match="does not exist"):
        open_store(postgres_server.url.replace("/postgres?", "/nowhere?"), create=True).check()


def test_a_server_that_is_not_there_may_be_tried_again_later() -> None:
    for host in ("127.0.0.1:1", "%2Fnowhere"):
        with pytest.raises(errors.Retryable, match="cannot be reached") as raised:
            open_store(f"postgresql://rossi@{host}/portal").check()
        assert (raised.value.exit_code, raised.value.status) == (7, 503)
        assert "\n" not in raised.value.message


def test_text_that_cannot_be_kept_is_refused_before_it_becomes_another_text(store: Store) -> None:
    """The protocol ends a text at its first NUL."""
    for text in ("Studio\0Rossi", "half \ud800"):
        with pytest.raises(errors.InvalidInput):
            rename(store, text)
    with pytest.raises(errors.InvalidInput), store.reading() as tx:
        tx.all("SELECT id FROM staff WHERE created_at = :at", at=2**63)


def test_a_forked_child_uses_connections_of_its_own(postgres_url: str) -> None:
    """Two processes on one connection would read each other's answers."""
    store = made(postgres_url)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            rename(store, "By the child")
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    with store.reading() as tx:
        assert tx.all("SELECT name FROM practice") == [{"name": "By the child"}]
    store.close()


def test_a_signed_in_read_is_two_statements(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside BEGIN and COMMIT: who calls, and what they asked for."""
    from portalctl.storage.postgres_connections import PostgresConnection

    insert(store, "apt_000000000001")
    client = seen_by(store, CLIENTS[0])
    client.appointments.list(ListAppointments())
    seen: list[str] = []
    rows, command = PostgresConnection.rows, PostgresConnection.command

    def counted_rows(self: PostgresConnection, sql: str, parameters: dict[str, object]) -> list[dict[str, object]]:
        seen.append("SELECT")
        return rows(self, sql, parameters)

    def counted_command(self: PostgresConnection, text: bytes) -> bytes:
        seen.append(text.decode().partition(" ")[0])
        return command(self, text)

    monkeypatch.setattr(PostgresConnection, "rows", counted_rows)
    monkeypatch.setattr(PostgresConnection, "command", counted_command)
    assert len(client.appointments.list(ListAppointments()).items) == 1
    assert seen == ["BEGIN", "SELECT", "SELECT", "COMMIT"]
