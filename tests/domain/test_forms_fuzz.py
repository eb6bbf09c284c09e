"""Whatever comes as a questionnaire or as answers, it is taken or refused by name: nothing crashes, nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portalctl import errors
from portalctl.domain import answers, fhir_json
from portalctl.domain.answer_problems import Problems
from portalctl.domain.form_papers import questions
from portalctl.domain.questionnaires import OPERATORS, read_questionnaire
from portalctl.domain.response_answers import restored
from portalctl.domain.responses import items_of
from portalctl.domain.sheets import Sheet
from portalctl.domain.values import TYPES
from portalctl.testing.questionnaires import questionnaire

Taken = TypeVar("Taken")

FEW = settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))

SCALARS = st.none() | st.booleans() | st.integers(-3, 2**40) | st.floats(allow_nan=False) | st.text(max_size=5)
WORDS = st.sampled_from(
    ["", "a", "b", "2026", "2026-02-30", "2026-03-02T09:00", "09:00", "1.50", "yes", "doc_1", "5 kg"]
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3)


NAMES = st.sampled_from(
    ["linkId", "type", "text", "item", "answer", "extension", "valueCoding", "valueQuantity", "code", "system", "value"]
)
VALUES = st.recursive(SCALARS | WORDS, lambda inner: st.lists(inner, max_size=3) | _objects(inner), max_leaves=6)
CODINGS = st.fixed_dictionaries({"code": st.sampled_from("ab")}, optional={"system": st.just("s"), "display": WORDS})
TYPED = st.sampled_from(
    [{"valueString": "a"}, {"valueInteger": 1}, {"valueBoolean": True}, {"valueDate": "2026"}, {"valueDecimal": 0.5}]
) | st.builds(lambda coding: {"valueCoding": coding}, CODINGS)
CONDITIONS = st.builds(
    lambda question, operator, value: {
        "question": question,
        "operator": operator,
        **{name.replace("value", "answer"): part for name, part in value.items()},
    },
    st.sampled_from("abcd"),
    st.sampled_from(OPERATORS),
    TYPED,
)
OPTIONAL: dict[str, Any] = {
    "required": st.booleans(),
    "repeats": st.booleans(),
    "readOnly": st.booleans(),
    "maxLength": st.integers(-1, 3),
    "initial": st.lists(TYPED, max_size=2),
    "answerOption": st.lists(TYPED, min_size=1, max_size=3),
    "enableWhen": st.lists(CONDITIONS, min_size=1, max_size=2),
    "enableBehavior": st.sampled_from(["all", "any"]),
    "extension": st.lists(VALUES, max_size=2),
}


def _items(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    item = st.fixed_dictionaries(
        {"linkId": st.sampled_from("abcd"), "type": st.sampled_from(["group", "display", *TYPES])},
        optional={**OPTIONAL, "item": inner},
    )
    return st.lists(item, min_size=1, max_size=3, unique_by=lambda each: each["linkId"])


FORMS = _items(_items(st.just([])))
KEYS = st.sampled_from(["a", "b", "c", "d", "a[2]", "a[1]/b", "b[2]/c", "b[1]", "a/b"])
FLAT = st.dictionaries(KEYS, VALUES | TYPED | st.lists(_objects(VALUES), max_size=2), max_size=4)
RESPONSES = st.builds(lambda items: {"resourceType": "QuestionnaireResponse", "item": items}, st.lists(VALUES))


def taken(call: Callable[[], Taken]) -> Taken | None:
    """What a call answers; None where it refuses what it was given, and says why."""
    refused: errors.PortalError | None = None
    try:
        return call()
    except (errors.FormNotValid, errors.AnswersNotValid) as failure:
        refused = failure
    assert refused.problems
    return None


@FEW
@given(VALUES | st.builds(lambda told: {"resourceType": "Questionnaire", "status": "active", **told}, _objects(VALUES)))
def test_whatever_is_imported_is_taken_or_refused_by_name(told: Any) -> None:
    taken(lambda: read_questionnaire(json.dumps(told)))


@FEW
@given(st.text(max_size=30) | st.binary(max_size=30).map(lambda content: content.decode("utf-8", "replace")))
def test_text_that_is_no_json_is_refused_by_name(text: str) -> None:
    taken(lambda: read_questionnaire(text))


@FEW
@given(FORMS, st.lists(FLAT | RESPONSES, min_size=1, max_size=3))
def test_whatever_is_answered_is_taken_or_refused_by_name_and_comes_back_as_it_was(
    items: list[Any], told: list[Any]
) -> None:
    """What is kept of a form is the same form again."""
    found = taken(lambda: read_questionnaire(questionnaire(*items)))
    if found is None:
        return
    kept = items_of(Sheet(found))
    for each in told:
        before = restored(found, kept)
        text = json.dumps(each)
        sheet = taken(partial(answers.put, before, text, "Europe/Rome"))
        kept = items_of(sheet) if sheet is not None else kept
    sheet = restored(found, kept)
    answers.check_whole(sheet, Problems())
    assert items_of(sheet) == kept
    assert questions(restored(found, fhir_json.read(fhir_json.write(kept)))) == questions(sheet)


@FEW
@given(VALUES)
def test_json_is_written_as_it_was_read(value: Any) -> None:
    """The canonical form too, whatever the order of its names."""
    try:
        read = fhir_json.read(json.dumps(value))
    except fhir_json.NotJson:
        return
    assert fhir_json.read(fhir_json.write(read)) == read
    assert fhir_json.read(fhir_json.write(read, indent=2)) == read
    assert fhir_json.canonical(fhir_json.read(fhir_json.canonical(read).decode())) == fhir_json.canonical(read)
