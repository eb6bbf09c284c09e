"""What arrives in a request: its query and its JSON, read within limits and without guessing."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from portalctl import errors
from portalctl.server.limits import Limits
from portalctl.server.problems import WrongMediaType


async def body_of(request: Request, limits: Limits) -> bytes:
    """The whole body. Raises RequestTooLarge before more than the limit is held."""
    declared = request.headers.get("content-length")
    if declared is None and "transfer-encoding" not in request.headers:
        return b""
    if int(declared or 0) > limits.body:
        raise _too_large(limits)
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > limits.body:
            raise _too_large(limits)
    return bytes(found)


def read_json(body: bytes, media_type: str, limits: Limits) -> object:
    """What a JSON body says; None for no body.

    Raises Malformed for what is not JSON or ambiguous (a name given twice), RequestTooLarge for deep nesting.
    """
    if not body:
        return None
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise WrongMediaType("the body is not declared to be JSON", "send Content-Type: application/json")
    try:
        found: object = json.loads(
            body.decode(), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except RecursionError:
        raise _too_deep(limits) from None
    except ValueError:
        raise errors.Malformed("the body is not JSON in UTF-8", "send one JSON object") from None
    if found is None:
        raise errors.InvalidInput("the body is not a JSON object", "send {} where there is nothing to say")
    _check_depth(found, limits.depth, limits)
    return found


def read_query(query: bytes, limits: Limits) -> list[tuple[str, str]]:
    """The names and values of a query. Raises Malformed, RequestTooLarge."""
    if not query:
        return []
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=limits.fields)
    except UnicodeDecodeError:
        raise errors.Malformed("the query is not UTF-8", "quote what is not ASCII as UTF-8") from None
    except ValueError:
        raise errors.RequestTooLarge(f"the query has more than {limits.fields} fields", "ask for less") from None


def read_segment(segment: str) -> str:
    """What one part of a path says. Raises Malformed."""
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise errors.Malformed("the path is not UTF-8", "quote what is not ASCII as UTF-8") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise errors.Malformed("a name is given twice in the JSON", "give each name once")
    return found


def _no_number(name: str) -> NoReturn:
    raise errors.Malformed(f"{name} is not JSON", "send numbers")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise errors.Malformed("a number is too large", "send a smaller one")
    return number


def _check_depth(found: object, left: int, limits: Limits) -> None:
    if not isinstance(found, dict | list):
        return
    if left == 0:
        raise _too_deep(limits)
    for part in found.values() if isinstance(found, dict) else found:
        _check_depth(part, left - 1, limits)


def _too_deep(limits: Limits) -> errors.RequestTooLarge:
    return errors.RequestTooLarge(f"the JSON is nested more than {limits.depth} levels", "send it flatter")


def _too_large(limits: Limits) -> errors.RequestTooLarge:
    return errors.RequestTooLarge(f"the body is longer than {limits.body:,} bytes", "send less at a time")
