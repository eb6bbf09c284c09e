"""When a question is asked: every type of answer with every operator, any and all, groups, turns and circles."""

from __future__ import annotations

from typing import Any

import pytest

from portalctl.testing.questionnaires import question, questionnaire, scored
from tests.domain.sheets import import_problems, kept, missing, put, sheet_of, told

_CODES = [{"valueCoding": {"system": "urn:s", "code": code, "display": code.upper()}} for code in ("a", "b")]

TYPES: dict[str, tuple[dict[str, Any], str, Any, Any, Any, Any]] = {
    "boolean": ({"type": "boolean"}, "answerBoolean", True, None, True, False),
    "decimal": ({"type": "decimal"}, "answerDecimal", 2.5, "2.4", "2.50", "2.6"),
    "integer": ({"type": "integer"}, "answerInteger", 5, 4, 5, 6),
    "date": ({"type": "date"}, "answerDate", "2026-03-02", "2026-03-01", "2026-03-02", "2026-03-03"),
    "dateTime": (
        {"type": "dateTime"},
        "answerDateTime",
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:59:59+01:00",
        "2026-03-02T09:00",
        "2026-03-02T09:01:00+01:00",
    ),
    "time": ({"type": "time"}, "answerTime", "09:00:00", "08:59", "09:00", "09:01"),
    "string": ({"type": "string"}, "answerString", "m", "l", "m", "n"),
    "text": ({"type": "text"}, "answerString", "m", "l", "m", "n"),
    "quantity": (
        {"type": "quantity"},
        "answerQuantity",
        {"value": 70, "unit": "kg"},
        "69.9 kg",
        "70.0 kg",
        "71 kg",
    ),
    "choice": ({"type": "choice", "answerOption": _CODES}, "answerCoding", _CODES[0]["valueCoding"], None, "a", "b"),
    "open-choice": (
        {"type": "open-choice", "answerOption": _CODES},
        "answerCoding",
        _CODES[0]["valueCoding"],
        None,
        "a",
        "b",
    ),
}
"""Of each type the item, what it is compared with, and an answer that is less, equal and more or other."""

ORDERED = {"decimal", "integer", "date", "dateTime", "time", "string", "text", "quantity"}
HOLDS = {
    "=": (False, True, False),
    "!=": (True, False, True),
    ">": (False, False, True),
    "<": (True, False, False),
    ">=": (False, True, True),
    "<=": (True, True, False),
}
"""For an answer that is less, equal, more: whether it holds."""

CASES = [
    (kind, operator, place)
    for kind, (_, _, _, *answers) in TYPES.items()
    for operator in HOLDS
    for place in range(3)
    if answers[place] is not None and (operator in ("=", "!=") or kind in ORDERED)
]


def _when(link_id: str, operator: str, **answer: Any) -> dict[str, Any]:
    return {"question": link_id, "operator": operator, **answer}


@pytest.mark.parametrize(("kind", "operator", "place"), CASES)
def test_an_answer_of_each_type_opens_what_depends_on_it(kind: str, operator: str, place: int) -> None:
    """Less, equal and more, by each operator that the type knows."""
    item, name, compared, *answers = TYPES[kind]
    sheet = sheet_of(
        {"linkId": "a", **item}, question("b", "boolean", enableWhen=[_when("a", operator, **{name: compared})])
    )
    assert ("b" in kept(put(sheet, {"a": answers[place], "b": True}))) is HOLDS[operator][place]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("wanted", [True, False])
def test_that_there_is_an_answer_or_none_opens_what_depends_on_it(kind: str, wanted: bool) -> None:
    item, _, _, *answers = TYPES[kind]
    sheet = sheet_of(
        {"linkId": "a", **item}, question("b", "boolean", enableWhen=[_when("a", "exists", answerBoolean=wanted)])
    )
    assert ("b" in kept(put(sheet, {"b": True}))) is not wanted
    assert ("b" in kept(put(sheet, {"a": answers[1]}))) is wanted


@pytest.mark.parametrize("kind", sorted(TYPES.keys() - ORDERED))
@pytest.mark.parametrize("operator", [">", "<", ">=", "<="])
def test_what_is_neither_more_nor_less_is_not_compared_so(kind: str, operator: str) -> None:
    """It is refused when the form is imported, with its place."""
    item, name, compared, *_ = TYPES[kind]
    text = questionnaire({"linkId": "a", **item}, question("b", enableWhen=[_when("a", operator, **{name: compared})]))
    (problem,) = import_problems(text)
    assert problem.startswith(f"item[1].enableWhen[0].{name}: ")


@pytest.mark.parametrize(
    ("behaviour", "smoker", "age", "asked"),
    [
        ("all", True, 20, True),
        ("all", True, 10, False),
        ("all", False, 20, False),
        ("any", True, 10, True),
        ("any", False, 20, True),
        ("any", False, 10, False),
    ],
)
def test_all_or_any_of_several_conditions_count(behaviour: str, smoker: bool, age: int, asked: bool) -> None:
    conditions = [_when("smoker", "=", answerBoolean=True), _when("age", ">=", answerInteger=18)]
    sheet = sheet_of(
        question("smoker", "boolean"),
        question("age", "integer"),
        question("b", enableWhen=conditions, enableBehavior=behaviour),
    )
    assert ("b" in kept(put(sheet, {"smoker": smoker, "age": age, "b": "x"}))) is asked


@pytest.mark.parametrize(
    ("answers", "holds"), [(["Phone", "Mail"], True), (["Mail"], False), ([], False)], ids=["among", "other", "none"]
)
def test_of_several_answers_one_is_enough(answers: list[str], holds: bool) -> None:
    """And for not equal there may be none that is."""
    ways = question("ways", repeats=True)
    for operator, wanted in (("=", holds), ("!=", not holds)):
        sheet = sheet_of(ways, question("b", enableWhen=[_when("ways", operator, answerString="Phone")]))
        assert ("b" in kept(put(sheet, {"ways": answers, "b": "x"}))) is wanted


def test_what_is_within_a_group_that_does_not_apply_does_not_apply() -> None:
    inner = question("c", required=True)
    group = question("b", "group", item=[inner], enableWhen=[_when("a", "=", answerBoolean=True)])
    sheet = put(sheet_of(question("a", "boolean"), group), {"a": True, "c": "x"})
    assert kept(sheet) == {"a": [True], "c": ["x"]}
    put(sheet, {"a": False})
    assert kept(sheet) == {"a": [False]}
    assert missing(sheet) == []


def test_the_answer_to_a_question_that_does_not_apply_opens_nothing() -> None:
    """And when it applies again, so does what it opens."""
    sheet = sheet_of(
        question("a", "boolean"),
        question("b", "boolean", enableWhen=[_when("a", "=", answerBoolean=True)]),
        question("c", "boolean", enableWhen=[_when("b", "=", answerBoolean=True)]),
    )
    put(sheet, {"a": True, "b": True, "c": True})
    put(sheet, {"a": False})
    assert kept(sheet) == {"a": [False]}
    assert [item["linkId"] for item in told(sheet)] == ["a", "b", "c"], "kept, in case that a is yes again"
    assert [item["linkId"] for item in told(sheet, only_asked=True)] == ["a"], "but they do not travel"
    put(sheet, {"a": True})
    assert kept(sheet) == {"a": [True], "b": [True], "c": [True]}


def test_within_a_group_that_repeats_each_turn_looks_at_its_own_answers() -> None:
    inner = [
        question("name"),
        question("daily", "boolean"),
        question("dose", enableWhen=[_when("daily", "=", answerBoolean=True)]),
    ]
    sheet = sheet_of(question("m", "group", repeats=True, item=inner))
    put(sheet, {"m": [{"daily": True, "dose": "1"}, {"daily": False, "dose": "2"}, {"daily": True, "dose": "3"}]})
    assert [key for key in kept(sheet) if key.endswith("dose")] == ["m[1]/dose", "m[3]/dose"]


def test_a_question_may_depend_on_one_that_comes_later() -> None:
    sheet = sheet_of(question("a", enableWhen=[_when("z", "=", answerBoolean=True)]), question("z", "boolean"))
    assert kept(put(sheet, {"a": "x"})) == {}
    assert kept(put(sheet, {"z": True})) == {"a": ["x"], "z": [True]}


def test_two_that_exclude_each_other_can_be_answered() -> None:
    """Conditions that lead in a circle do not end in one."""
    sheet = sheet_of(
        question("a", enableWhen=[_when("b", "exists", answerBoolean=False)]),
        question("b", enableWhen=[_when("a", "exists", answerBoolean=False)]),
    )
    assert kept(put(sheet, {"a": "x"})) == {"a": ["x"]}
    assert kept(put(sheet, {"a": None, "b": "y"})) == {"b": ["y"]}


def test_a_chain_of_a_thousand_conditions_is_followed_to_its_end() -> None:
    """Each depends on the one behind it; nothing recurses that deep."""
    links = [
        question(f"q{n}", "boolean", enableWhen=[_when(f"q{n + 1}", "=", answerBoolean=True)]) for n in range(1000)
    ]
    sheet = put(sheet_of(*links, question("q1000", "boolean")), {"q0": True, "q1000": True})
    assert kept(sheet) == {"q1000": [True]}


def test_what_does_not_apply_counts_nothing() -> None:
    sheet = sheet_of(
        question("a", "boolean"),
        scored("b", "low", "high", enableWhen=[_when("a", "=", answerBoolean=True)]),
        scored("c", "low", "high"),
    )
    put(sheet, {"a": True, "b": "high", "c": "high"})
    assert sum(sheet.scores) == 2
    put(sheet, {"a": False})
    assert sum(sheet.scores) == 1


@pytest.mark.parametrize(("known", "equal"), [("2026", True), ("2026-03", True), ("2026-04", False), ("2025", False)])
def test_dates_are_compared_as_far_as_they_are_known(known: str, equal: bool) -> None:
    sheet = sheet_of(question("a", "date"), question("b", enableWhen=[_when("a", "=", answerDate="2026-03-02")]))
    assert ("b" in kept(put(sheet, {"a": known, "b": "x"}))) is equal


def test_quantities_of_other_units_are_not_compared() -> None:
    sheet = sheet_of(
        question("a", "quantity"),
        question("b", enableWhen=[_when("a", ">", answerQuantity={"value": 1, "unit": "kg"})]),
    )
    assert kept(put(sheet, {"a": "5 lb", "b": "x"})) == {"a": [{"value": 5, "unit": "lb"}]}


@pytest.mark.parametrize(("kind", "answer"), [("url", "https://example.com"), ("attachment", "doc_7k2m9x4qv3bd")])
def test_that_a_link_or_a_file_is_there_opens_what_depends_on_it(kind: str, answer: str) -> None:
    sheet = sheet_of(question("a", kind), question("b", enableWhen=[_when("a", "exists", answerBoolean=True)]))
    assert "b" not in kept(put(sheet, {"b": "x"}))
    assert kept(put(sheet, {"a": answer}))["b"] == ["x"]
