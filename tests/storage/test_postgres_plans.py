"""Queries that everybody asks all day find their rows by an index, however many appointments there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
import pytest

from portalctl.storage import (
    appointments,
    assignments,
    audit,
    broadcasts,
    callers,
    clients,
    conversations,
    messages,
)
from portalctl.storage.conversations import Openness
from portalctl.storage.engine import Row, Store, Transaction
from portalctl.storage.postgres_text import numbered
from portalctl.storage.stores import open_store
from tests.postgres import PostgresServer, fresh_schema
from tests.storage.on_postgres import CLIENTS, HOUR, NINE, PRACTITIONERS, SERVICE, made

ROWS = 20_000

FILL = f"""
SET session_replication_role = replica;
ALTER TABLE appointments DROP CONSTRAINT slot_taken, DROP CONSTRAINT client_busy;
INSERT INTO clients (id, name, email, created_at)
SELECT 'cli_' || lpad(n::text, 12, '0'), 'Client ' || n, n || '@example.net', 1 FROM generate_series(5, 2000) n;
INSERT INTO appointments
    (id, client_id, practitioner_id, service_id, status, holds, starts_at, ends_at, blocked_from, blocked_until, place,
    cancellation_notice_minutes, reschedule_notice_minutes, reason_required, late_cancellation_recorded,
    created_at, updated_at, practitioner_no, client_no)
SELECT 'apt_' || lpad(n::text, 12, '0'), 'cli_' || lpad((1 + n * 7919 % 2000)::text, 12, '0'),
    CASE n % 2 WHEN 0 THEN '{PRACTITIONERS[0]}' ELSE '{PRACTITIONERS[1]}' END, '{SERVICE}',
    CASE n % 100 WHEN 0 THEN 'requested' ELSE 'booked' END, CASE n % 100 WHEN 0 THEN 0 ELSE 1 END,
    {NINE} + n / 2 * 1800, {NINE} + n / 2 * 1800 + 1800, {NINE} + n / 2 * 1800, {NINE} + n / 2 * 1800 + 1800,
    'phone', 0, 0, 0, 0, 1, 1, n % 2, n % 2000 FROM generate_series(1, {ROWS}) n;
INSERT INTO conversations
    (id, client_id, staff_id, subject, started_by, created_at, message_count, last_from, last_at, quiet_since)
SELECT 'cnv_' || lpad(n::text, 12, '0'), 'cli_' || lpad((1 + n * 7919 % 2000)::text, 12, '0'), '{PRACTITIONERS[0]}',
    'S', 'staff', 1, 1, 'S', n, CASE n % 2 WHEN 0 THEN n END FROM generate_series(1, {ROWS}) n;
INSERT INTO messages (conversation_id, number, id, sender_id, sender, from_client, body, sent_at)
SELECT id, 1, 'msg_' || substr(id, 5), staff_id, 'S', 0, 'B', 1 FROM conversations;
INSERT INTO conversation_readers SELECT id, client_id, CASE last_at % 10 WHEN 0 THEN 1 ELSE 0 END, last_at
FROM conversations;
INSERT INTO conversation_readers SELECT id, staff_id, 0, last_at FROM conversations;
INSERT INTO inboxes SELECT person_id, count(*), sum(unread) FROM conversation_readers GROUP BY person_id;
INSERT INTO arrivals SELECT person_id, row_number() OVER (PARTITION BY person_id), conversation_id, 1
FROM conversation_readers;
INSERT INTO assignments SELECT id, '{PRACTITIONERS[0]}', 1 FROM clients;
INSERT INTO audit SELECT '{CLIENTS[0]}', n, 1, '', '', '', '', '', '' FROM generate_series(1, 5000) n;
ANALYZE;
"""  # noqa: S608  our own numbers

LATER = NINE + ROWS // 4 * 1800
ALL: dict[str, Any] = {
    **dict.fromkeys(("client_id", "practitioner_id", "statuses", "starts_from", "starts_before", "after")),
    "ends_after": None,
    "ended_by": None,
    "newest_first": False,
    "limit": 21,
}
PAST = {"ended_by": LATER, "newest_first": True}
COMING = {"ends_after": LATER}


def listed(**which: Any) -> Callable[[Transaction], object]:
    return lambda tx: appointments.page(tx, **{**ALL, **which})


def written(**which: Any) -> Callable[[Transaction], object]:
    asked = {"client_id": None, "whole_practice": False, "unread": False, "openness": None, "after": None, "limit": 21}
    return lambda tx: conversations.page(tx, **{"person_id": CLIENTS[0], **asked, **which})


def noted(tx: Transaction) -> None:
    audit.append(tx, chain=CLIENTS[0], at=1, actor="-", role="-", action="-", subject="-")
    audit.seal(tx)


TABLES = ("appointments", "audit", "clients", "conversations", "messages", "conversation_readers", "arrivals")

QUESTIONS: dict[str, Callable[[Transaction], object]] = {
    "all": listed(),
    "all that come": listed(**COMING),
    "all that were": listed(**PAST),
    "behind a cursor": listed(after=(LATER, "apt_0")),
    "of some days": listed(starts_from=LATER, starts_before=LATER + 7 * 24 * HOUR),
    "requests": listed(statuses=["requested"]),
    "what comes by status": listed(statuses=["booked", "requested"], **COMING),
    "a client's": listed(client_id=CLIENTS[0]),
    "a client's that come": listed(client_id=CLIENTS[0], **COMING),
    "a client's that were": listed(client_id=CLIENTS[0], **PAST),
    "a client's by status": listed(client_id=CLIENTS[0], statuses=["booked", "requested"], **COMING),
    "a practitioner's that come": listed(practitioner_id=PRACTITIONERS[0], **COMING),
    "a practitioner's that were": listed(practitioner_id=PRACTITIONERS[0], **PAST),
    "by the beginning of an id": lambda tx: appointments.candidates(tx, "apt_00000001", None),
    "a client's by an id": lambda tx: appointments.candidates(tx, "apt_000000019999", CLIENTS[0]),
    "one": lambda tx: appointments.get(tx, "apt_000000000001"),
    "a practitioner's held time": lambda tx: appointments.held_of_practitioner(
        tx, PRACTITIONERS[0], LATER, LATER + 24 * HOUR
    ),
    "a client's held time": lambda tx: appointments.counted_of_client(tx, CLIENTS[0], LATER, LATER + 24 * HOUR),
    "conversations": written(),
    "conversations behind a cursor": written(after=(9000, "cnv_0")),
    "unread conversations": written(unread=True),
    "open conversations": written(openness=Openness(9000)),
    "a practitioner's conversations": written(person_id=PRACTITIONERS[0]),
    "a client's conversations": written(person_id=PRACTITIONERS[0], client_id=CLIENTS[0]),
    "the practice's conversations": written(person_id=PRACTITIONERS[0], whole_practice=True),
    "a conversation by its id": lambda tx: conversations.candidates(tx, "cnv_00000001", CLIENTS[0], CLIENTS[0]),
    "its messages": lambda tx: messages.page(tx, "cnv_000000000001", before=9, limit=50),
    "what is unread": lambda tx: conversations.all_unread_of(tx, CLIENTS[0]),
    "what has arrived": lambda tx: conversations.arrivals(tx, CLIENTS[0], after=5, limit=20),
    "a roster": lambda tx: assignments.page(tx, client_id=None, staff_id=PRACTITIONERS[0], after=None, limit=21),
    "a client's assignments": lambda tx: assignments.of_client(tx, CLIENTS[0], 5),
    "whom a broadcast reaches next": lambda tx: broadcasts.next_clients(
        tx, roster_of=None, known_at=2, after="cli_000000001000", limit=200
    ),
    "who of a roster comes next": lambda tx: broadcasts.next_clients(
        tx, roster_of=PRACTITIONERS[0], known_at=2, after="cli_000000001000", limit=200
    ),
    "who calls": lambda tx: callers.by_token(tx, "-"),
    "clients": lambda tx: clients.page(tx, after=("Client 1000", "cli_"), limit=21),
    "an audit row": noted,
}


class Overheard(Transaction):
    """A transaction that keeps what it is asked."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__()
        self._tx = tx
        self.asked: list[bytes] = []

    def all(self, sql: str, **parameters: Any) -> list[Row]:
        self.asked.append(numbered(sql.replace(":limit", str(parameters.get("limit"))))[0])
        return self._tx.all(sql, **parameters)

    def run(self, sql: str, **parameters: Any) -> int:
        return self._tx.run(sql, **parameters)

    def run_many(self, sql: str, rows: Sequence[Row]) -> int:
        return self._tx.run_many(sql, rows)

    def hold(self, *names: str) -> None:
        self._tx.hold(*names)

    def try_hold(self, name: str) -> bool:
        return self._tx.try_hold(name)

    @property
    def skipping_held(self) -> str:
        return self._tx.skipping_held


class Filled(NamedTuple):
    """A practice of twenty thousand appointments, and a connection that plans as the store's do."""

    store: Store
    planner: psycopg.Connection[Any]


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer) -> Iterator[Filled]:
    with fresh_schema(postgres_server) as url, psycopg.connect(url, autocommit=True) as owner:
        made(url).close()
        owner.execute(FILL)
        store = open_store(url)
        with store.reading() as tx:
            for name in ("random_page_cost", "jit"):
                (row,) = tx.all(f"SELECT current_setting('{name}') AS value")
                owner.execute(f"SET {name} = {row['value']}")
        yield Filled(store, owner)
        store.close()


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_no_question_reads_a_whole_table(filled: Filled, question: Callable[[Transaction], object]) -> None:
    """By the plan that is made once for all parameters: such a plan is what connections use."""
    with filled.store.writing() as tx:
        overheard = Overheard(tx)
        question(overheard)
        assert tx.all("SELECT current_setting('plan_cache_mode') AS mode") == [{"mode": "force_generic_plan"}]
    assert overheard.asked
    for asked in overheard.asked:
        plan = "\n".join(row[0] for row in filled.planner.execute(b"EXPLAIN (GENERIC_PLAN) " + asked))
        for table in TABLES:
            assert f"Seq Scan on {table}" not in plan, plan
        assert "JIT" not in plan
