"""One statement for many rows: as if it were executed for each, on both engines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from portalctl import errors
from portalctl.storage import audit, bodies
from portalctl.storage.engine import Row, Store, Transaction
from tests.storage.on_postgres import made, wait_until

COLUMNS = ("bucket", "failures", "failed_at", "blocked_until")
PUT = "INSERT INTO throttles (bucket, failures, failed_at, blocked_until) VALUES (:bucket, :failures, :at, :at)"
WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE throttles%%'"
    " AND pid IN (SELECT pid FROM pg_locks WHERE relation = %s::regclass)"
)
COUNT = "SELECT count(*) AS rows, coalesce(sum(failures), 0) AS failures FROM throttles"


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A practice in either engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'portal.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    opened = made(url)
    yield opened
    opened.close()


def rows(number: int) -> list[Row]:
    return [{"bucket": f"b{each}", "failures": each, "at": 1} for each in range(number)]


def added(tx: Transaction, many: list[Row], unique: tuple[str, ...] = ()) -> int:
    values = [(row["bucket"], row["failures"], row["at"], row["at"]) for row in many]
    return tx.add_many("throttles", COLUMNS, values, unique=unique)


def kept(store: Store) -> Row | None:
    with store.reading() as tx:
        return tx.one(COUNT)


def test_many_rows_are_there_with_one_call(store: Store) -> None:
    """More than one network buffer holds, and what a text may have in it; the number of changes is said."""
    many = [*rows(3000), {"bucket": "naïve 'quoted' \U0001f600", "failures": 0, "at": 1}]
    with store.writing() as tx:
        assert added(tx, many) == 3001
        assert (
            tx.run_many("UPDATE throttles SET failures = 0 WHERE bucket = :bucket", [*rows(2), {"bucket": "no"}]) == 2
        )
        assert added(tx, []) == 0
        assert tx.run_many(PUT, []) == 0
    assert kept(store) == {"rows": 3001, "failures": 2999 * 3000 // 2 - 1}


def test_one_row_that_is_refused_undoes_the_transaction(store: Store) -> None:
    """The failure is the row's own, and the connection serves whoever comes next."""
    with pytest.raises(Exception, match=r"UNIQUE|unique"), store.writing() as tx:
        added(tx, [*rows(700), *rows(1), *rows(700)])
    assert kept(store) == {"rows": 0, "failures": 0}
    with store.writing() as tx:
        assert added(tx, rows(5)) == 5
    assert kept(store) == {"rows": 5, "failures": 10}


def test_rows_that_are_there_are_left_out_where_they_may_be(store: Store) -> None:
    """Those that are there from before, and those that come twice, wherever in a statement they stand."""
    with store.writing() as tx:
        assert added(tx, rows(150)[99:]) == 51
        assert added(tx, [*rows(120), *rows(150), *rows(230)], ("bucket",)) == 230 - 51
    assert kept(store) == {"rows": 230, "failures": 229 * 115}


@pytest.mark.parametrize("number", [1, 99, 100, 101, 250])
def test_it_is_the_same_whether_rows_are_added_at_once_or_one_by_one(store: Store, number: int) -> None:
    columns = ("owner", "sha256", "bytes", "content", "place", "starts_at")
    values = [
        ("o", f"{each:064x}", each, *((b"\0%d" % each, None, None) if each % 2 else (None, "o/pak_1", each)))
        for each in range(number)
    ]
    with store.writing() as tx:
        assert tx.add_many("bodies", columns, values) == number
    at_once = all_bodies(store)
    with store.writing() as tx:
        tx.run("DELETE FROM bodies")
        assert Transaction.add_many(tx, "bodies", columns, values) == number
    assert all_bodies(store) == at_once
    assert [tuple(row.values()) for row in at_once] == [row[1:] for row in values]


def test_a_row_that_does_not_fit_is_refused_before_it_shifts_others(store: Store) -> None:
    values = [(f"b{each}", each, 1, 1) for each in range(100)]
    values[3], values[4] = values[3][:3], (*values[4], 7)  # type: ignore[assignment]  # what is to be refused
    with store.writing() as tx, pytest.raises(ValueError, match="4 values"):
        tx.add_many("throttles", COLUMNS, values)


def test_a_text_that_cannot_be_kept_is_refused_before_anything_is_sent(postgres_url: str) -> None:
    store = made(postgres_url)
    with store.writing() as tx:
        with pytest.raises(errors.InvalidInput):
            added(tx, [*rows(3), {"bucket": "a\0b", "failures": 0, "at": 1}])
        assert added(tx, rows(1)) == 1
    assert kept(store) == {"rows": 1, "failures": 0}
    store.close()


def all_bodies(store: Store) -> list[dict[str, Any]]:
    with store.reading() as tx:
        return tx.all("SELECT sha256, bytes, content, place, starts_at FROM bodies WHERE owner = 'o' ORDER BY sha256")


def gaps(store: Store) -> list[str]:
    with store.reading() as tx:
        return [row["place"] for row in tx.all("SELECT place FROM packs_with_gaps ORDER BY place")]


def test_packed_bodies_begin_where_the_one_before_ends(store: Store) -> None:
    with store.writing() as tx:
        bodies.put_packed(tx, "o", "o/pak_1", {"c" * 64: b"333", "a" * 64: b"", "b" * 64: b"22"})
        bodies.put_packed(tx, "o", None, {"d" * 64: b"4444"})
    assert [(row["sha256"][0], row["bytes"], row["place"], row["starts_at"]) for row in all_bodies(store)] == [
        ("a", 0, "o/pak_1", 3),
        ("b", 2, "o/pak_1", 3),
        ("c", 3, "o/pak_1", 0),
        ("d", 4, None, None),
    ]
    assert bytes(all_bodies(store)[3]["content"]) == b"4444"
    assert gaps(store) == []


def test_a_body_that_is_there_stays_where_it_is_and_the_new_pack_has_a_gap(store: Store) -> None:
    with store.writing() as tx:
        bodies.put_packed(tx, "o", "o/pak_1", {"a" * 64: b"1"})
        bodies.set_idle(tx, "o", "a" * 64, 5)
    with store.writing() as tx:
        assert bodies.standing(tx, "o", ["a" * 64, "b" * 64]) == {"a" * 64}
        bodies.put_packed(tx, "o", "o/pak_2", {"a" * 64: b"1", "b" * 64: b"2"})
        assert bodies.idle(tx, 9, 10) == []
    assert [row["place"] for row in all_bodies(store)] == ["o/pak_1", "o/pak_2"]
    assert gaps(store) == ["o/pak_2"]


def test_a_body_that_is_put_elsewhere_leaves_a_gap(store: Store) -> None:
    with store.writing() as tx:
        bodies.put_packed(tx, "o", "o/pak_1", {"a" * 64: b"1", "b" * 64: b"2"})
        bodies.put(tx, owner="o", sha256="a" * 64, bytes=1, content=b"1", place=None)
    assert gaps(store) == ["o/pak_1"]


def test_bodies_that_are_referred_to_again_are_idle_no_more(store: Store) -> None:
    with store.writing() as tx:
        bodies.put_packed(tx, "o", None, {"a" * 64: b"1", "b" * 64: b"2"})
        for sha256 in ("a" * 64, "b" * 64):
            bodies.set_idle(tx, "o", sha256, 5)
        bodies.refer_many(tx, "o", ["a" * 64])
        assert [row["sha256"] for row in bodies.idle(tx, 9, 10)] == ["b" * 64]


def test_the_chains_of_the_audit_are_what_they_have_always_been(store: Store) -> None:
    """A hash that another program can find again; and many chains at once, each in its own order."""
    assert (
        audit.row_hash(
            audit.ORIGIN, "practice", 1, 1700000000, "stf_1", "owner", "documents.add", 'n\xe9 "x" doc_1 \U0001f600'
        )
        == hashlib.sha256(
            f'["{"0" * 64}","practice",1,1700000000,"stf_1","owner","documents.add",'
            '"n\\u00e9 \\"x\\" doc_1 \\ud83d\\ude00"]'.encode()
        ).hexdigest()
    )
    for start in (0, 3):
        with store.writing() as tx:
            for number in range(250 * 3):
                audit.append(
                    tx,
                    chain=f"cli_{number % 250}",
                    at=start,
                    actor="stf_1",
                    role="owner",
                    action="documents.add",
                    subject=f"doc_{start + number // 250}",
                )
    with store.reading() as tx:
        for number in range(250):
            head = audit.ORIGIN
            told = audit.rows(tx, f"cli_{number}")
            assert [(row["position"], row["subject"]) for row in told] == [(n + 1, f"doc_{n}") for n in range(6)]
            for row in told:
                assert row["previous"] == head
                head = audit.hash_of(row)
                assert row["hash"] == head


def test_rows_that_change_others_are_added_one_by_one(store: Store) -> None:
    """The same row twice in one call is changed twice."""
    with store.writing() as tx:
        changed = tx.run_many(
            f"{PUT} ON CONFLICT (bucket) DO UPDATE SET failures = throttles.failures + excluded.failures",
            [*rows(300), *rows(300)],
        )
        assert changed == 600
        assert added(tx, rows(301), ("bucket",)) == 1
    assert kept(store) == {"rows": 301, "failures": 299 * 300 + 300}


@pytest.mark.parametrize("ends", ["the other lets go", "the server ends it"])
def test_who_waits_for_another_with_many_rows_lets_every_thread_work(postgres_url: str, ends: str) -> None:
    """And hears it when the connection is gone meanwhile."""
    store = made(postgres_url)
    schema = postgres_url.rpartition("%3D")[2]

    def change() -> int:
        with store.writing() as tx:
            return tx.run_many("UPDATE throttles SET failures = 7 WHERE bucket = :bucket", rows(3))

    with store.writing() as tx:
        added(tx, rows(3))
    with (
        psycopg.connect(postgres_url, autocommit=True) as watch,
        ThreadPoolExecutor(1) as pool,
        store.writing() as tx,
    ):
        tx.run("UPDATE throttles SET failures = 5 WHERE bucket = 'b1'")
        changing = pool.submit(change)

        def waiting() -> list[int]:
            return [row[0] for row in watch.execute(WAITING, [f"{schema}.throttles"])]

        wait_until(waiting)
        if ends == "the server ends it":
            watch.execute("SELECT pg_terminate_backend(%s)", waiting())
            with pytest.raises(errors.Retryable):
                changing.result()
    if ends == "the other lets go":
        assert changing.result() == 3
    assert kept(store) == {"rows": 3, "failures": 21 if ends == "the other lets go" else 7}
    store.close()


def test_a_long_transaction_of_a_file_keeps_more_memory_until_it_ends(tmp_path: Path) -> None:
    """Else what it changes would go to the disk in pieces; and a server of many threads would keep it for each."""
    store = made(f"sqlite:///{tmp_path / 'portal.db'}")
    for size, number in ((-2000, 5), (-16000, 500)):
        with store.writing() as tx:
            added(tx, rows(number), ("bucket",))
            assert tx.one("SELECT cache_size FROM pragma_cache_size") == {"cache_size": size}
    with pytest.raises(apsw.ConstraintError), store.writing() as tx:
        added(tx, rows(600))
    with store.reading() as tx:
        assert tx.one("SELECT cache_size FROM pragma_cache_size") == {"cache_size": -2000}
    assert kept(store) == {"rows": 500, "failures": 499 * 250}
    store.close()
