"""What goes wrong with PostgreSQL is said in one clear line; what was not certainly committed is never called done."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import quote

import psycopg
import pytest

from portalctl import errors
from portalctl.storage.engine import Store
from portalctl.storage.postgres_failures import as_failure
from portalctl.storage.stores import open_store
from tests.postgres import PostgresServer, running_postgres
from tests.storage.on_postgres import count, insert, made, rename, wait_until


@pytest.fixture(scope="module")
def killable() -> Iterator[PostgresServer]:
    """A server that tests may kill: nobody else uses it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = made(postgres_url)
    yield store
    store.close()


def test_a_server_that_was_killed_is_used_again_when_it_is_back(killable: PostgresServer) -> None:
    """No connection from before is trusted, and nothing has to be restarted; what was committed is there."""
    store = made(killable.schema_url("back_again"), connections=4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: insert(store, f"apt_00000000000{number}", 10**9 * (number + 1)), range(4)))
    for _ in range(2):
        killable.kill()
        with pytest.raises(errors.Retryable, match=r"cannot be reached|was lost"):
            rename(store)
        killable.start()
        store.check()
        assert count(store, "appointments") == 4
        rename(store)
    store.close()


def test_a_server_that_is_killed_during_a_change_has_made_none_of_it(killable: PostgresServer) -> None:
    store = made(killable.schema_url("midway"))

    def change() -> None:
        with store.writing() as tx:
            tx.run("UPDATE practice SET name = 'Half'")
            killable.kill()
            tx.run("UPDATE practice SET email = 'half@example.com'")

    with pytest.raises(errors.Retryable, match="was lost"):
        change()
    killable.start()
    with store.reading() as tx:
        assert tx.all("SELECT name FROM practice") == [{"name": "Studio Rossi"}]
    store.close()


def test_a_reading_that_has_all_its_rows_needs_no_server_to_end(killable: PostgresServer) -> None:
    store = made(killable.schema_url("ending"))
    with store.reading() as tx:
        found = tx.all("SELECT name FROM practice")
        killable.kill()
    assert found == [{"name": "Studio Rossi"}]
    killable.start()
    store.close()


SLOW_COMMIT = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('lingering', ''); PERFORM pg_sleep(60); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER linger AFTER UPDATE ON practice DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION linger();
"""


def test_a_change_whose_commit_was_not_confirmed_is_never_called_done(postgres_url: str) -> None:
    """The connection ends while COMMIT is under way: the change may be there or not, and that is what is said."""
    store = made(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as other, ThreadPoolExecutor(1) as pool:
        other.execute(SLOW_COMMIT)
        renaming = pool.submit(rename, store)
        ends = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep'"
        )
        wait_until(lambda: other.execute(ends).fetchall())
        with pytest.raises(errors.Retryable, match="while it confirmed") as raised:
            renaming.result()
    assert "same idempotency key" in (raised.value.hint or "")
    store.close()


def test_going_on_after_a_step_that_failed_is_not_called_done(store: Store) -> None:
    """PostgreSQL answers such a COMMIT with a rollback."""
    with pytest.raises(errors.Bug), store.writing() as tx, suppress(psycopg.Error):
        tx.run("UPDATE practice SET created_at = NULL")
    assert count(store, "practice") == 1


def test_what_another_change_holds_for_too_long_is_waited_for_no_longer(postgres_url: str) -> None:
    made(postgres_url).close()
    store = open_store(postgres_url + quote(" -clock_timeout=50"))
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE practice SET name = 'Held'")
        with pytest.raises(errors.Retryable, match="busy: another change held") as raised:
            rename(store)
    assert raised.value.exit_code == 7
    rename(store)
    store.close()


def test_a_statement_that_takes_too_long_is_ended(postgres_url: str) -> None:
    made(postgres_url).close()
    store = open_store(postgres_url + quote(" -cstatement_timeout=50"))
    with pytest.raises(errors.Retryable, match="took too long"), store.reading() as tx:
        tx.all("SELECT pg_sleep(60)")
    store.check()
    store.close()


def test_changes_that_wait_for_each_other_end_with_one_of_them(store: Store, postgres_url: str) -> None:
    """Ours never do; a person at the database's own prompt may."""
    waits = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
    with psycopg.connect(postgres_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute("SET deadlock_timeout = '60s'")
        other.execute("UPDATE staff SET name = 'Held'")

        def change() -> None:
            with store.writing() as tx:
                tx.run("SET LOCAL deadlock_timeout = '10ms'")
                tx.run("UPDATE practice SET name = 'Ours'")
                waiting.append(pool.submit(other.execute, "UPDATE practice SET name = 'Theirs'"))
                with psycopg.connect(postgres_url, autocommit=True) as third:
                    wait_until(lambda: third.execute(waits, [other.info.backend_pid]).fetchall())
                tx.run("UPDATE staff SET name = 'Ours'")

        waiting: list[Future[object]] = []
        with pytest.raises(errors.Retryable, match="waited for each other"):
            change()
        waiting[0].result()


def test_when_the_server_has_no_connection_left_it_is_busy(postgres_url: str, postgres_server: PostgresServer) -> None:
    made(postgres_url).close()
    with psycopg.connect(postgres_server.url, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS lonely")
        owner.execute("CREATE ROLE lonely LOGIN CONNECTION LIMIT 0")
        store = open_store(postgres_url.replace("postgres@", "lonely@"))
        with pytest.raises(errors.Retryable, match="too many connections"):
            store.check()
        owner.execute("DROP ROLE lonely")


def test_rights_that_lack_are_named(postgres_url: str, postgres_server: PostgresServer) -> None:
    made(postgres_url).close()
    schema = postgres_url.rpartition("%3D")[2]
    with psycopg.connect(postgres_server.url, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS reader")
        owner.execute("CREATE ROLE reader LOGIN")
        owner.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader")
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")
        store = open_store(postgres_url.replace("postgres@", "reader@"))
        store.check()
        with pytest.raises(errors.StorageFailure, match="permission denied"):
            rename(store)
        store.close()
        owner.execute("DROP OWNED BY reader")
        owner.execute("DROP ROLE reader")


def test_a_standby_takes_no_changes(postgres_url: str) -> None:
    made(postgres_url).close()
    store = open_store(postgres_url)
    with pytest.raises(errors.PortalReadOnly), store.reading() as tx:
        tx.run("UPDATE practice SET name = 'No'")
    store.close()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (psycopg.errors.DiskFull, errors.DiskFull),
        (psycopg.errors.DataCorrupted, errors.PortalCorrupt),
        (psycopg.errors.IndexCorrupted, errors.PortalCorrupt),
        (psycopg.errors.SerializationFailure, errors.Retryable),
        (psycopg.errors.DeadlockDetected, errors.Retryable),
        (psycopg.errors.TooManyConnections, errors.Retryable),
        (psycopg.errors.AdminShutdown, errors.Retryable),
        (psycopg.errors.CrashShutdown, errors.Retryable),
        (psycopg.errors.CannotConnectNow, errors.Retryable),
        (psycopg.errors.UndefinedTable, errors.PortalMissing),
        (psycopg.OperationalError, errors.Retryable),
    ],
)
def test_each_trouble_of_the_server_has_a_name_of_ours(
    error: type[psycopg.Error], failure: type[errors.PortalError]
) -> None:
    told = as_failure(error("…"), "the database")
    assert type(told) is failure
    assert told.exit_code in (7, 8)


def test_a_mistake_of_ours_is_not_dressed_up() -> None:
    assert as_failure(psycopg.errors.SyntaxError("…"), "the database") is None
    assert as_failure(psycopg.errors.UniqueViolation("…"), "the database") is None
