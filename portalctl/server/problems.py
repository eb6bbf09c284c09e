"""How a failure travels: problem JSON (RFC 9457), with the code that programs act on and the hint that people read."""

from __future__ import annotations

import inspect
import json
import math
import re
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from portalctl import errors

MEDIA_TYPE = "application/problem+json"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class NoSuchOperation(errors.Unsupported):
    """This server has no such operation; a newer one may."""

    code = "no_such_operation"
    status = 404


class MethodNotAllowed(errors.Unsupported):
    """The path takes other methods; `Allow` lists them."""

    code = "method_not_allowed"
    status = 405


class WrongMediaType(errors.Malformed):
    """A body that is not declared to be JSON."""

    code = "wrong_media_type"
    status = 415


class RangeNotSatisfiable(errors.Malformed):
    """The range begins behind the end of the document; `Content-Range` says how long it is."""

    code = "range_not_satisfiable"
    status = 416

    def __init__(self, message: str, hint: str | None = None, *, size: int = 0) -> None:
        super().__init__(message, hint)
        self.size = size


class UnknownTusVersion(errors.Malformed):
    """The request is one of another version of tus, or of none; `Tus-Version` says which is spoken here."""

    code = "unknown_tus_version"
    status = 412

    def __init__(self, message: str, hint: str | None = None, *, versions: str = "") -> None:
        super().__init__(message, hint)
        self.versions = versions


class WrongHost(errors.Malformed):
    """The request was meant for another host, or came past the proxy."""

    code = "wrong_host"
    status = 421


def as_failure(error: Exception) -> errors.PortalError:
    """The failure that an exception means to somebody elsewhere: nothing about this machine is told."""
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, errors.StorageFailure):
        return errors.Retryable("the portal cannot reach its records at the moment", "try again in a minute")
    if isinstance(error, errors.PortalError) and not isinstance(error, errors.Bug):
        return error
    return errors.Bug("something went wrong in the portal", "try again; if it stays, tell the practice the request id")


def problem(failure: errors.PortalError, request_id: str) -> dict[str, Any]:
    """The failure as a JSON object."""
    found: dict[str, Any] = {
        "type": f"urn:portalctl:problem:{failure.code}",
        "title": phrase(failure.status),
        "status": failure.status,
        "detail": failure.message,
        "code": failure.code,
        "hint": failure.hint,
        "exit_code": failure.exit_code,
        "request_id": request_id,
        "problems": failure.problems or None,
    }
    for name, moment in (("allowed_from", failure.allowed_from), ("allowed_until", failure.allowed_until)):
        if moment is not None:
            found[name] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {name: value for name, value in found.items() if value is not None}


def phrase(status: int) -> str:
    """What a status is called."""
    return HTTPStatus(status).phrase if status != errors.DamagedOnTheWay.status else "Checksum Mismatch"


def answer(failure: errors.PortalError, request_id: str, now: datetime) -> Response:
    """The answer that tells a failure."""
    return Response(
        json.dumps(problem(failure, request_id), ensure_ascii=False).encode("utf-8", "backslashreplace"),
        failure.status,
        headers(failure, now),
        MEDIA_TYPE,
    )


def headers(failure: errors.PortalError, now: datetime) -> dict[str, str]:
    """What HTTP itself wants to know of a failure."""
    if failure.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="portal"'}
    if isinstance(failure, errors.Retryable):
        wait = (failure.allowed_from - now).total_seconds() if failure.allowed_from is not None else 1
        return {"Retry-After": str(max(1, math.ceil(wait)))}
    if isinstance(failure, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{failure.size}"}
    if isinstance(failure, UnknownTusVersion):
        return {"Tus-Version": failure.versions}
    if isinstance(failure, MethodNotAllowed) and failure.hint is not None:
        return {"Allow": failure.hint.rpartition(": ")[2]}
    return {}


def request_id_of(given: str) -> str:
    """The id that a request brings, when it is well-formed; else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def meaning(failure: type[errors.PortalError]) -> str:
    """What a failure means, for the page that describes the server."""
    return inspect.cleandoc(failure.__doc__ or "")


def _invalid(error: ValidationError) -> errors.PortalError:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if place in ("idempotency_key", "if_version"):
        header = "Idempotency-Key" if place == "idempotency_key" else "If-Match"
        return errors.Malformed(f"the header {header} is not in order: {message}", "leave it away, or correct it")
    return errors.InvalidInput(f"{place}: {message}" if place else message, "see /openapi.json for what is taken")
