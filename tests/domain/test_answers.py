"""Answers: what each type of question takes, how a script writes them, and what a form needs before it is handed in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portalctl.domain import fhir_json
from portalctl.testing.questionnaires import question, scored
from tests.domain.sheets import kept, missing, problems, put, sheet_of, told

HL7 = "http://hl7.org/fhir/StructureDefinition/"
_CODES = [
    {"valueCoding": {"system": "urn:s", "code": code, "display": name}} for code, name in (("1", "One"), ("b", "2"))
]
CHOICE = {"answerOption": _CODES}
NUMBERS = {"answerOption": [{"valueInteger": 1}, {"valueInteger": 2}]}
KG = {
    "extension": [{"url": HL7 + "questionnaire-unit", "valueCoding": {"system": "u", "code": "kg", "display": "kilo"}}]
}
KILOS = {"unit": "kilo", "system": "u", "code": "kg"}


def _bounds(**bounds: Any) -> dict[str, Any]:
    return {"extension": [{"url": HL7 + name, **value} for name, value in bounds.items()]}


TAKEN: list[tuple[str, dict[str, Any], str, str]] = [
    ("boolean", {}, "true", "true"),
    ("boolean", {}, '"No"', "false"),
    ("boolean", {}, '"y"', "true"),
    ("decimal", {}, "1.50", "1.50"),
    ("decimal", {}, '"-0.10"', "-0.10"),
    ("decimal", {}, "3", "3"),
    ("integer", {}, "7", "7"),
    ("integer", {}, '"7"', "7"),
    ("integer", {}, "7.0", "7"),
    ("date", {}, '"2024-02-29"', '"2024-02-29"'),
    ("date", {}, '"2024"', '"2024"'),
    ("dateTime", {}, '"2026-03-02T09:00"', '"2026-03-02T09:00:00+01:00"'),
    ("dateTime", {}, '"2026-07-02 09:00:30"', '"2026-07-02T09:00:30+02:00"'),
    ("dateTime", {}, '"2026-03-02T09:00:00Z"', '"2026-03-02T09:00:00Z"'),
    ("dateTime", {}, '"2026-03"', '"2026-03"'),
    ("time", {}, '"09:05"', '"09:05:00"'),
    ("string", {}, '" x "', '" x "'),
    ("text", {}, '"a\\nb"', '"a\\nb"'),
    ("url", {}, '"https://example.com/a?b=1"', '"https://example.com/a?b=1"'),
    ("choice", CHOICE, '"1"', '{"system":"urn:s","code":"1","display":"One"}'),
    ("choice", CHOICE, '"urn:s|b"', '{"system":"urn:s","code":"b","display":"2"}'),
    ("choice", CHOICE, '"2"', '{"system":"urn:s","code":"b","display":"2"}'),
    ("choice", CHOICE, '"ONE"', '{"system":"urn:s","code":"1","display":"One"}'),
    (
        "choice",
        CHOICE,
        '{"valueCoding":{"system":"urn:s","code":"1"}}',
        '{"system":"urn:s","code":"1","display":"One"}',
    ),
    ("choice", NUMBERS, "2", "2"),
    ("open-choice", CHOICE, '"Else"', '"Else"'),
    ("open-choice", CHOICE, '"one"', '{"system":"urn:s","code":"1","display":"One"}'),
    ("attachment", {}, '"doc_7k2m"', '{"url":"doc_7k2m"}'),
    ("quantity", {}, "70", '{"value":70}'),
    ("quantity", {}, '"70.50 mg"', '{"value":70.50,"unit":"mg"}'),
    ("quantity", {}, '"< 5"', '{"value":5,"comparator":"<"}'),
    ("quantity", KG, "70.5", '{"value":70.5,' + json.dumps(KILOS, separators=(",", ":"))[1:]),
    ("quantity", KG, '"70 kg"', '{"value":70,' + json.dumps(KILOS, separators=(",", ":"))[1:]),
]
"""Type, fields, what is written, and what is kept of it: digit by digit."""

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("boolean", {}, "1", "is neither yes nor no"),
    ("boolean", {}, '"maybe"', "is neither yes nor no"),
    ("decimal", {}, '"3,5"', "is not a number"),
    ("decimal", {}, "true", "is not a number"),
    ("decimal", {}, '"1e5"', "is not a number"),
    ("decimal", {}, '"３"', "is not a number"),
    ("decimal", _bounds(maxDecimalPlaces={"valueInteger": 1}), "1.25", "has more than 1 places"),
    ("integer", {}, "7.5", "is not a whole number"),
    ("integer", {}, "2147483648", "is not within 32 bits"),
    ("integer", _bounds(minValue={"valueInteger": 1}), "0", "must be at least 1"),
    ("integer", _bounds(maxValue={"valueInteger": 5}), "6", "must be at most 5"),
    ("decimal", _bounds(minValue={"valueDecimal": 0.5}), "0.4", "must be at least 0.5"),
    ("date", {}, '"2023-02-29"', "is not a day of the calendar"),
    ("date", {}, '"02.03.2026"', "is not a date such as"),
    ("date", {}, '"0000"', "is not a day of the calendar"),
    ("date", {}, "2026", "is not text"),
    ("date", _bounds(maxValue={"valueDate": "2026-01-01"}), '"2026-01-02"', "must be at most 2026-01-01"),
    ("dateTime", {}, '"2026-03-29T02:30"', "happens twice or never"),
    ("dateTime", {}, '"2026-10-25T02:30"', "happens twice or never"),
    ("dateTime", {}, '"2026-02-30T02:30"', "is not a day and time of the calendar"),
    ("dateTime", {}, '"tomorrow"', "is not a moment such as"),
    ("time", {}, '"24:00"', "is not a time such as"),
    ("time", {}, "9", "is not a time such as"),
    ("string", {}, '"   "', "is not text"),
    ("string", {}, "5", "is not text"),
    ("string", {}, '"a\\nb"', "is more than one line"),
    ("string", {"maxLength": 3}, '"four"', "is longer than 3 characters"),
    ("text", _bounds(minLength={"valueInteger": 3}), '"ab"', "is shorter than 3 characters"),
    ("url", {}, '"example.com"', "is not a URL"),
    ("url", {}, '"https://a b"', "is not a URL"),
    ("choice", CHOICE, '"3"', "is none of the choices: 1, b"),
    ("choice", CHOICE, "true", "is none of the choices: 1, b"),
    ("choice", CHOICE, '{"valueString":"One"}', "is none of the choices"),
    ("choice", CHOICE, '{"valueCoding":{"system":"urn:other","code":"1"}}', "is none of the choices"),
    ("choice", {}, '{"valueInteger":1}', "takes valueCoding, not valueInteger"),
    ("open-choice", NUMBERS, '{"valueInteger":7}', "is none of the choices"),
    ("attachment", {}, "5", "names no document"),
    ("attachment", {}, '{"valueAttachment":{"data":"QQ=="}}', "names no document in url"),
    ("quantity", {}, '"heavy"', "is not a number with a unit"),
    ("quantity", {}, '{"value":"70"}', "is not a number"),
    ("quantity", {}, '{"value":1,"comparator":"~"}', "comparator is none of"),
    ("quantity", KG, '"70 lb"', "has none of the units: kilo"),
    ("integer", {}, '{"valueString":"1"}', "takes valueInteger, not valueString"),
    ("integer", {}, '{"valueInteger":1,"valueString":"1"}', "takes valueInteger, not several values"),
    ("integer", {}, "[1, 2]", "takes one answer"),
]


@pytest.mark.parametrize(("kind", "fields", "written", "expected"), TAKEN)
def test_an_answer_is_taken_as_people_and_scripts_write_it(
    kind: str, fields: dict[str, Any], written: str, expected: str
) -> None:
    sheet = put(sheet_of(question("a", kind, **fields)), f'{{"a": {written}}}')
    (value,) = sheet.places[0].answers
    assert fhir_json.write(next(iter(value.value.values()))) == expected
    assert put(sheet, '{"a": ' + fhir_json.write(value.value) + "}").places[0].answers[0].value == value.value


@pytest.mark.parametrize(("kind", "fields", "written", "wrong"), REFUSED)
def test_an_answer_that_does_not_fit_is_refused_by_its_question(
    kind: str, fields: dict[str, Any], written: str, wrong: str
) -> None:
    sheet = sheet_of(question("a", kind, **fields))
    (problem,) = problems(sheet, f'{{"a": {written}}}')
    assert problem.startswith(f"a (What is a?): {wrong}")


@pytest.mark.parametrize(("kind", "fields", "written", "wrong"), [case for case in REFUSED if "{" in case[2]])
def test_a_response_is_held_to_the_same(kind: str, fields: dict[str, Any], written: str, wrong: str) -> None:
    answer = written if '"value' in written[:8] and '"value"' not in written else f'{{"valueQuantity": {written}}}'
    items = f'[{{"linkId": "a", "answer": [{answer}]}}]'
    (problem,) = problems(
        sheet_of(question("a", kind, **fields)), f'{{"resourceType": "QuestionnaireResponse", "item": {items}}}'
    )
    assert problem.startswith(f"a (What is a?): {wrong}")


def test_null_an_empty_text_or_an_empty_list_take_an_answer_back() -> None:
    nothings: list[Any] = [None, "", []]
    for nothing in nothings:
        sheet = put(sheet_of(question("a"), question("b")), {"a": "x", "b": "y"})
        assert kept(put(sheet, {"a": nothing})) == {"b": ["y"]}


def test_a_question_that_repeats_takes_several_answers_up_to_its_most() -> None:
    most = {"url": HL7 + "questionnaire-maxOccurs", "valueInteger": 2}
    sheet = sheet_of(question("a", repeats=True, extension=[most]), question("b", repeats=True))
    assert kept(put(sheet, {"a": ["x", "y"], "b": "z"})) == {"a": ["x", "y"], "b": ["z"]}
    assert problems(sheet, {"a": ["x", "y", "z"]}) == ["a (What is a?): takes 2 answers at most"]
    assert problems(sheet, {"b": ["z"] * 101}) == ["b (What is b?): takes 100 answers at most"]


def test_all_that_does_not_fit_is_told_at_once_and_nothing_is_kept() -> None:
    sheet = sheet_of(question("a", "integer"), question("b", "date"), question("c"))
    assert len(problems(sheet, {"a": "x", "b": "y", "c": "z", "d": 1})) == 3


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "not JSON"),
        ("[]", "the answers are not an object"),
        ('"x"', "the answers are not an object"),
        ('{"a": 1, "a": 2}', "a name is given twice"),
        ('{"resourceType": "Patient"}', "resourceType is not QuestionnaireResponse"),
        ('{"resourceType": "QuestionnaireResponse", "item": {}}', "item: is not a list of items"),
        ('{"resourceType": "QuestionnaireResponse", "item": [{}]}', "item[0].linkId: there is no such question here"),
        (
            '{"resourceType": "QuestionnaireResponse", "item": [{"linkId": "a", "answer": 1}]}',
            "item[0].answer: is not a list of answers",
        ),
        (
            '{"resourceType": "QuestionnaireResponse", "item": [{"linkId": "a", "item": [{"linkId": "a"}]}]}',
            "a (What is a?): holds items, which belong within its answer",
        ),
        (
            '{"resourceType": "QuestionnaireResponse", "item": [{"linkId": "a"}, {"linkId": "a"}]}',
            "a (What is a?): stands here 2 times, and 1 at most",
        ),
    ],
)
def test_what_are_no_answers_is_refused(text: str, wrong: str) -> None:
    assert problems(sheet_of(question("a")), text)[0].startswith(wrong)


def _medicine() -> Any:
    inner = [question("name", required=True), question("dose", "decimal")]
    return sheet_of(question("m", "group", repeats=True, item=inner), question("other", "group", item=[question("x")]))


def test_a_group_that_repeats_is_filled_in_as_a_list_or_turn_by_turn() -> None:
    sheet = put(_medicine(), {"m": [{"name": "A", "dose": 1.50}, {"name": "B"}], "other": {"x": "y"}})
    assert list(kept(sheet)) == ["m[1]/name", "m[1]/dose", "m[2]/name", "x"]
    put(sheet, {"m[3]/name": "C", "m[1]/dose": 2, "name": "Z"})
    assert kept(sheet) == {"m[1]/name": ["Z"], "m[1]/dose": [2], "m[2]/name": ["B"], "m[3]/name": ["C"], "x": ["y"]}
    put(sheet, {"m[2]": None})
    assert [kept(sheet)[key] for key in ("m[1]/name", "m[2]/name")] == [["Z"], ["C"]]
    put(sheet, {"m[2]": {"dose": 3}})
    assert kept(sheet)["m[2]/dose"] == [3]
    put(sheet, {"m": None})
    assert kept(sheet) == {"x": ["y"]}


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"m": "A"}, "m (What is m?): is a group: write an object of its answers, or a list of them"),
        ({"other": "A"}, "other (What is other?): is a group: write an object of its answers"),
        ({"m": [{"z": 1}]}, "m (What is m?): there is no question 'z' within it"),
        ({"m[4]/name": "x"}, "m[4]/name: there is no such question in this form"),
        ({"m[2]/z": "x"}, "m[2]/z: there is no such question in this form"),
        ({"m[2]": [{}]}, "m[2]: there is no such question in this form"),
        ({"other[2]/x": "x"}, "other[2]/x: there is no such question in this form"),
        ({"m": [{"name": "x"}] * 101}, "m (What is m?): is filled in 100 times at most"),
    ],
)
def test_a_group_that_is_filled_in_wrongly_is_told(answers: dict[str, Any], wrong: str) -> None:
    found = problems(_medicine(), answers)
    assert found == [wrong] or wrong.startswith("m[2]:"), found


def test_a_turn_that_was_begun_and_left_empty_does_not_count() -> None:
    """It is there while the form is being filled, and asks for nothing when it is handed in."""
    sheet = put(_medicine(), {"m": [{"name": "A"}], "m[2]": {}})
    assert [item["linkId"] for item in told(sheet)] == ["m", "m"]
    assert missing(sheet) == []
    assert len(told(sheet, only_asked=True)) == 1
    put(sheet, {"m[2]/dose": 1})
    assert missing(sheet) == ["name (What is name?): needs an answer (m[2]/name)"]


def test_what_is_asked_within_an_answer_goes_with_it() -> None:
    inner = [question("why", required=True), {"linkId": "hint", "type": "display", "text": "Say more"}]
    sheet = sheet_of(question("a", repeats=True, item=inner))
    assert missing(sheet) == []
    put(sheet, {"a": ["x", "y"], "a[2]/why": "because"})
    assert missing(sheet) == ["why (What is why?): needs an answer (a[1]/why)"]
    assert told(sheet)[0]["answer"][1]["item"][0]["answer"] == [{"valueString": "because"}]
    put(sheet, {"a": ["y"]})
    assert kept(sheet) == {"a": ["y"], "a[1]/why": ["because"]}


def test_required_and_least_answers_are_asked_for_by_their_question() -> None:
    least: dict[str, Any] = {"extension": [{"url": HL7 + "questionnaire-minOccurs", "valueInteger": 2}]}
    sheet = sheet_of(
        question("a", required=True),
        question("b", repeats=True, **least),
        question("g", "group", required=True, item=[question("c")]),
        question("h", "group", item=[question("d")]),
    )
    put(sheet, {"b": ["x"]})
    assert missing(sheet) == [
        "a (What is a?): needs an answer",
        "b (What is b?): needs 2 answers at least",
        "g (What is g?): needs at least one answer within it",
    ]


def test_an_initial_answer_stands_until_it_is_changed_or_taken_back() -> None:
    picked = [{"valueString": "x"}, {"valueString": "y", "initialSelected": True}]
    sheet = sheet_of(question("a", initial=[{"valueString": "first"}]), question("b", "choice", answerOption=picked))
    assert kept(sheet) == {"a": ["first"], "b": ["y"]}
    assert kept(put(sheet, {"a": None, "b": "x"})) == {"b": ["x"]}


@pytest.mark.parametrize(
    "fields", [{"readOnly": True}, {"extension": [{"url": HL7 + "questionnaire-hidden", "valueBoolean": True}]}]
)
def test_what_is_read_only_or_hidden_keeps_its_initial_answer(fields: dict[str, Any]) -> None:
    sheet = sheet_of(question("a", initial=[{"valueString": "ours"}], required=True, **fields), question("b"))
    assert problems(sheet, {"a": "mine"}) == ["a (What is a?): is not to be changed"]
    assert kept(put(sheet, {"a": "ours"})) == {"a": ["ours"]}
    mine = {"linkId": "a", "answer": [{"valueString": "mine"}]}
    response = {"resourceType": "QuestionnaireResponse", "item": [mine]}
    assert problems(sheet, response) == ["a (What is a?): is not to be changed"]
    assert kept(put(sheet, {"resourceType": "QuestionnaireResponse"})) == {"a": ["ours"]}
    assert missing(sheet_of(question("a", required=True, **fields))) == [], "nobody could answer it"


def test_a_response_takes_the_place_of_all_answers() -> None:
    sheet = put(sheet_of(question("a"), question("b")), {"a": "x", "b": "y"})
    items = [{"linkId": "b", "answer": [{"valueString": "z"}]}]
    assert kept(put(sheet, {"resourceType": "QuestionnaireResponse", "item": items})) == {"b": ["z"]}


def test_a_form_takes_no_more_answers_than_can_be_kept() -> None:
    inner = [question(f"q{n}") for n in range(100)]
    sheet = sheet_of(question("g", "group", repeats=True, item=inner))
    assert problems(sheet, {"g": [{"q0": "x"}] * 60}) == ["g (What is g?): makes the form longer than a form may be"]
    items = [{"linkId": "g", "item": [{"linkId": "q0", "answer": [{"valueString": "x"}]}]}] * 60
    assert "longer than a form may be" in problems(sheet, {"resourceType": "QuestionnaireResponse", "item": items})[0]


def test_the_same_word_names_a_code_before_a_label_and_a_label_only_where_it_is_one() -> None:
    twice = [{"valueCoding": {"code": code, "display": "Same"}} for code in ("a", "b")]
    sheet = sheet_of(question("q", "choice", answerOption=twice))
    assert kept(put(sheet, {"q": "b"})) == {"q": [{"code": "b", "display": "Same"}]}
    assert problems(sheet, {"q": "SAME"}) == ["q (What is q?): is none of the choices: a, b"]


def test_scores_of_several_answers_add_up() -> None:
    sheet = put(sheet_of(scored("a", "none", "some", "more", repeats=True)), {"a": ["some", "more"]})
    assert sum(sheet.scores) == 3
