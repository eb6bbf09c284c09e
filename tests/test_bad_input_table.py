"""The table of bad input is whole: no case is missing, and every test that it names exists."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent

CASES: dict[str, dict[str, Any]] = tomllib.loads((HERE / "bad_input.toml").read_text())

NUMBERS = {
    "A": (1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15),
    "B": (16, 17, 19, 20, 21, 23, 24, 25, 26),
    "C": (27, 30, 31, 32, 34, 35, 37, 38, 39),
    "D": (40, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51, 52, 53, 54, 56),
    "E": (57, 58, 60, 61, 62, 63, 64, 66, 67, 69, 70, 71, 72, 74, 75),
    "F": (76, 77, 78, 79, 80, 81, 83, 84, 85, 86, 88),
    "G": (89, 90, 93, 94, 95, 97, 98, 99, 100),
    "H": (101, 102, 103, 105, 107, 108, 109, 110, 111, 113, 115),
    "I": (116, 118, 119, 120, 121, 122, 124, 126),
}
"""The cases of each group; numbers that are left out belong to nobody."""


@cache
def functions_of(file: str) -> set[str]:
    """The functions of a file, those of its classes as `Class::function`."""
    found = set()
    for node in ast.parse((HERE / file).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


def test_no_case_is_missing() -> None:
    """In the order of their numbers."""
    assert list(CASES) == [f"{group}{number}" for group, numbers in NUMBERS.items() for number in numbers]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_case_says_what_must_happen_and_which_tests_show_it(case: dict[str, Any]) -> None:
    """Or, in a few words, what does not exist yet."""
    assert case.keys() <= {"case", "shown_by", "not_here"}
    assert case["case"].endswith(".")
    assert case.get("shown_by") or case.get("not_here")
    assert len(case.get("not_here", "")) < 60
    for test in case.get("shown_by", []):
        file, _, name = test.partition("::")
        assert (HERE / file).is_file(), f"there is no {file}"
        assert name.rpartition("::")[2].startswith("test_")
        assert name in functions_of(file), f"{file} has no {name}"
