"""Answers read from a FHIR R4 QuestionnaireResponse, whoever wrote it."""

from __future__ import annotations

from typing import Any

from portalctl.domain import values
from portalctl.domain.answer_problems import Problems, most_of
from portalctl.domain.answering import Unfit, fit
from portalctl.domain.form_items import Item, Questionnaire
from portalctl.domain.sheets import Place, Sheet, answer, place_of


def restored(questionnaire: Questionnaire, items: list[dict[str, Any]]) -> Sheet:
    """The form with the answers that were kept of it."""
    problems = Problems()
    problems.room = 1_000_000
    sheet = of_response(questionnaire, items, problems)
    assert not problems, problems  # noqa: S101  what is kept was checked when it was
    return sheet


def of_response(questionnaire: Questionnaire, items: Any, problems: Problems) -> Sheet:
    """The form with the items of a QuestionnaireResponse."""
    sheet = Sheet(questionnaire, begun=True)
    sheet.places = _read_items(questionnaire.items, None, items, "item", problems)
    return sheet


def _read_items(asked: tuple[Item, ...], above: Place | None, told: Any, path: str, problems: Problems) -> list[Place]:
    """The places of the items that belong here, with what was told of each."""
    given: dict[str, list[tuple[str, dict[str, Any]]]] = {item.link_id: [] for item in asked}
    if told is not None and (not isinstance(told, list) or not all(isinstance(each, dict) for each in told)):
        problems.append(f"{path}: is not a list of items")
        told = None
    for number, each in enumerate(told or []):
        link_id = each.get("linkId")
        if not isinstance(link_id, str) or link_id not in given:
            problems.append(f"{path}[{number}].linkId: there is no such question here: {link_id!r}")
        else:
            given[link_id].append((f"{path}[{number}]", each))
    places: list[Place] = []
    for item in asked:
        found = given[item.link_id]
        limit = most_of(item) if item.type == "group" else 1
        if len(found) > limit:
            problems.note(item, f"stands here {len(found)} times, and {limit} at most")
            found = found[:limit]
        if not problems.take(item, max(1, len(found))):
            return places
        for turn, (where, each) in enumerate(found, 1):
            places.append(_read_place(item, above, turn, each, where, problems))
        if not found:
            places.append(place_of(item, above, with_initial=False))
    return places


def _read_place(
    item: Item, above: Place | None, turn: int, told: dict[str, Any], path: str, problems: Problems
) -> Place:
    place = Place(item, above, turn)
    if item.type in ("group", "display"):
        if "answer" in told:
            problems.note(item, f"is a {item.type} and takes no answer")
        place.places = _read_items(item.items, place, told.get("item"), f"{path}.item", problems)
        return place
    if told.get("item"):
        problems.note(item, "holds items, which belong within its answer")
    listed = told.get("answer")
    if listed is not None and (not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed)):
        problems.append(f"{path}.answer: is not a list of answers")
        listed = None
    if len(listed or []) > most_of(item):
        problems.note(item, f"takes {most_of(item)} answers at most" if item.repeats else "takes one answer")
        return place
    for number, each in enumerate(listed or []):
        value = values.parts_of(each)
        try:
            kept = fit(item, value)
        except Unfit as wrong:
            problems.note(item, str(wrong))
            continue
        made = answer(place, kept, with_initial=False)
        inner = f"{path}.answer[{number}].item"
        made.places = _read_items(item.items, place, each.get("item"), inner, problems)
    if item.read_only or item.hidden:
        own = [each.value for each in place.answers]
        if [values.text_of(each) for each in own] != [values.text_of(each) for each in item.initial] and own:
            problems.note(item, "is not to be changed")
        return place_of(item, above, turn, with_initial=False)
    return place
