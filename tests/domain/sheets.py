"""Forms without a portal: questions, answers put into them, and what comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portalctl import errors
from portalctl.domain import answers, fhir_json
from portalctl.domain.answer_problems import Problems
from portalctl.domain.questionnaires import read_questionnaire
from portalctl.domain.responses import items_of
from portalctl.domain.sheets import Sheet
from portalctl.testing.questionnaires import questionnaire

ROME = "Europe/Rome"


def sheet_of(*items: dict[str, Any], **fields: Any) -> Sheet:
    """A blank form of these items."""
    return Sheet(read_questionnaire(questionnaire(*items, **fields)))


def put(sheet: Sheet, told: dict[str, Any] | str) -> Sheet:
    """The form with these answers."""
    return answers.put(sheet, told if isinstance(told, str) else json.dumps(told), ROME)


def told(sheet: Sheet, *, only_asked: bool = False) -> Any:
    """What a form's response would say, as JSON that keeps every digit."""
    return fhir_json.read(fhir_json.write(items_of(sheet, only_asked=only_asked)))


def kept(sheet: Sheet) -> dict[str, list[Any]]:
    """The answers by their keys, those that do not apply left out."""
    return {
        key: [next(iter(answer.value.values())) for answer in place.answers]
        for key, place in answers.keys(sheet)
        if place.answers and sheet.applies(place)
    }


def problems(sheet: Sheet, told: dict[str, Any] | str) -> list[str]:
    """What is wrong with these answers."""
    with pytest.raises(errors.AnswersNotValid) as refused:
        put(sheet, told)
    return refused.value.problems


def missing(sheet: Sheet) -> list[str]:
    """What is missing before the form can be handed in."""
    found = Problems()
    answers.check_whole(sheet, found)
    return found


def import_problems(text: str) -> list[str]:
    """What is wrong with a questionnaire."""
    with pytest.raises(errors.FormNotValid) as refused:
        read_questionnaire(text)
    return refused.value.problems
