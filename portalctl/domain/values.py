"""The values that FHIR's answers are: what each may be, how two compare, and how a person reads one.

An answer is a dict of one name and its value, such as `{"valueInteger": 3}`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Value = dict[str, Any]

TYPES: dict[str, tuple[str, ...]] = {
    "boolean": ("valueBoolean",),
    "decimal": ("valueDecimal",),
    "integer": ("valueInteger",),
    "date": ("valueDate",),
    "dateTime": ("valueDateTime",),
    "time": ("valueTime",),
    "string": ("valueString",),
    "text": ("valueString",),
    "url": ("valueUri",),
    "choice": ("valueCoding", "valueInteger", "valueDate", "valueTime", "valueString"),
    "open-choice": ("valueCoding", "valueString", "valueInteger", "valueDate", "valueTime"),
    "attachment": ("valueAttachment",),
    "quantity": ("valueQuantity",),
}
"""The answers that each type of question takes; groups and displays take none."""

ORDERED = frozenset(
    {"valueDecimal", "valueInteger", "valueDate", "valueDateTime", "valueTime", "valueString", "valueQuantity"}
)
"""The values of which one may be greater than another."""

_DATE = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?"
_OFFSET = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DATE_ONLY = re.compile(_DATE)
_MOMENT = re.compile(rf"{_DATE}|[0-9]{{4}}-(0[1-9]|1[0-2])-[0-9]{{2}}T{_CLOCK}{_OFFSET}")
_TIME = re.compile(_CLOCK)


def parts_of(element: dict[str, Any]) -> Value:
    """The value[x] of an element: what is named `value` and a type."""
    return {name: part for name, part in element.items() if name.startswith("value") and name[5:6].isupper()}


def name_of(value: Value) -> str | None:
    """The name of an answer's one value[x]; None where there is none, or several."""
    names = list(parts_of(value))
    return names[0] if len(names) == 1 else None


def bare(value: Value) -> Any:
    """What an answer's value is."""
    return value[name_of(value) or ""]


def problem(value: Value) -> str | None:
    """What is wrong with a value of FHIR; None for one that is in order."""
    name = name_of(value)
    if name is None:
        return "needs exactly one value[x]"
    found = value[name]
    check = _CHECKS.get(name)
    return check(found) if check else f"{name} is not a kind of answer that is taken here"


def _boolean(found: Any) -> str | None:
    return None if isinstance(found, bool) else "is not true or false"


def _decimal(found: Any) -> str | None:
    return None if isinstance(found, Decimal | int) and not isinstance(found, bool) else "is not a number"


def _integer(found: Any) -> str | None:
    if not isinstance(found, int) or isinstance(found, bool):
        return "is not a whole number"
    return None if -(2**31) <= found < 2**31 else "is not within 32 bits"


def _day(found: Any) -> str | None:
    if not isinstance(found, str) or not _DATE_ONLY.fullmatch(found):
        return "is not a date such as 2026-03-02, 2026-03 or 2026"
    return None if _exists(found) else "is not a day of the calendar"


def _moment(found: Any) -> str | None:
    if not isinstance(found, str) or not _MOMENT.fullmatch(found):
        return "is not a moment such as 2026-03-02T09:00:00+01:00"
    return None if _exists(found[:10]) else "is not a day of the calendar"


def _time(found: Any) -> str | None:
    return None if isinstance(found, str) and _TIME.fullmatch(found) else "is not a time such as 09:00:00"


def _text(found: Any) -> str | None:
    return None if isinstance(found, str) and found.strip() else "is not text"


def _uri(found: Any) -> str | None:
    if isinstance(found, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+", found):
        return None
    return "is not a URL such as https://example.com"


def _parts(found: Any, **kinds: type) -> str | None:
    """What is wrong with an object of optional texts and numbers, those of other names left alone."""
    if not isinstance(found, dict) or not found:
        return "is not an object"
    for name, kind in kinds.items():
        part = found.get(name)
        if part is not None and (not isinstance(part, kind) or (isinstance(part, str) and not part.strip())):
            return f"{name} is not {'text' if kind is str else 'in order'}"
    return None


def _coding(found: Any) -> str | None:
    wrong = _parts(found, system=str, version=str, code=str, display=str, userSelected=bool)
    return wrong or (None if found.get("code") or found.get("display") else "has neither a code nor a display")


def _quantity(found: Any) -> str | None:
    wrong = _parts(found, unit=str, system=str, code=str, comparator=str)
    if wrong:
        return wrong
    if found.get("comparator") not in (None, "<", "<=", ">=", ">"):
        return "comparator is none of < <= >= >"
    return _decimal(found.get("value"))


def _attachment(found: Any) -> str | None:
    wrong = _parts(found, contentType=str, url=str, title=str, creation=str, language=str, hash=str, size=int)
    return wrong or (None if found.get("url") else "names no document in url")


_CHECKS = {
    "valueBoolean": _boolean,
    "valueDecimal": _decimal,
    "valueInteger": _integer,
    "valueDate": _day,
    "valueDateTime": _moment,
    "valueTime": _time,
    "valueString": _text,
    "valueUri": _uri,
    "valueCoding": _coding,
    "valueQuantity": _quantity,
    "valueAttachment": _attachment,
}


def _exists(day: str) -> bool:
    parts = [int(part) for part in day.split("-")]
    try:
        date(*[*parts, 1, 1][:3])
    except ValueError:
        return False
    return True


def same(one: Value, other: Value) -> bool:
    """Whether two answers are equal: codings by system and code, quantities by number and unit."""
    a, b = bare(one), bare(other)
    if name_of(one) == name_of(other) == "valueCoding":
        return same_coding(a, b)
    return compared(one, other) == 0


def same_coding(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two codings mean the same; by what they say where one has no code."""
    if one.get("code") and other.get("code"):
        return one["code"] == other["code"] and one.get("system") == other.get("system")
    return bool(one.get("display")) and one.get("display") == other.get("display")


def compared(one: Value, other: Value) -> int | None:
    """-1, 0 or 1 as one answer is less than, equal to or greater than another; None where nothing can be said.

    Dates and moments are compared as far as both are known: 2026 and 2026-03 are equal.
    """
    kinds = {name_of(one), name_of(other)}
    a, b = bare(one), bare(other)
    if kinds <= {"valueDecimal", "valueInteger"}:
        return _order(a, b)
    if kinds <= {"valueDate", "valueDateTime"}:
        return _in_time(a, b)
    if kinds == {"valueQuantity"}:
        if (a.get("code") or a.get("unit")) != (b.get("code") or b.get("unit")):
            return None
        return _order(a["value"], b["value"])
    if kinds <= {"valueString", "valueUri"} or kinds == {"valueTime"}:
        return _order(a, b)
    return (0 if a == b else None) if kinds == {"valueBoolean"} else None


def _order(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def _in_time(one: str, other: str) -> int:
    if "T" in one and "T" in other:
        a, b = (datetime.fromisoformat(_plain(each)) for each in (one, other))
        return _order(a, b)
    known = min(len(one), len(other), 10)
    return _order(one[:known], other[:known])


def _plain(moment: str) -> str:
    """A moment as Python reads it: at most six places of a second, and no second leapt."""
    moment = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", moment)
    return re.sub(r":60(?=[.Z+-])", ":59", moment)


def text_of(value: Value) -> str:
    """An answer as a person reads it."""
    name, found = name_of(value), bare(value)
    if name == "valueBoolean":
        return "yes" if found else "no"
    if name == "valueCoding":
        return str(found.get("display") or found.get("code"))
    if name == "valueQuantity":
        unit = found.get("unit") or found.get("code") or ""
        return f"{found.get('comparator', '')}{found['value']} {unit}".rstrip()
    if name == "valueAttachment":
        title = found.get("title")
        return f"{title} ({found['url']})" if title else str(found["url"])
    return str(found)
