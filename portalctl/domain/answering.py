"""One answer to one question: read from what a person or a script writes, and held to what the question allows."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from portalctl.domain import values
from portalctl.domain.form_items import Item
from portalctl.domain.sheets import option_of
from portalctl.domain.values import Value

_TRUTHS = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_WITH_UNIT = re.compile(r"(?P<comparator><=|>=|<|>)?\s*(?P<number>-?[0-9]{1,20}(?:\.[0-9]{1,20})?)\s*(?P<unit>\S.*)?")


class Unfit(ValueError):
    """Why something is no answer, on one line."""


def read_answer(item: Item, given: Any, timezone: str) -> Value:
    """The answer that a JSON value means for a question: FHIR's own form, or as a person would write it.

    A moment without an offset is one in that time zone. Raises Unfit.
    """
    if isinstance(given, dict) and values.parts_of(given):
        return fit(item, values.parts_of(given))
    if isinstance(given, str):
        given = given.strip() if item.type not in ("string", "text") else given
    if item.options and not isinstance(given, dict):
        chosen = _chosen(item, given)
        if chosen is not None:
            return chosen
        if item.type != "open-choice":
            raise Unfit("is none of the choices: " + _some([option.code for option in item.options]))
    return fit(item, _READERS[item.type](item, given, timezone))


def fit(item: Item, value: Value) -> Value:
    """The answer as it is kept, once it is one that the question allows. Raises Unfit."""
    name = values.name_of(value)
    if name not in values.TYPES[item.type]:
        raise Unfit(f"takes {' or '.join(values.TYPES[item.type][:2])}, not {name or 'several values'}")
    wrong = values.problem(value)
    if wrong:
        raise Unfit(wrong)
    if item.options:
        option = option_of(item, value)
        if option is not None:
            return option.answer
        if item.type != "open-choice" or name not in ("valueString", "valueCoding"):
            raise Unfit("is none of the choices: " + _some([each.code for each in item.options]))
    elif name not in values.TYPES[item.type][: 2 if item.type == "open-choice" else 1]:
        raise Unfit(f"takes {values.TYPES[item.type][0]}, not {name}")
    _check_length(item, value)
    _check_number(item, value)
    for bound, wanted, word in ((item.lowest, (0, 1), "at least"), (item.highest, (0, -1), "at most")):
        if bound is not None and values.compared(value, bound) not in (*wanted, None):
            raise Unfit(f"must be {word} {values.text_of(bound)}")
    return value


def _check_length(item: Item, value: Value) -> None:
    text = values.bare(value)
    if not isinstance(text, str):
        return
    if item.max_length is not None and len(text) > item.max_length:
        raise Unfit(f"is longer than {item.max_length} characters")
    if item.min_length is not None and len(text) < item.min_length:
        raise Unfit(f"is shorter than {item.min_length} characters")
    if item.type == "string" and "\n" in text:
        raise Unfit("is more than one line")


def _check_number(item: Item, value: Value) -> None:
    number = values.bare(value)
    if isinstance(number, dict):
        number = number.get("value")
    if item.decimals is not None and isinstance(number, Decimal):
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > item.decimals:
            raise Unfit(f"has more than {item.decimals} places behind the point")
    if item.units and "valueQuantity" in value:
        found = value["valueQuantity"]
        words = {found.get("code"), found.get("unit")}
        if not any(words & {unit.get("code"), unit.get("display")} - {None} for unit in item.units):
            raise Unfit("has none of the units: " + ", ".join(str(_unit(unit)["unit"]) for unit in item.units))


def _chosen(item: Item, given: Any) -> Value | None:
    """The option that a word, a number or a label names: its code first, then `system|code`, then what it says."""
    if isinstance(given, bool) or not isinstance(given, str | int):
        return None
    word = str(given)
    for key in (
        [option.code for option in item.options],
        [f"{option.value.get('valueCoding', {}).get('system')}|{option.code}" for option in item.options],
        [option.label for option in item.options],
    ):
        if word in key:
            return item.options[key.index(word)].answer
    folded = [option.label.casefold() for option in item.options]
    if folded.count(word.casefold()) == 1:
        return item.options[folded.index(word.casefold())].answer
    return None


def _boolean(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  one signature for the table
    found = _TRUTHS.get(given.lower()) if isinstance(given, str) else given
    if not isinstance(found, bool):
        raise Unfit("is neither yes nor no")
    return {"valueBoolean": found}


def _number(given: Any) -> int | Decimal:
    if isinstance(given, str) and _NUMBER.fullmatch(given):
        given = Decimal(given)
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise Unfit("is not a number such as 3 or 3.5")
    return given


def _decimal(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
    return {"valueDecimal": _number(given)}


def _integer(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
    number = _number(given)
    try:
        whole = int(number)
    except (InvalidOperation, ValueError, OverflowError):
        raise Unfit("is not a whole number") from None
    if whole != number:
        raise Unfit("is not a whole number")
    return {"valueInteger": whole}


def _written(name: str) -> Any:
    def read(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
        if not isinstance(given, str):
            raise Unfit("is not text")
        return {name: given}

    return read


def _time(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
    if isinstance(given, str) and re.fullmatch(r"[0-9]{2}:[0-9]{2}", given):
        given += ":00"
    return {"valueTime": given}


def _moment(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
    if not isinstance(given, str):
        raise Unfit("is not a moment such as 2026-03-02T09:00")
    found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(Z|[+-][0-9:]{5})?", given)
    if found is None:
        return {"valueDateTime": given}
    local, offset = f"{found[1]}T{found[2]}{found[3] or ':00'}", found[4]
    return {"valueDateTime": local + (offset or _offset(local, timezone))}


def _offset(local: str, timezone: str) -> str:
    """The offset of a zone at a local time. Raises Unfit for one that does not happen, or happens twice."""
    try:
        there = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(timezone))
        before, after = there.utcoffset(), there.replace(fold=1).utcoffset()
    except (ValueError, OverflowError):
        raise Unfit("is not a day and time of the calendar") from None
    if before != after:
        raise Unfit("happens twice or never on that day: give its offset too, as in 2026-03-02T09:00+01:00")
    return there.isoformat()[-6:]


def _choice(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
    if isinstance(given, dict):
        return {"valueCoding": given}
    if not isinstance(given, str) or not given.strip():
        raise Unfit("is not text")
    return {"valueString": given} if item.type == "open-choice" else {"valueCoding": {"display": given}}


def _attachment(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
    if isinstance(given, dict):
        return {"valueAttachment": given}
    if not isinstance(given, str) or not given:
        raise Unfit("names no document of yours, such as doc_7k2m")
    return {"valueAttachment": {"url": given}}


def _quantity(item: Item, given: Any, timezone: str) -> Value:  # noqa: ARG001  likewise
    if isinstance(given, dict):
        return {"valueQuantity": given}
    if isinstance(given, str):
        found = _WITH_UNIT.fullmatch(given)
        if found is None:
            raise Unfit("is not a number with a unit such as 70.5 kg")
        parts = {"value": Decimal(found["number"]), "comparator": found["comparator"]}
        return {
            "valueQuantity": {**{k: v for k, v in parts.items() if v is not None}, **_unit_named(item, found["unit"])}
        }
    return {"valueQuantity": {"value": _number(given), **_unit_named(item, None)}}


def _unit_named(item: Item, word: str | None) -> dict[str, Any]:
    """The unit that a word names among those of the question; the only one where none is named."""
    if word is None:
        return _unit(item.units[0]) if len(item.units) == 1 else {}
    for unit in item.units:
        if word in (unit.get("code"), unit.get("display")):
            return _unit(unit)
    return {"unit": word.strip()}


def _unit(coding: dict[str, Any]) -> dict[str, Any]:
    parts = {
        "unit": coding.get("display") or coding.get("code"),
        "system": coding.get("system"),
        "code": coding.get("code"),
    }
    return {name: part for name, part in parts.items() if part is not None}


_READERS = {
    "boolean": _boolean,
    "decimal": _decimal,
    "integer": _integer,
    "date": _written("valueDate"),
    "dateTime": _moment,
    "time": _time,
    "string": _written("valueString"),
    "text": _written("valueString"),
    "url": _written("valueUri"),
    "choice": _choice,
    "open-choice": _choice,
    "attachment": _attachment,
    "quantity": _quantity,
}


def _some(words: list[str], most: int = 12) -> str:
    shown = ", ".join(words[:most])
    return f"{shown} …" if len(words) > most else shown
