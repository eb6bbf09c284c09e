"""Portable SQL becomes PostgreSQL's: names become numbers, and nothing else is touched."""

from __future__ import annotations

import pytest

from portalctl.models.role import Role
from portalctl.storage.postgres_text import dumped, numbered


@pytest.mark.parametrize(
    ("sql", "text", "names"),
    [
        ("SELECT 1", b"SELECT 1", ()),
        ("a = :a AND b = :b AND c = :a", b"a = $1 AND b = $2 AND c = $1", ("a", "b")),
        ("(a, b) > (:after_a, :after_b)", b"(a, b) > ($1, $2)", ("after_a", "after_b")),
        ("key = :key::bigint", b"key = $1::bigint", ("key",)),
        ("at::text = ':at' || :at", b"at::text = ':at' || $1", ("at",)),
        ("name = 'it''s :a' AND \":b\" = :c", b"name = 'it''s :a' AND \":b\" = $1", ("c",)),
        ("x IN (:s0, :s1, :s10)", b"x IN ($1, $2, $3)", ("s0", "s1", "s10")),
    ],
)
def test_parameters_are_numbered(sql: str, text: bytes, names: tuple[str, ...]) -> None:
    assert numbered(sql) == (text, names)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", b""),
        ("Töchter", "Töchter".encode()),
        (Role.OWNER, b"owner"),
        (-7, b"-7"),
        (True, b"1"),
        (b"\x00\xff", b"\\x00ff"),
    ],
)
def test_values_are_written_as_columns_hold_them(value: object, text: bytes | None) -> None:
    assert dumped(value) == text


def test_other_kinds_of_values_are_a_mistake() -> None:
    for value in (1.5, bytearray(b"bytes"), ["list"]):
        with pytest.raises(TypeError):
            dumped(value)
