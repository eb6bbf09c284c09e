"""Answers put into a form: from a flat object of keys, or from a QuestionnaireResponse; and whether a form is whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portalctl.domain import fhir_json
from portalctl.domain.answer_problems import MOST_PLACES, Problems, most_of
from portalctl.domain.answering import Unfit, read_answer
from portalctl.domain.form_items import MOST_PROBLEMS
from portalctl.domain.response_answers import of_response
from portalctl.domain.sheets import Place, Sheet, answer, place_of
from portalctl.domain.values import Value


def keys(sheet: Sheet) -> Iterator[tuple[str, Place]]:
    """Every place with its key: its linkId, behind `GROUP[TURN]/` for each group or answer that it is a turn of."""
    for place in sheet.walk():
        yield key_of(place), place


def key_of(place: Place) -> str:
    """The key of one place."""
    parts = []
    above = place.above
    inner = place
    while above is not None:
        if above.item.type == "group":
            if above.item.repeats:
                parts.append(f"{above.item.link_id}[{above.turn}]/")
        elif above.item.repeats:
            turn = 1 + next(n for n, each in enumerate(above.answers) if any(inner is it for it in each.places))
            parts.append(f"{above.item.link_id}[{turn}]/")
        inner, above = above, above.above
    own = f"[{place.turn}]" if place.item.type == "group" and place.item.repeats else ""
    return "".join(reversed(parts)) + place.item.link_id + own


def put(sheet: Sheet, text: str, timezone: str) -> Sheet:
    """The form with answers put into it; nothing is left of others where a QuestionnaireResponse comes.

    Raises AnswersNotValid.
    """
    problems = Problems()
    try:
        told = fhir_json.read(text)
    except fhir_json.NotJson as wrong:
        problems.append(str(wrong))
        told = {}
    if not isinstance(told, dict):
        problems.append("the answers are not an object: write {linkId: answer}, or a QuestionnaireResponse")
    elif told.get("resourceType") == "QuestionnaireResponse":
        sheet = of_response(sheet.questionnaire, told.get("item"), problems)
    elif "resourceType" in told:
        problems.append("resourceType is not QuestionnaireResponse")
    else:
        _put_flat(sheet, told, timezone, problems)
    if not problems and sum(1 for _ in sheet.walk()) > MOST_PLACES:
        problems.append("the form has more answers than a form may have")
    problems.settle("these answers do not fit the form")
    sheet.changed()
    return sheet


def check_whole(sheet: Sheet, problems: Problems) -> None:
    """Note what is missing from the questions that apply."""
    for place in sheet.walk():
        item = place.item
        if not sheet.applies(place) or item.type == "display" or item.hidden or item.read_only or _is_idle(place):
            continue
        if item.type == "group":
            if item.required and place.turn == 1 and not any(_has_answer(each) for each in _turns(place, sheet)):
                problems.note(item, "needs at least one answer within it")
            continue
        if not place.answers and (item.required or item.fewest):
            problems.note(item, "needs an answer" + _where(place))
        elif item.fewest and len(place.answers) < item.fewest:
            problems.note(item, f"needs {item.fewest} answers at least")


def _is_idle(place: Place) -> bool:
    """Whether it is in a turn that was begun and left empty, which does not count."""
    return any(each.item.type == "group" and each.turn > 1 and not _has_answer(each) for each in place.line())


def _where(place: Place) -> str:
    key = key_of(place)
    return "" if key == place.item.link_id else f" ({key})"


def _turns(place: Place, sheet: Sheet) -> list[Place]:
    return [each for each in _siblings(place, sheet) if each.item is place.item]


def _siblings(place: Place, sheet: Sheet) -> list[Place]:
    if place.above is None:
        return sheet.places
    if place.above.item.type == "group":
        return place.above.places
    return next(each.places for each in place.above.answers if any(place is it for it in each.places))


def _has_answer(place: Place) -> bool:
    return bool(place.answers) or any(_has_answer(each) for each in place.within())


def _put_flat(sheet: Sheet, told: dict[str, Any], timezone: str, problems: Problems) -> None:
    places = _by_key(sheet)
    for key, given in told.items():
        if len(problems) > MOST_PROBLEMS:
            return
        place = places.get(key) or _next_turn(sheet, key, problems)
        if place is None:
            problems.append(f"{key}: there is no such question in this form")
            continue
        if place.item.type == "group":
            _put_group(sheet, place, given, timezone, problems, is_turn=key != place.item.link_id)
        else:
            _put_question(place, given, timezone, problems)
        if place.item.items or key not in places:
            places = _by_key(sheet)


def _by_key(sheet: Sheet) -> dict[str, Place]:
    """The places by their keys; a linkId alone is the first place of its item."""
    found: dict[str, Place] = {}
    for key, place in keys(sheet):
        found.setdefault(key, place)
    for place in sheet.walk():
        found.setdefault(place.item.link_id, place)
    return found


def _next_turn(sheet: Sheet, key: str, problems: Problems) -> Place | None:
    """The place of a key in the turn of a group that comes next, which it begins."""
    if "[" not in key:
        return None
    for name, place in list(keys(sheet)):
        if place.item.type == "group" and place.item.repeats:
            turns = _turns(place, sheet)
            if place is not turns[-1] or len(turns) >= most_of(place.item):
                continue
            following = name.removesuffix(f"[{place.turn}]") + f"[{place.turn + 1}]"
            if (key == following or key.startswith(following + "/")) and problems.take(place.item, 1):
                made = place_of(place.item, place.above, place.turn + 1, with_initial=True)
                siblings = _siblings(place, sheet)
                siblings.insert(next(n for n, each in enumerate(siblings) if each is place) + 1, made)
                found = next((each for each in _below(made) if key_of(each) == key), None)
                if found is None:
                    siblings.remove(made)
                return found
    return None


def _below(place: Place) -> Iterator[Place]:
    yield place
    for each in place.within():
        yield from _below(each)


def _put_group(
    sheet: Sheet, place: Place, given: Any, timezone: str, problems: Problems, *, is_turn: bool = False
) -> None:
    """Fill a group in with an object of its answers, one turn of it or, as a list, all; null empties or removes it."""
    item = place.item
    if isinstance(given, dict) and (is_turn or not item.repeats):
        _fill(sheet, place, given, timezone, problems)
        return
    objects = [] if given is None else given if isinstance(given, list) else [given]
    if not all(isinstance(each, dict) for each in objects) or (is_turn and objects):
        problems.note(
            item, "is a group: write an object of its answers" + (", or a list of them" if item.repeats else "")
        )
        return
    if len(objects) > most_of(item):
        problems.note(item, f"is filled in {most_of(item)} times at most")
        return
    if not problems.take(item, len(objects)):
        return
    siblings = _siblings(place, sheet)
    turns = [each for each in siblings if each.item is item]
    at = next(n for n, each in enumerate(siblings) if each is turns[0])
    if is_turn and len(turns) > 1:
        made = [each for each in turns if each is not place]
        for turn, each in enumerate(made, 1):
            each.turn = turn
    else:
        made = [place_of(item, place.above, turn + 1, with_initial=True) for turn in range(max(1, len(objects)))]
    siblings[at : at + len(turns)] = made
    for turn_place, told in zip(made, objects, strict=False):
        _fill(sheet, turn_place, told, timezone, problems)


def _fill(sheet: Sheet, turn: Place, told: dict[str, Any], timezone: str, problems: Problems) -> None:
    for key, given in told.items():
        within = next((each for each in _below(turn) if each is not turn and each.item.link_id == key), None)
        if within is None:
            problems.note(turn.item, f"there is no question {key!r} within it")
        elif within.item.type == "group":
            _put_group(sheet, within, given, timezone, problems)
        else:
            _put_question(within, given, timezone, problems)


def _put_question(place: Place, given: Any, timezone: str, problems: Problems) -> None:
    item = place.item
    if item.type == "display":
        problems.note(item, "is not a question")
        return
    listed = [] if given is None or given == "" else given if isinstance(given, list) else [given]
    try:
        found = [read_answer(item, each, timezone) for each in listed]
    except Unfit as wrong:
        problems.note(item, str(wrong))
        return
    _replace(place, found, problems)


def _replace(place: Place, found: list[Value], problems: Problems) -> None:
    """Give a question these answers; what was asked within one that stays is kept."""
    item = place.item
    if len(found) > most_of(item):
        problems.note(item, f"takes {most_of(item)} answers at most" if item.repeats else "takes one answer")
    elif item.read_only or item.hidden:
        if found != [each.value for each in place.answers]:
            problems.note(item, "is not to be changed")
    else:
        before = place.answers
        place.answers = []
        for value in found:
            kept = next((each for each in before if each.value == value), None)
            if kept is not None and not any(kept is each for each in place.answers):
                place.answers.append(kept)
            elif not item.items or problems.take(item, 1):
                answer(place, value, with_initial=True)
