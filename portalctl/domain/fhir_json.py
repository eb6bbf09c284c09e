"""FHIR's JSON, read and written without losing a digit: numbers with a point are Decimals."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

DEEPEST = 64
"""How many levels of objects and lists may be nested."""

_DIGITS = 40
"""More digits, or places before or behind the point, than any measured number has."""


class NotJson(ValueError):
    """What is wrong with a text that should be JSON, on one line."""


def read(text: str) -> Any:
    """What a text says. Raises NotJson, also for a name given twice, an endless number and what is nested too deep."""
    try:
        found = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_decimal, parse_int=_integer
        )
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotJson(f"nested more than {DEEPEST} levels") from None
    _check(found, DEEPEST)
    return found


def write(value: Any, indent: int | None = None) -> str:
    """The value as JSON, numbers digit by digit, names in their order."""
    return _written(value, indent, "", in_order=False)


def canonical(value: Any) -> bytes:
    """The value as the one JSON in UTF-8 that stands for it: names in the order of the alphabet, no space between."""
    return _written(value, None, "", in_order=True).encode()


def _written(value: Any, indent: int | None, margin: str, *, in_order: bool) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    inner = margin + " " * (indent or 0)
    if isinstance(value, dict):
        names = sorted(value) if in_order else list(value)
        colon = ":" if indent is None else ": "
        parts = [
            json.dumps(name, ensure_ascii=False) + colon + _written(value[name], indent, inner, in_order=in_order)
            for name in names
        ]
        opening, closing = "{", "}"
    else:
        parts = [_written(each, indent, inner, in_order=in_order) for each in value]
        opening, closing = "[", "]"
    if indent is None or not parts:
        return opening + ",".join(parts) + closing
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{margin}{closing}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("a name is given twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise NotJson(f"{name} is no number of JSON")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise NotJson("a number has too many digits")
    return int(digits)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotJson("a number is too large") from None
    if len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > _DIGITS:
        raise NotJson("a number has too many digits")
    return number


def _check(found: Any, left: int) -> None:
    if isinstance(found, str):
        _check_text(found)
    elif isinstance(found, dict | list):
        if left == 0:
            raise NotJson(f"nested more than {DEEPEST} levels")
        for part in found.values() if isinstance(found, dict) else found:
            _check(part, left - 1)
        if isinstance(found, dict):
            for name in found:
                _check_text(name)


def _check_text(text: str) -> None:
    """FHIR's strings hold no half characters, and of the control characters only tab and the ends of lines."""
    if any("\ud800" <= each <= "\udfff" or (each < " " and each not in "\t\r\n") for each in text):
        raise NotJson("a text has characters that cannot be written down, such as NUL")
