"""A form as whoever fills or reads it sees it: its questions with their answers, and who signed it."""

from __future__ import annotations

from collections import Counter

from portalctl.domain import fhir_json, responses, values
from portalctl.domain.answers import key_of
from portalctl.domain.fhir_extensions import SIGNATURE, Extensions
from portalctl.domain.form_items import Item
from portalctl.domain.sheets import Place, Sheet
from portalctl.domain.value_sets import Option
from portalctl.models.forms import Choice, Question, SignatureShown


def questions(sheet: Sheet) -> list[Question]:
    """What is asked now, in order."""
    asked = [place for place in sheet.asked() if not _is_help(place)]
    latest = {(place.above, place.item.link_id): place for place in asked}
    return [_question(place, is_last=latest[place.above, place.item.link_id] is place) for place in asked]


def signature_in(response: str) -> SignatureShown | None:
    """Who signed what was handed in, and whether it is still that."""
    told = fhir_json.read(response)
    for extension in Extensions.of(told).listed:
        if extension.get("url") == SIGNATURE:
            signed = extension["valueSignature"]
            said = {each["url"]: each["valueString"] for each in signed["extension"]}
            unsigned = {name: part for name, part in told.items() if name != "extension"}
            return SignatureShown(
                name=signed["who"]["display"],
                relationship=said[responses.RELATIONSHIP],
                at=signed["when"],
                hash=said[responses.SHA256],
                holds=responses.digest(unsigned) == said[responses.SHA256],
            )
    return None


def _is_help(place: Place) -> bool:
    return place.item.type == "display" and place.above is not None and place.above.item.is_question


def _question(place: Place, *, is_last: bool) -> Question:
    item = place.item
    key = key_of(place)
    repeating_group = item.repeats and item.type == "group"
    return Question(
        key=key,
        link_id=item.link_id,
        type=item.type,
        depth=len(place.line()) - 1,
        prefix=item.prefix,
        text=item.text,
        help=[each.text for each in item.items if item.is_question and each.type == "display" and each.text],
        required=item.required,
        repeats=item.repeats,
        read_only=item.read_only,
        max_length=item.max_length,
        lowest=values.text_of(item.lowest) if item.lowest else None,
        highest=values.text_of(item.highest) if item.highest else None,
        units=[str(unit.get("display") or unit.get("code")) for unit in item.units],
        choices=_choices(item),
        answers=[values.text_of(answer.value) for answer in place.answers],
        next_key=f"{key.removesuffix(f'[{place.turn}]')}[{place.turn + 1}]" if repeating_group and is_last else None,
    )


def _choices(item: Item) -> list[Choice]:
    times = Counter(option.code for option in item.options)
    return [
        Choice(
            code=option.code if times[option.code] == 1 else _whole_code(option),
            label=option.label,
            score=float(option.score) if option.score is not None else None,
        )
        for option in item.options
    ]


def _whole_code(option: Option) -> str:
    return f"{option.value.get('valueCoding', {}).get('system')}|{option.code}"
