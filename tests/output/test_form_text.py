"""A response as text: for whoever downloads or views a form, whatever program wrote it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portalctl.output.form_text import response_lines


def _lines(*items: dict[str, Any], **fields: Any) -> list[str]:
    told = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": list(items), **fields}
    return response_lines(json.dumps(told).encode())


def _answer(link_id: str, *answers: dict[str, Any]) -> dict[str, Any]:
    return {"linkId": link_id, "text": f"{link_id}?", "answer": list(answers)}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"valueBoolean": True}, "yes"),
        ({"valueBoolean": False}, "no"),
        ({"valueString": "x\u202ey"}, "x\\u202ey"),
        ({"valueCoding": {"code": "c", "display": "Choice"}}, "Choice"),
        ({"valueCoding": {"code": "c"}}, "c"),
        ({"valueQuantity": {"value": 1, "unit": "kg"}}, "1 kg"),
        ({"valueAttachment": {"url": "doc_1", "title": "Letter"}}, "Letter (doc_1)"),
        ({"valueAttachment": {"url": "doc_1"}}, "doc_1"),
        ({}, ""),
    ],
)
def test_an_answer_is_shown_as_people_read_it(value: dict[str, Any], shown: str) -> None:
    assert _lines(_answer("a", value)) == ["a?", *([f"  {shown}"] if shown else [])]


def test_digits_are_shown_as_they_were_written() -> None:
    assert response_lines(b'{"item": [{"linkId": "a", "answer": [{"valueDecimal": 1.50}]}]}') == ["a", "  1.50"]


def test_groups_and_what_is_within_answers_are_set_in() -> None:
    inner = _answer("b", {"valueString": "x\ny"})
    group = {"linkId": "g", "text": "Group", "item": [{**_answer("a", {"valueString": "z", "item": [inner]})}]}
    assert _lines(group) == ["", "Group", "  a?", "    z", "      b?", "        x", "        y"]


def test_scores_add_up_and_who_signed_is_named() -> None:
    def scored(number: float) -> dict[str, Any]:
        extension = [{"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": number}]
        return {"valueCoding": {"display": "some", "extension": extension}}

    signature = {"url": "s", "valueSignature": {"who": {"display": "Anna\x1b"}}}
    lines = _lines(_answer("a", scored(1)), _answer("b", scored(1.5)), extension=[signature])
    assert lines[-3:] == ["", "Total: 2.5", "Signed by Anna\\x1b"]


@pytest.mark.parametrize("body", [b"{}", b'{"item": []}', b"[]", b"1", b'{"item": 5, "extension": 3}'])
def test_a_response_without_answers_says_so(body: bytes) -> None:
    assert response_lines(body) == ["No answers yet."]


@pytest.mark.parametrize("body", [b"\xff\x9b2J", b"not JSON\x1b[2J", b"[" * 5000])
def test_what_is_no_response_is_shown_as_it_is_but_safe(body: bytes) -> None:
    (line,) = response_lines(body)
    assert line
    assert line.isprintable()
