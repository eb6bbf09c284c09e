"""Whoever lists invoices finds them by an index in their order, however many the practice has, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from portalctl.storage import clients, invoices
from portalctl.storage.engine import Store
from portalctl.storage.invoices import Part
from tests.postgres import PostgresServer
from tests.storage.plans import OnPostgres, Question, filled_database, filled_file, plan_of

ANNA, TODAY = "cli_1001", date(2026, 3, 2)

FILL = (
    "INSERT INTO invoices (id, number, state, client_id, items, currency, tax_rate, net, tax, due_on, created_by,"
    " created_at, issued_at)"
    " WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 8000)"
    " SELECT 'ivc_' || (100000000000 + n), n, CASE n % 2 WHEN 0 THEN 'paid' ELSE 'issued' END,"
    " 'cli_' || (1000 + n % 40), '[{\"text\":\"Visit\",\"amount\":1}]', 'EUR', 0, 1, 0,"
    " CASE WHEN n < 20 THEN '2026-01-01' ELSE '2027-01-01' END, 'stf_1', n, n FROM n"
)


def listed(client_id: str | None = None, after: Any = None, **which: bool) -> Question:
    part = Part(**{"unpaid": False, "overdue": False, **which}, after=after, limit=21)
    return lambda tx: invoices.page(tx, client_id, part, TODAY, issued_only=client_id is not None)


QUESTIONS = {
    "all": listed(),
    "all behind a cursor": listed(after=(5_000, "ivc_1")),
    "all unpaid": listed(unpaid=True),
    "all overdue": listed(overdue=True),
    "all overdue behind a cursor": listed(overdue=True, after=("2026-01-01", "ivc_1")),
    "a client's": listed(ANNA),
    "a client's behind a cursor": listed(ANNA, after=(5_000, "ivc_1")),
    "by the beginning of an id": lambda tx: invoices.candidates(tx, "ivc_10000000799", None, TODAY),
    "by number": lambda tx: invoices.candidates(tx, "0012", ANNA, TODAY),
    "by intent": lambda tx: invoices.by_intent(tx, "abc"),
    "an appointment's fee": lambda tx: invoices.fee(tx, "apt_1", "no_show"),
}
EVERY_QUESTION = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())


def filled(store: Store) -> None:
    """Many invoices of forty clients."""
    with store.writing() as tx:
        for number in range(1000, 1040):
            clients.insert(tx, id=f"cli_{number}", name=f"C {number}", email=f"{number}@example.net", created_at=1)
        tx.run(FILL)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A portal file with many invoices."""
    with filled_file(tmp_path_factory.mktemp("owed"), filled) as store:
        yield store


@pytest.fixture(scope="module")
def on_postgres(postgres_server: PostgresServer) -> Iterator[OnPostgres]:
    """The same in PostgreSQL."""
    with filled_database(postgres_server, filled) as portal:
        yield portal


@EVERY_QUESTION
def test_no_question_reads_or_sorts_all_invoices_of_a_portal_file(on_sqlite: Store, question: Question) -> None:
    _, plan = plan_of(on_sqlite, question)
    assert not [step for step in plan if step == "SCAN i" and "CO-ROUTINE i" not in plan], plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


@EVERY_QUESTION
def test_no_question_reads_or_sorts_all_invoices_of_a_database(on_postgres: OnPostgres, question: Question) -> None:
    """By the plan that is made once for all parameters."""
    plan = on_postgres.plan(question)
    assert "Seq Scan on invoices" not in plan, plan
