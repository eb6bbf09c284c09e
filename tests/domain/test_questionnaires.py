"""Importing: what of a questionnaire is taken, what is refused with its place, and that it stays what it was."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portalctl.domain.form_items import total
from portalctl.domain.questionnaires import read_questionnaire
from portalctl.domain.values import TYPES
from portalctl.testing.questionnaires import SIGNED, question, questionnaire, scored
from tests.domain.published import FREQUENCY, PHQ_9_ITEMS, phq_9, phq_9_of_a_guide
from tests.domain.sheets import import_problems, kept, missing, problems, put, sheet_of

HL7 = "http://hl7.org/fhir/StructureDefinition/"
OPTION = {"valueCoding": {"code": "a", "display": "A"}}
OURS = sorted((Path(__file__).parents[2] / "examples" / "forms").glob("*.json"))

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no linkId": ({"type": "string"}, "item[0].linkId: is missing"),
    "an empty linkId": ({"linkId": " ", "type": "string"}, "item[0].linkId: is empty"),
    "a linkId that is a number": ({"linkId": 1, "type": "string"}, "item[0].linkId: is not text"),
    "no type": ({"linkId": "a"}, "item[0].type: is none of group"),
    "an unknown type": (question("a", "colour"), "item[0].type: is none of group"),
    "a reference": (question("a", "reference"), "item[0].type: reference is not asked here"),
    "a group of nothing": (question("a", "group"), "item[0].item: is missing"),
    "a display with items": (question("a", "display", item=[question("b")]), "item[0].item: a display has no items"),
    "a display that is required": (question("a", "display", required=True), "item[0].required: a display is not"),
    "a group with a length": (question("a", "group", maxLength=3, item=[question("b")]), "item[0].maxLength: a group"),
    "required that is a word": (question("a", required="yes"), "item[0].required: is not true or false"),
    "a length of none": (question("a", maxLength=0), "item[0].maxLength: is not above 0"),
    "a length that is a text": (question("a", maxLength="3"), "item[0].maxLength: is not a whole number"),
    "options and a value set": (
        question("a", "choice", answerOption=[OPTION], answerValueSet="http://x/vs"),
        "item[0]: has both answerOption and answerValueSet",
    ),
    "a value set for a text": (question("a", answerValueSet="http://x/vs"), "item[0].answerValueSet: only a choice"),
    "a contained value set that is not there": (
        question("a", "choice", answerValueSet="#gone"),
        "item[0].answerValueSet: there is no contained ValueSet",
    ),
    "options and initial": (
        question("a", "choice", answerOption=[OPTION], initial=[OPTION]),
        "item[0].initial: options say with initialSelected",
    ),
    "an option of nothing": (question("a", "choice", answerOption=[{}]), "item[0].answerOption[0]: needs exactly one"),
    "an option of two values": (
        question("a", "choice", answerOption=[{"valueString": "a", "valueInteger": 1}]),
        "item[0].answerOption[0]: needs exactly one value[x]",
    ),
    "an option of another kind": (
        question("a", "choice", answerOption=[{"valueBoolean": True}]),
        "item[0].answerOption[0]: is not a value that an option may have",
    ),
    "no options in the list": (question("a", "choice", answerOption=[]), "item[0].answerOption: is not a list"),
    "two that are chosen initially": (
        question("a", "choice", answerOption=[{**OPTION, "initialSelected": True}] * 2),
        "item[0].initial: has several values",
    ),
    "initial of another type": (
        question("a", "integer", initial=[{"valueString": "1"}]),
        "item[0].initial[0]: is not an answer of type integer",
    ),
    "initial that is too long": (
        question("a", maxLength=2, initial=[{"valueString": "abc"}]),
        "item[0].initial: is longer than 2",
    ),
    "a condition about nothing": (
        question("a", enableWhen=[{"question": "z", "operator": "=", "answerString": "x"}]),
        "item[0].enableWhen[0].question: there is no item 'z'",
    ),
    "a condition without a question": (
        question("a", enableWhen=[{"operator": "=", "answerString": "x"}]),
        "item[0].enableWhen[0].question: is missing",
    ),
    "an unknown operator": (
        question("a", enableWhen=[{"question": "a", "operator": "~", "answerString": "x"}]),
        "item[0].enableWhen[0].operator: is none of exists",
    ),
    "a condition without an answer": (
        question("a", enableWhen=[{"question": "a", "operator": "="}]),
        "item[0].enableWhen[0]: needs exactly one answer[x]",
    ),
    "exists that is not a truth": (
        question("a", enableWhen=[{"question": "a", "operator": "exists", "answerString": "x"}]),
        "item[0].enableWhen[0].answerString: is not answerBoolean",
    ),
    "several conditions and no behaviour": (
        question("a", enableWhen=[{"question": "a", "operator": "=", "answerString": "x"}] * 2),
        "item[0].enableBehavior: is missing",
    ),
    "an unknown behaviour": (question("a", enableBehavior="some"), "item[0].enableBehavior: is neither all nor any"),
    "a bound that is no date": (
        question("a", "date", extension=[{"url": HL7 + "minValue", "valueDate": "soon"}]),
        "item[0].extension: the lowest value is not a date",
    ),
    "a change of meaning that is not known": (
        question("a", modifierExtension=[{"url": "http://x", "valueBoolean": True}]),
        "item[0].modifierExtension: changes the item's meaning",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_an_item_is_told_with_its_place(case: str) -> None:
    item, told = WRONG[case]
    found = import_problems(questionnaire(item))
    assert any(problem.startswith(told) for problem in found), found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("[]", 'resourceType is not "Questionnaire"'),
        ('{"resourceType": "Patient"}', 'resourceType is not "Questionnaire"'),
        ('{"resourceType": "Questionnaire", "resourceType": "Questionnaire"}', "a name is given twice"),
        ('{"resourceType": "Questionnaire", "n": 1e999}', "a number has too many digits"),
        ('{"resourceType": "Questionnaire", "n": NaN}', "NaN is no number of JSON"),
        ("[" * 100 + "]" * 100, "nested more than 64 levels"),
        ("[" * 100_000, "nested more than 64 levels"),
        ('{"a": "\\ud800"}', "a text has characters that cannot be written down"),
        (questionnaire(question("a"), status="done"), "status: is none of draft"),
        (questionnaire(), "item: is not a list of objects"),
        (questionnaire(question("a"), title=3), "title: is not text"),
        (questionnaire(question("a"), modifierExtension=[{"url": "http://x"}]), "modifierExtension: changes"),
    ],
)
def test_what_is_no_questionnaire_is_refused(text: str, told: str) -> None:
    assert import_problems(text)[0].startswith(told)


def test_all_that_is_wrong_is_told_at_once_but_not_without_end() -> None:
    assert len(import_problems(questionnaire(*[question("same", "colour") for _ in range(50)]))) == 99
    many = import_problems(questionnaire(*[question("same", "colour") for _ in range(300)]))
    assert (len(many), many[-1]) == (101, "… and 499 more")


def test_a_form_has_no_more_items_and_levels_than_can_be_filled() -> None:
    assert (
        "there are more than 2,000 items"
        in import_problems(questionnaire(*[question(f"q{n}") for n in range(2001)]))[0]
    )
    item = question("deep")
    for level in range(16):
        item = question(f"g{level}", "group", item=[item])
    assert "is nested more than 16 levels" in import_problems(questionnaire(item))[0]


def test_a_form_offers_no_more_answers_than_can_be_shown() -> None:
    """Though it lists them once, and asks for them again and again."""
    concepts = [{"code": f"c{number}", "display": "C"} for number in range(3000)]
    value_set = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": concepts}]}}
    asked = [question(f"q{number}", "choice", answerValueSet="#v") for number in range(7)]
    assert import_problems(questionnaire(*asked, contained=[value_set])) == [
        "item[6]: the form offers more than 20,000 answers"
    ]
    assert read_questionnaire(questionnaire(*asked[:6], contained=[value_set])).questions == 6


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_question_is_taken(kind: str) -> None:
    found = read_questionnaire(questionnaire(question("a", kind)))
    assert (found.items[0].type, found.questions) == (kind, 1)


def test_what_is_not_understood_is_left_as_it_is() -> None:
    """Unknown extensions, codes, narrative and whatever else a publisher writes."""
    item = question(
        "a",
        extension=[
            {"url": "http://example.org/unknown", "valueMoney": {"value": 1}},
            {"url": HL7 + "regex", "valueString": "("},
            {"url": HL7 + "questionnaire-itemControl", "valueCodeableConcept": {}},
        ],
        code=[{"code": "x"}],
        definition="http://example.org/d",
        _text={"extension": []},
    )
    found = read_questionnaire(questionnaire(item, text={"div": "<div/>"}, useContext=[{}]))
    assert found.items[0].text == "What is a?"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"title": "A\r\n\u009b\u202eB"}, "A B"),
        ({"name": "N"}, "N"),
        ({"url": "http://x/q"}, "http://x/q"),
        ({}, "Form"),
        ({"title": "x" * 300}, "x" * 199 + "…"),
    ],
)
def test_a_form_has_a_title_of_one_line(fields: dict[str, str], title: str) -> None:
    assert read_questionnaire(questionnaire(question("a"), **fields)).title == title


def test_a_value_set_that_is_kept_elsewhere_leaves_the_answer_free_and_says_so() -> None:
    text = questionnaire(question("a", "choice", answerValueSet="http://loinc.org/vs/LL358-3"))
    found = read_questionnaire(text)
    assert found.notes == [
        "a: its choices are kept elsewhere (http://loinc.org/vs/LL358-3), so any words are an answer"
    ]
    sheet = sheet_of(question("a", "choice", answerValueSet="http://loinc.org/vs/LL358-3"))
    assert kept(put(sheet, {"a": "Not at all"})) == {"a": [{"display": "Not at all"}]}
    assert kept(put(sheet, {"a": {"system": "s", "code": "c"}})) == {"a": [{"system": "s", "code": "c"}]}


@pytest.mark.parametrize("as_expansion", [True, False])
def test_the_answers_of_a_contained_value_set_are_offered(as_expansion: bool) -> None:
    """By its id or its URL; those of its expansion where it has one."""
    concept = {"code": "c", "display": "C"}
    value_set: dict[str, Any] = {"resourceType": "ValueSet", "id": "v", "url": "http://x/v"}
    if as_expansion:
        inner = {"system": "s", **concept}
        value_set["expansion"] = {"contains": [{"abstract": True, "code": "top", "contains": [inner]}]}
    else:
        value_set["compose"] = {"include": [{"system": "s", "concept": [concept]}]}
    for url in ("#v", "http://x/v|1"):
        sheet = sheet_of(question("a", "choice", answerValueSet=url), contained=[value_set])
        assert kept(put(sheet, {"a": "C"})) == {"a": [{"system": "s", "code": "c", "display": "C"}]}
        assert problems(sheet, {"a": "D"}) == ["a (What is a?): is none of the choices: c"]


def test_what_an_option_counts_goes_with_the_answer() -> None:
    """By any of the extensions for it, on the option or on its coding."""
    for name in ("ordinalValue", "itemWeight", "questionnaire-ordinalValue"):
        weight = {"url": HL7 + name, "valueDecimal": 3}
        on_coding = {"valueCoding": {"code": "a", "display": "A", "extension": [weight]}}
        for option in ({**OPTION, "extension": [weight]}, on_coding):
            sheet = put(sheet_of(question("q", "choice", answerOption=[option])), {"q": "a"})
            assert sheet.scores == [3]
            assert kept(sheet)["q"][0]["extension"] == [weight]


def test_a_total_is_a_whole_number_where_it_is_one() -> None:
    assert str(total([Decimal("1.5"), Decimal("1.5")])) == "3"
    assert total([Decimal("0.1"), Decimal("0.2")]) == 0.3


def test_that_a_form_or_a_part_of_it_is_to_be_signed_is_known() -> None:
    assert read_questionnaire(questionnaire(question("a"), **SIGNED)).signature
    assert read_questionnaire(questionnaire(question("a", **SIGNED))).signature
    assert not read_questionnaire(questionnaire(question("a"))).signature


@pytest.mark.parametrize("text", [phq_9(), phq_9_of_a_guide()], ids=["of an editor", "of a guide"])
def test_the_published_phq_9_is_taken_filled_and_scored_as_it_is(text: str) -> None:
    found = read_questionnaire(text)
    assert (found.scored, found.notes, found.signature) == (True, [], False)
    asked = [item for item in found.every_item if item.type == "choice"][:9]
    assert len(asked) == len(PHQ_9_ITEMS)
    sheet = put(
        sheet_of(*found.resource["item"], contained=found.resource.get("contained", [])),
        {item.link_id: FREQUENCY[number % 4][1] for number, item in enumerate(asked)},
    )
    assert sum(sheet.scores) == sum(number % 4 for number in range(9))
    assert missing(sheet) == []


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_the_questionnaires_of_our_own_are_taken(file: Path) -> None:
    found = read_questionnaire(file.read_text())
    assert found.notes == []
    assert found.canonical == f"{found.resource['url']}|1.0.0"


def test_the_intake_form_nests_depends_attaches_and_is_signed() -> None:
    found = read_questionnaire(next(file for file in OURS if file.stem == "intake").read_text())
    assert found.signature
    assert {item.type for item in found.every_item} == {"group", "display", *TYPES}
    assert any(item.conditions for item in found.every_item)
    assert any(inner.items for item in found.items for inner in item.items)


def test_the_mood_scale_has_nine_statements_that_count() -> None:
    found = read_questionnaire(next(file for file in OURS if file.stem == "mood_scale").read_text())
    counting = [item for item in found.every_item if any(option.score is not None for option in item.options)]
    assert len(counting) == 9
    assert all(sorted(option.score or 0 for option in item.options) == [0, 1, 2, 3] for item in counting)


def test_a_scored_choice_of_the_suite_counts_from_nought() -> None:
    sheet = put(sheet_of(scored("m", "low", "high")), {"m": "a1"})
    assert json.dumps([float(each) for each in sheet.scores]) == "[1.0]"
