"""Questionnaires with the structure of published instruments; the wording of the PHQ-9 is its publishers'.

Of the items only the codes of LOINC are those of the instrument: 44249-1 and its parts, with the answer list LL358-3.
"""

from __future__ import annotations

import json
from typing import Any

_HL7 = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"

PHQ_9_ITEMS = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
FREQUENCY = (
    ("LA6568-5", "Not at all"),
    ("LA6569-3", "Several days"),
    ("LA6570-1", "More than half the days"),
    ("LA6571-9", "Nearly every day"),
)
DIFFICULTY = (
    ("LA6572-7", "Not difficult at all"),
    ("LA6573-5", "Somewhat difficult"),
    ("LA6575-0", "Very difficult"),
    ("LA6574-3", "Extremely difficult"),
)


def _control(word: str) -> dict[str, Any]:
    coding = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": word, "display": word}
    return {"url": _HL7 + "questionnaire-itemControl", "valueCodeableConcept": {"coding": [coding], "text": word}}


def _code(code: str) -> list[dict[str, str]]:
    return [{"system": "http://loinc.org", "code": code, "display": f"Item {code}"}]


def _options(answers: tuple[tuple[str, str], ...], *, scored: bool) -> list[dict[str, Any]]:
    return [
        {
            "valueCoding": {"system": "http://loinc.org", "code": code, "display": display},
            **({"extension": [_prefix(score), _score(score)]} if scored else {}),
        }
        for score, (code, display) in enumerate(answers)
    ]


def _prefix(score: int) -> dict[str, Any]:
    return {"url": _HL7 + "questionnaire-optionPrefix", "valueString": str(score)}


def _score(score: int) -> dict[str, Any]:
    return {"url": _HL7 + "ordinalValue", "valueDecimal": score}


def phq_9() -> str:
    """As a form editor writes the panel 44249-1: drop-downs, prefixes, scores, a computed total with help below it."""
    items: list[dict[str, Any]] = [
        {
            "type": "choice",
            "code": _code(code),
            "extension": [_control("drop-down")],
            "required": False,
            "linkId": f"/{code}",
            "text": f"Item {code}",
            "answerOption": _options(FREQUENCY, scored=True),
        }
        for code in PHQ_9_ITEMS
    ]
    items.append(
        {
            "type": "choice",
            "code": _code("69722-7"),
            "required": False,
            "linkId": "/69722-7",
            "text": "Item 69722-7",
            "answerOption": _options(DIFFICULTY, scored=False),
        }
    )
    total = {
        "url": _SDC + "sdc-questionnaire-calculatedExpression",
        "valueExpression": {"language": "text/fhirpath", "expression": "%a.sum()", "description": "total"},
    }
    help_text = {
        "type": "display",
        "linkId": "/44261-6-help",
        "text": "How the total is read",
        "extension": [_control("help")],
    }
    items.append(
        {
            "type": "decimal",
            "code": _code("44261-6"),
            "required": False,
            "linkId": "/44261-6",
            "text": "Total",
            "extension": [total],
            "item": [help_text],
        }
    )
    return json.dumps(
        {
            "resourceType": "Questionnaire",
            "id": "44249-1-x",
            "meta": {"profile": [_SDC + "sdc-questionnaire|2.7"], "tag": [{"code": "lformsVersion: 34.3.0"}]},
            "title": "PHQ-9 quick depression assessment panel",
            "status": "draft",
            "copyright": "as the publisher says it",
            "code": _code("44249-1"),
            "subjectType": ["Patient", "Person"],
            "item": items,
        },
        indent=2,
    )


def phq_9_of_a_guide() -> str:
    """As an implementation guide writes it: the answers in a contained value set, the total a quantity."""
    concepts = [
        {"code": code, "display": display, "extension": [_score(score)]}
        for score, (code, display) in enumerate(FREQUENCY)
    ]
    value_set = {
        "resourceType": "ValueSet",
        "id": "VSPHQ9",
        "url": "http://hl7.org/fhir/uv/sdc/ValueSet/VSPHQ9",
        "status": "draft",
        "immutable": True,
        "compose": {"include": [{"system": "http://loinc.org", "concept": concepts}]},
    }
    asked = [
        {"linkId": f"H1/T1/Q{n}", "text": f"Item {code}", "type": "choice", "answerValueSet": "#VSPHQ9"}
        for n, code in enumerate(PHQ_9_ITEMS, 1)
    ]
    unit = {
        "url": _HL7 + "questionnaire-unitOption",
        "valueCoding": {"system": "http://unitsofmeasure.org", "code": "1"},
    }
    total = {"linkId": "H1/TS", "text": "Total", "type": "quantity", "extension": [unit], "readOnly": True}
    return json.dumps(
        {
            "resourceType": "Questionnaire",
            "id": "questionnaire-sdc-profile-example-PHQ9",
            "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">…</div>'},
            "contained": [value_set],
            "extension": [{"url": _HL7 + "rendering-styleSensitive", "valueBoolean": True}],
            "url": "http://hl7.org/fhir/uv/sdc/Questionnaire/questionnaire-sdc-profile-example-PHQ9",
            "name": "SDCPHQ9",
            "status": "active",
            "experimental": True,
            "effectivePeriod": {"start": "2018-08-20T04:00:00.000Z"},
            "item": [{"linkId": "H1/T1", "text": "Two weeks", "type": "group", "item": [*asked, total]}],
        }
    )
