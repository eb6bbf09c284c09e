"""Whoever lists documents finds them by an index, however many the practice has, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from portalctl.storage import batches, bodies, clients, documents
from portalctl.storage.documents import Part, Sight
from portalctl.storage.engine import Store
from portalctl.storage.owners import PRACTICE
from tests.postgres import PostgresServer
from tests.storage.plans import OnPostgres, Question, filled_database, filled_file, plan_of

ANNA = "cli_1001"

FILL = (
    "INSERT INTO documents (id, kind, owner, title, name, media_type, bytes, sha256, state, author_id, author,"
    " created_at, updated_at)"
    " WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 8000)"
    " SELECT 'doc_' || (100000000000 + n), CASE n % 10 WHEN 0 THEN 'note' ELSE 'file' END,"
    " CASE n % 4 WHEN 0 THEN 'cli_' || (1000 + n % 40) ELSE 'practice' END, 'Title', 'a.txt', 'text/plain',"
    " CASE n % 10 WHEN 0 THEN NULL ELSE 5 END, CASE n % 10 WHEN 0 THEN NULL ELSE 'abc' || n END,"
    " CASE n % 10 WHEN 0 THEN 'draft' ELSE 'completed' END, 'stf_1', 'Dr Rossi', n, n FROM n",
    "INSERT INTO documentation (client_id, document_id, kind, from_client, added_at, added_by, seen_at)"
    " SELECT CASE WHEN owner <> 'practice' THEN owner ELSE 'cli_' || (1000 + created_at % 40) END, id, kind,"
    " CASE WHEN owner <> 'practice' THEN 1 ELSE 0 END, created_at, 'stf_1',"
    " CASE created_at % 7 WHEN 0 THEN NULL ELSE 1 END FROM documents",
    "INSERT INTO document_views (id, document_id, client_id, viewer_id, viewer, role, at)"
    " SELECT 'viw_' || id, id, NULL, 'stf_1', 'Dr Rossi', 'owner', created_at FROM documents",
)

STAFF, OWN = Sight(None, PRACTICE), Sight(ANNA, ANNA)
GIVEN = Sight(ANNA, ANNA, given_only=True)


def part(**which: Any) -> Part:
    """A part of a list."""
    return Part(**{"kind": None, "from_client": None, "new": False, "after": None, "limit": 21, **which})


def of_client(sight: Sight = OWN, appointment_id: str | None = None, **which: Any) -> Question:
    return lambda tx: documents.page_of_client(
        tx, ANNA, sight, part(**which), appointment_id=appointment_id, hidden=False
    )


def of_all(**which: Any) -> Question:
    return lambda tx: documents.page_of_all(tx, STAFF, part(**which))


QUESTIONS: dict[str, Question] = {
    "a client's": of_client(),
    "a client's behind a cursor": of_client(after=(5_000, "doc_1")),
    "a client's notes": of_client(kind="note"),
    "a client's new ones": of_client(new=True),
    "what a client made": of_client(from_client=True),
    "what a relative sees": of_client(GIVEN, from_client=False),
    "an appointment's": of_client(appointment_id="apt_1"),
    "all": of_all(),
    "all behind a cursor": of_all(after=(5_000, "doc_1")),
    "all notes": of_all(kind="note"),
    "all that clients made": of_all(from_client=True),
    "all that the practice made": of_all(from_client=False),
    "all that a client has not opened": of_all(new=True),
    "by the beginning of an id": lambda tx: documents.candidates(tx, "doc_10000000799", STAFF),
    "a client's by an id": lambda tx: documents.candidates(tx, "doc_100000007999", OWN),
    "whether one is deleted": lambda tx: documents.is_deleted(tx, "doc_100000007999", PRACTICE),
    "in whose documentation one stands": lambda tx: documents.readers(tx, "doc_100000007999"),
    "those of appointments": lambda tx: documents.of_appointments(tx, ANNA, ["apt_1", "apt_2"]),
    "forms that wait": lambda tx: documents.waiting_forms(tx, ANNA, limit=20),
    "what was given since": lambda tx: documents.given_since(tx, ANNA, 5_000, limit=20),
    "those with one of some bodies": lambda tx: batches.files_with(tx, PRACTICE, ["abc1", "abc2"]),
    "a client's with one of some bodies": lambda tx: batches.files_with(tx, ANNA, ["abc1", "abc2"], ANNA),
    "whether any has a body": lambda tx: bodies.every(tx, ("", ""), 10),
    "who opened one": lambda tx: documents.page_of_views(tx, "doc_100000007999", None, after=None, limit=21),
}
EVERY_QUESTION = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())


def filled(store: Store) -> None:
    """Many documents of many clients."""
    with store.writing() as tx:
        for number in range(40):
            clients.insert(
                tx, id=f"cli_{1000 + number}", name=f"Client {number}", email=f"{number}@example.net", created_at=1
            )
        for sql in FILL:
            tx.run(sql)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A portal file with many documents."""
    with filled_file(tmp_path_factory.mktemp("many"), filled) as store:
        yield store


@pytest.fixture(scope="module")
def on_postgres(postgres_server: PostgresServer) -> Iterator[OnPostgres]:
    """The same in PostgreSQL."""
    with filled_database(postgres_server, filled) as portal:
        yield portal


@EVERY_QUESTION
def test_no_question_reads_a_whole_table_of_a_portal_file(on_sqlite: Store, question: Question) -> None:
    """What is read through and sorted is a page that another step has found."""
    sql, plan = plan_of(on_sqlite, question)
    pages = [step.removeprefix("CO-ROUTINE ") for step in plan if step.startswith("CO-ROUTINE ")]
    read_through = [step.split()[1] for step in plan if step.startswith("SCAN") and "USING INDEX" not in step]
    assert sorted(read_through) == sorted(pages), plan
    if "r.added_at AS sort_at" in sql:
        assert not any("TEMP B-TREE" in step for step in plan), plan


@EVERY_QUESTION
def test_no_question_reads_a_whole_table_of_a_database(on_postgres: OnPostgres, question: Question) -> None:
    """By the plan that is made once for all parameters."""
    plan = on_postgres.plan(question)
    for table in ("documents", "documentation", "document_views"):
        assert f"Seq Scan on {table}" not in plan, plan
