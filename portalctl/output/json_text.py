"""Records as JSON: UTF-8, lossless, stable names, and nothing in it that a terminal or a script would trip over."""

from __future__ import annotations

import re

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_LONG_NUMBER = re.compile(rb'": ?-?[0-9]{16}')
_EXACT = 2**53
"""Beyond it readers that hold every number as a double lose digits."""


def json_text(value: object, indent: int | None = None) -> str:
    """The value as JSON. Invisible and control characters are escaped; integers beyond 2^53 are strings."""
    try:
        found = to_json(value, indent=indent, inf_nan_mode="strings")
    except (PydanticSerializationError, UnicodeEncodeError):
        return _with_half_characters(value, indent)
    if _LONG_NUMBER.search(found):
        found = to_json(_exact(to_jsonable_python(value)), indent=indent)
    if found.isascii() and b"\x7f" not in found:
        return found.decode("ascii")
    return _UNSEEN.sub(_escape, found.decode())


def _with_half_characters(value: object, indent: int | None) -> str:
    """JSON of text that UTF-8 cannot hold: half of a surrogate pair."""
    import json

    plain = _exact(to_jsonable_python(_as_python(value), inf_nan_mode="strings"))
    separators = None if indent else (",", ":")
    return _UNSEEN.sub(_escape, json.dumps(plain, ensure_ascii=False, indent=indent, separators=separators))


def _as_python(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_as_python(each) for each in value]
    dump = getattr(value, "model_dump", None)
    return dump(mode="python") if dump else value


def _exact(value: object) -> object:
    if isinstance(value, dict):
        return {key: _exact(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_exact(each) for each in value]
    if isinstance(value, int) and not -_EXACT <= value <= _EXACT:
        return str(value)
    return value


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
