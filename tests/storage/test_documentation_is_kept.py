"""What stood in clients' documentation before its table was laid out anew stands there after, on both engines."""

from __future__ import annotations

import apsw
import psycopg
import pytest

from portalctl.storage.migrations import migrations

LAID_ANEW = 16

FILL = (
    "INSERT INTO clients (id, name, email, created_at) VALUES ('cli_1', 'A', 'a@example.com', 1)",
    "INSERT INTO documents (id, kind, owner, title, name, media_type, state, author_id, author, created_at, updated_at)"
    " VALUES ('doc_1', 'note', 'practice', 'T', 't.md', 'text/markdown', 'completed', 'stf_1', 'R', 1, 1),"
    " ('doc_2', 'note', 'practice', 'T', 't.md', 'text/markdown', 'completed', 'stf_1', 'R', 1, 1)",
    "INSERT INTO documentation (client_id, document_id, kind, from_client, added_at, added_by, seen_at, hidden_at,"
    " removed_at) VALUES ('cli_1', 'doc_2', 'note', 0, 5, 'stf_1', 6, NULL, 8),"
    " ('cli_1', 'doc_1', 'note', 1, 4, 'stf_2', NULL, 7, NULL)",
)
KEPT = [
    ("cli_1", "doc_1", "note", 1, None, 4, "stf_2", None, 7, None),
    ("cli_1", "doc_2", "note", 0, None, 5, "stf_1", 6, None, 8),
]
READ = (
    "SELECT client_id, document_id, kind, from_client, appointment_id, added_at, added_by, seen_at, hidden_at,"
    " removed_at FROM documentation ORDER BY document_id"
)
STRANGER = "INSERT INTO documentation (client_id, document_id, kind, from_client, added_at, added_by)"


def test_in_a_portal_file() -> None:
    memory = apsw.Connection(":memory:")
    memory.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    for migration in migrations("sqlite"):
        if migration.number == LAID_ANEW:
            for sql in FILL:
                memory.execute(sql)
        memory.execute("BEGIN")
        memory.execute(migration.sql())
        memory.execute("COMMIT")
    assert memory.execute(READ).fetchall() == KEPT
    for values in ("('cli_1', 'doc_3', 'note', 0, 1, 'stf_1')", "('cli_1', 'doc_1', 'note', 0, 1, 'stf_1')"):
        with pytest.raises(apsw.ConstraintError):
            memory.execute(f"{STRANGER} VALUES {values}")
    memory.close()


def test_in_a_database(postgres_url: str) -> None:
    schema = postgres_url.rpartition("%3D")[2]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
        for migration in migrations("postgres"):
            if migration.number == LAID_ANEW:
                for sql in FILL:
                    connection.execute(sql.encode())
            connection.execute(migration.sql().encode())
        assert connection.execute(READ.encode()).fetchall() == KEPT
        for values in ("('cli_1', 'doc_3', 'note', 0, 1, 'stf_1')", "('cli_1', 'doc_1', 'note', 0, 1, 'stf_1')"):
            with pytest.raises(psycopg.errors.IntegrityError):
                connection.execute(f"{STRANGER} VALUES {values}".encode())
