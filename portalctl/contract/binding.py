"""How an operation travels over HTTP: one rule for whoever sends a request and whoever receives it.

Fields named in the path travel there, quoted; `idempotency_key` and `if_version` travel as headers; for GET and DELETE
the rest is the query, otherwise the JSON body. Only what the caller set travels.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints
from urllib.parse import quote

from pydantic import TypeAdapter

from portalctl.contract.operation import Operation, declared
from portalctl.contract.portal import NOUNS
from portalctl.errors import InvalidInput
from portalctl.models.values import Request

HEADERS = {"idempotency_key": "idempotency-key", "if_version": "if-match"}
"""Fields that travel as headers."""

_LITERAL = re.compile(r"true|false|-?(0|[1-9][0-9]{0,17})")
"""How truths and whole numbers are written in a query: as in JSON."""


@dataclass(frozen=True, eq=False)
class Bound:
    """An operation with what it takes and what it answers; `method` is the contract's, which declares it."""

    operation: Operation
    request: type[Request] | None
    answer: Any
    method: Callable[..., Any]

    @cached_property
    def in_path(self) -> list[str]:
        """The fields that travel in the path."""
        return re.findall(r"{(\w+)}", self.operation.path)

    @cached_property
    def in_headers(self) -> list[str]:
        """The fields that travel as headers."""
        return [name for name in HEADERS if self.request is not None and name in self.request.model_fields]

    @property
    def is_repeatable(self) -> bool:
        """Whether carrying it out twice does what once does: by its method, its declaration or its idempotency key."""
        by_nature = self.operation.method in ("GET", "PUT", "DELETE") or self.operation.repeatable
        return by_nature or "idempotency_key" in self.in_headers

    @property
    def in_query(self) -> bool:
        """Whether the rest travels in the query."""
        return self.operation.method in ("GET", "DELETE")

    @cached_property
    def rest(self) -> list[str]:
        """The fields that travel in the query or in the body."""
        fields = self.request.model_fields if self.request is not None else {}
        return [name for name in fields if name not in (*self.in_path, *self.in_headers)]


class Wire(NamedTuple):
    """A request as it travels; `body` is JSON."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes | None


def declaring(noun: str) -> type[Any]:
    """The class of the contract that declares a noun."""
    module = import_module(f"portalctl.contract.{noun}")
    classes = [each for each in vars(module).values() if inspect.isabstract(each)]
    owner: type[Any]
    (owner,) = (each for each in classes if each.__module__ == module.__name__)
    return owner


@cache
def bound(noun: str) -> Mapping[str, Bound]:
    """The operations of a noun by their names."""
    found = {}
    for name, method in vars(declaring(noun)).items():
        if hasattr(method, "__operation__"):
            hints = get_type_hints(method)
            found[name] = Bound(declared(method), hints.get("request"), hints["return"], method)
    return found


@cache
def every_operation() -> dict[str, Bound]:
    """All operations that travel, by their keys."""
    return {one.operation.key: one for noun in NOUNS for one in bound(noun).values()}


def to_wire(one: Bound, request: Request | None) -> Wire:
    """The request as it travels."""
    given = request.model_dump(mode="json", exclude_unset=True) if request is not None else {}
    path = re.sub(r"{(\w+)}", lambda field: _segment(str(given.pop(field[1]))), one.operation.path)
    apart = {name: given.pop(name) for name in one.in_headers if name in given}
    headers = {HEADERS[name]: _as_header(name, value) for name, value in apart.items() if value is not None}
    if one.in_query:
        return Wire(one.operation.method, path, list(_pairs(given)), headers, None)
    body = json.dumps(given).encode() if one.request is not None and one.rest else None
    return Wire(one.operation.method, path, [], headers, body)


def from_wire(
    one: Bound, path: Mapping[str, str], query: Iterable[tuple[str, str]], headers: Mapping[str, str], body: object
) -> Request | None:
    """The request that travelled; `body` is what its JSON says.

    Raises InvalidInput for a field that is unknown, given twice or in the wrong place, pydantic's ValidationError for
    a value that does not fit.
    """
    given = _from_query(one, query)
    if isinstance(body, dict) and not one.in_query:
        given |= body
    elif body is not None:
        raise InvalidInput("the body is not a JSON object" if not one.in_query else "a read has no body")
    unknown = next((name for name in given if name not in one.rest), None)
    if unknown is not None:
        raise InvalidInput(f"{unknown}: there is no such field", f"the fields are: {', '.join(one.rest) or 'none'}")
    if one.request is None:
        return None
    for name in one.in_headers:
        if HEADERS[name] in headers:
            given[name] = _from_header(name, headers[HEADERS[name]])
    return one.request.model_validate_json(json.dumps({**given, **path}), strict=True)


@cache
def answer_type(one: Bound) -> TypeAdapter[Any]:
    """Reads and writes what an operation answers."""
    return TypeAdapter(one.answer)


def _from_query(one: Bound, query: Iterable[tuple[str, str]]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in query:
        if not one.in_query:
            raise InvalidInput(f"{name}: this operation takes nothing in the query", "put it into the body")
        if one.request is not None and _has_part(one.request, name, list):
            given.setdefault(name, []).append(value)
        elif name in given:
            raise InvalidInput(f"{name}: given twice", "give it once")
        else:
            is_number = one.request is not None and _has_part(one.request, name, int, bool)
            given[name] = json.loads(value) if is_number and _LITERAL.fullmatch(value) else value
    return given


def _segment(value: str) -> str:
    """The value as one part of a path; one of dots alone would lead elsewhere (RFC 3986, section 5.2.4)."""
    return value.replace(".", "%2E") if value in (".", "..") else quote(value, safe="")


def _pairs(given: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, str(each).lower() if isinstance(each, bool) else str(each)


@cache
def _has_part(request: type[Request], name: str, *kinds: type) -> bool:
    """Whether a field is of one of these types, or may be."""
    field = request.model_fields.get(name)
    return field is not None and _names(field.annotation, kinds)


def _names(annotation: Any, kinds: tuple[type, ...]) -> bool:
    return get_origin(annotation) in kinds or annotation in kinds or any(_names(p, kinds) for p in get_args(annotation))


def _as_header(name: str, value: str) -> str:
    return f'"{value}"' if name == "if_version" else value


def _from_header(name: str, value: str) -> str:
    return value.removeprefix("W/").strip('"') if name == "if_version" else value
