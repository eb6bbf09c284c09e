"""The page that describes the server to programs: OpenAPI 3.1, derived from the contract like the routes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter

from portalctl import __version__, errors
from portalctl.contract.binding import HEADERS, Bound, answer_type, bound, every_operation
from portalctl.domain.access import ACCESS, PUBLIC, Reach
from portalctl.models import values
from portalctl.server import describe_streams
from portalctl.server.describe_streams import streamed
from portalctl.server.problems import MEDIA_TYPE, WrongHost, WrongMediaType, meaning, problem
from portalctl.server.protocol import HeadTooLarge, TooLong, TooSlow

Json = dict[str, Any]
Failure = type[errors.PortalError]

ANYWHERE: tuple[Failure, ...] = (
    *(errors.Malformed, errors.InvalidInput, errors.RequestTooLarge, errors.TooManyRequests, errors.Bug),
    *(errors.Retryable, TooSlow, TooLong, HeadTooLarge, WrongHost),
)
"""What may become of any request."""

_REFERENCES = {values.Reference, values.AppointmentId, values.ConversationId, values.InviteId, values.LetterId}
REQUEST_ID: Json = {
    "in": "header",
    "name": "X-Request-ID",
    "required": False,
    "description": "Names the request in the logs: 8 to 64 letters, digits, `.`, `-` and `_`; else one is made.",
    "schema": {"type": "string", "examples": ["3f9c2a17d0b84e65"]},
}

PROBLEM: Json = {
    "type": "object",
    "description": "A failure (RFC 9457). Programs act on `code`; `hint` says what to do.",
    "required": ["type", "title", "status", "detail", "code", "exit_code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "hint": {"type": "string"},
        "exit_code": {"type": "integer", "description": "How the command line ends with this failure."},
        "request_id": {"type": "string"},
        "allowed_from": {"type": "string", "format": "date-time"},
        "allowed_until": {"type": "string", "format": "date-time"},
    },
}


def openapi(public_url: str) -> Json:
    """The whole page."""
    operations = every_operation()
    schemas, definitions = _schemas(operations)
    paths: Json = {}
    every = [*operations.values(), *streamed().values()]
    failures = {_name(found): _failure(found) for one in every for found in _by_status(one)}
    for one in operations.values():
        described = describe_streams.with_tus(one.operation.key, _operation(one, schemas, definitions))
        paths.setdefault(one.operation.path, {})[one.operation.method.lower()] = described
    for key, one in streamed().items():
        paths.setdefault(one.operation.path, {})[one.operation.method.lower()] = _streamed(key, one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "A practice's client portal",
            "version": __version__,
            "description": "Sign in with `POST /sessions`, then send the token as a bearer. Every answer is personal"
            " and kept by nobody. A path that does not exist is answered 404 `no_such_operation`, a method that a"
            " path does not take 405 `method_not_allowed`.",
        },
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": PROBLEM},
            "responses": failures,
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def may_raise(one: Bound) -> list[Failure]:
    """Every failure that an operation may answer."""
    found = [getattr(errors, name) for name in _promised(one)]
    if one.operation.key not in PUBLIC:
        found.append(errors.SignInNeeded)
        if Reach.NOTHING in ACCESS[one.operation.key][:-1]:
            found.append(errors.NotPermitted)
    if _names_something(one):
        found += [errors.NotFound, errors.AmbiguousId]
    if "idempotency_key" in one.in_headers:
        found += [errors.IdempotencyConflict, errors.IdempotencyRunning]
    if "if_version" in one.in_headers:
        found.append(errors.ChangedMeanwhile)
    if not one.in_query:
        found.append(WrongMediaType)
    found += describe_streams.may_raise(one.operation.key, one.operation.path)
    return list(dict.fromkeys([*found, *ANYWHERE]))


def _promised(one: Bound) -> Iterable[str]:
    """The names behind `Raises` in the contract; `what x raises` are those of another operation of the noun."""
    for told in re.findall(r"\bRaises ([^.]+)\.", inspect.cleandoc(one.method.__doc__ or "")):
        yield from (name for name in re.findall(r"\b[A-Z][A-Za-z]+\b", told) if hasattr(errors, name))
        for other in re.findall(r"what `(\w+)` raises", told):
            yield from _promised(bound(one.operation.noun)[other])


@cache
def _names_something(one: Bound) -> bool:
    """Whether the request names a record that may not be there."""
    hints = get_type_hints(one.request, include_extras=True) if one.request is not None else {}
    return any(_has_reference(hint) for hint in hints.values())


def _has_reference(hint: Any) -> bool:
    return hint in _REFERENCES or any(_has_reference(part) for part in get_args(hint) if part is not hint)


def _schemas(operations: dict[str, Bound]) -> tuple[dict[tuple[str, str], Json], Json]:
    """What each operation takes and answers, and the schemas that those refer to."""
    wanted: list[Any] = []
    for key, one in operations.items():
        wanted.append((key, "serialization", answer_type(one)))
        if one.request is not None:
            wanted.append((key, "validation", TypeAdapter(one.request)))
    wanted += [("documents.add_files", mode, TypeAdapter(kind)) for mode, kind in describe_streams.APART]
    found, rest = TypeAdapter.json_schemas(wanted, ref_template="#/components/schemas/{model}")
    return {(str(key), mode): schema for (key, mode), schema in found.items()}, rest["$defs"]


def _operation(one: Bound, schemas: dict[tuple[str, str], Json], definitions: Json) -> Json:
    key = one.operation.key
    summary, _, rest = inspect.cleandoc(one.method.__doc__ or "").partition("\n\n")
    found: Json = {
        "operationId": key,
        "tags": [one.operation.noun],
        "summary": summary,
        "security": [] if key in PUBLIC else [{"session": []}],
        "responses": {**_answers(one, schemas[key, "serialization"]), **_refused(one)},
    }
    if rest:
        found["description"] = rest
    if one.request is None:
        return found
    model = _resolved(schemas[key, "validation"], definitions)
    found["parameters"] = [*_parameters(one, model), REQUEST_ID]
    if one.rest and not one.in_query:
        body = _object(model, one.rest)
        found["requestBody"] = {
            "required": bool(body["required"]),
            "content": {"application/json": {"schema": body}},
        }
    return found


def _streamed(key: str, one: Bound) -> Json:
    summary, _, rest = inspect.cleandoc(one.method.__doc__ or "").partition("\n\n")
    found = describe_streams.details(key)
    return {
        "operationId": key,
        "tags": [one.operation.noun],
        "summary": summary,
        "description": rest,
        "security": [{"session": []}],
        **found,
        "parameters": [*found["parameters"], REQUEST_ID],
        "responses": {**found["responses"], **_refused(one)},
    }


def _resolved(schema: Json, definitions: Json) -> Json:
    found: Json = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _object(model: Json, names: Iterable[str]) -> Json:
    """The part of a request's schema with these fields."""
    return {
        "type": "object",
        "description": model.get("description", ""),
        "properties": {name: model["properties"][name] for name in names},
        "required": [name for name in names if name in model.get("required", [])],
        "additionalProperties": False,
    }


def _parameters(one: Bound, model: Json) -> Iterable[Json]:
    places = [("path", name, name) for name in one.in_path]
    places += [("header", name, _title(HEADERS[name])) for name in one.in_headers]
    places += [("query", name, name) for name in one.rest if one.in_query]
    for place, name, shown in places:
        schema = _not_null(model["properties"][name])
        if name == "if_version":
            schema = {"type": "string", "description": "The record's `ETag` as it was read."}
        yield {
            "in": place,
            "name": shown,
            "required": place == "path" or name in model.get("required", []),
            "schema": schema,
        }


def _not_null(schema: Json) -> Json:
    """The schema of a value that travels as text, where leaving it away is the only nothing."""
    kept = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    return kept | (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})


def _answers(one: Bound, schema: Json) -> Json:
    headers = {name: {"schema": {"type": "string"}} for name in ("Portal-Version", "X-Request-ID")}
    if schema == {"type": "null"}:
        return {"204": {"description": "Done.", "headers": headers}}
    if "version" in getattr(one.answer, "model_fields", {}):
        headers["ETag"] = {"schema": {"type": "string"}}
    return {"200": {"description": "Done.", "headers": headers, "content": {"application/json": {"schema": schema}}}}


def _by_status(one: Bound) -> list[list[Failure]]:
    """The failures of an operation, those of one status together."""
    found: dict[int, list[Failure]] = {}
    for failure in sorted(may_raise(one), key=lambda failure: (failure.status, failure.code)):
        found.setdefault(failure.status, []).append(failure)
    return list(found.values())


def _name(failures: list[Failure]) -> str:
    """What the answer with these failures is called."""
    return f"{failures[0].status}.{'.'.join(failure.code for failure in failures)}"


def _failure(failures: list[Failure]) -> Json:
    lines = [f"- `{failure.code}`: {meaning(failure)}" for failure in failures]
    found: Json = {
        "description": "\n".join(lines),
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Problem"},
                        {"properties": {"code": {"enum": [failure.code for failure in failures]}}},
                    ]
                },
                "examples": {
                    failure.code: {"value": problem(failure(meaning(failure)), "0123456789abcdef")}
                    for failure in failures
                },
            }
        },
    }
    if any(issubclass(failure, errors.Retryable) for failure in failures):
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    if failures[0].status == HTTPStatus.UNAUTHORIZED:
        found["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found


def _refused(one: Bound) -> Json:
    return {str(found[0].status): {"$ref": f"#/components/responses/{_name(found)}"} for found in _by_status(one)}


def _title(name: str) -> str:
    """A header's name as people write it."""
    return "-".join(part.capitalize() for part in name.split("-"))
