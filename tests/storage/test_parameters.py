"""Parameters of portable SQL, however many: each value stands where its name does."""

from __future__ import annotations

from pathlib import Path

import pytest

from portalctl.storage.listing import listed
from portalctl.storage.parameters import names_in
from tests.storage.on_postgres import made


def test_names_are_told_once_each_as_they_first_stand() -> None:
    """And what only looks like one is none."""
    sql = "SELECT ':no', \":nor\", :b::bigint, 'it''s :not' FROM t WHERE a = :a AND b IN (:b, :a, :c0) LIMIT :limit"
    assert names_in(sql) == ("b", "a", "c0", "limit")


@pytest.mark.parametrize("number", [3, 49, 50, 51, 700])
def test_values_are_found_however_many_there_are(tmp_path: Path, number: int) -> None:
    """In whichever order they are given, and also where a name stands twice or not at all."""
    store = made(f"sqlite:///{tmp_path / 'portal.db'}")
    found, values = listed("each", (f"b{each}" for each in reversed(range(number))))
    with store.writing() as tx:
        tx.add_many(
            "throttles",
            ("bucket", "failures", "failed_at", "blocked_until"),
            [(f"b{each}", each, 1, 1) for each in range(1000)],
        )
        rows = tx.all(
            f"SELECT bucket, :word AS word FROM throttles WHERE bucket IN {found} AND :word = 'w' ORDER BY failures",  # noqa: S608  our own names
            **values,
            word="w",
            unused=1,
        )
        assert rows == [{"bucket": f"b{each}", "word": "w"} for each in range(number)]
        changed = tx.run(f"UPDATE throttles SET failures = :to WHERE bucket IN {found}", to=5, **values)  # noqa: S608  our own names
    assert changed == number
    store.close()
