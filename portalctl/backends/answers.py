"""What an answer of a portal server means: what was asked for, or the failure that it tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from portalctl import __version__, errors
from portalctl.backends.addresses import Address
from portalctl.backends.exchange import Answer
from portalctl.backends.trouble import excerpt
from portalctl.contract.binding import Bound, answer_type

_LONGEST_TEXT = 1000
_MOST_PROBLEMS = 200
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_UNKNOWN_THERE = ("no_such_operation", "method_not_allowed")

FAMILIES: dict[int, type[errors.PortalError]] = {
    400: errors.UsageFailure,
    401: errors.SignInNeeded,
    403: errors.NotPermitted,
    404: errors.NotFound,
    405: errors.Unsupported,
    409: errors.Refused,
    410: errors.NotFound,
    412: errors.ChangedMeanwhile,
    413: errors.RequestTooLarge,
    415: errors.UsageFailure,
    422: errors.UsageFailure,
    428: errors.Refused,
    501: errors.Unsupported,
}
"""What a failure of a code that this program does not know is, by its status; any other is server trouble."""


def read_answer(one: Bound, answer: Answer, address: Address, now: datetime) -> Any:
    """What was asked for. Raises the failure that the answer tells, NotAPortalServer for what no portal answers."""
    if 300 <= answer.status < 400:
        raise _redirect(answer, address)
    if answer.status >= 400:
        raise _failure(one, answer, address, now)
    if one.answer is type(None):
        if answer.status != 204:
            raise stranger(answer, address)
        return None
    if _media_type(answer) != "application/json":
        raise stranger(answer, address)
    try:
        return answer_type(one).validate_json(answer.body)
    except ValidationError as error:
        raise _unfitting(error, answer, address) from None


def _failure(one: Bound, answer: Answer, address: Address, now: datetime) -> errors.PortalError:
    told = _problem(answer)
    if told is None:
        if answer.status == 429:
            return _busy(errors.TooManyRequests, answer, address, now)
        return (
            _busy(errors.Retryable, answer, address, now)
            if answer.status in (502, 503, 504)
            else stranger(answer, address)
        )
    code = told["code"]
    if code in _UNKNOWN_THERE:
        return _skew(one, answer, address)
    failure = _kind(code, answer.status)(
        _text(told, "detail") or _text(told, "title") or code,
        _hint(told),
        allowed_from=_moment(told, "allowed_from"),
        allowed_until=_moment(told, "allowed_until"),
        problems=_problems(told),
    )
    if isinstance(failure, errors.Retryable) and failure.allowed_from is None:
        failure.allowed_from = _retry_after(answer, now)
    version = _version(answer)
    if isinstance(failure, errors.UsageFailure) and version not in (None, __version__):
        ages = f"the portal server is {version}, this portalctl {__version__}"
        failure.hint = f"{failure.hint} ({ages})" if failure.hint else ages
    return failure


def _problem(answer: Answer) -> dict[str, Any] | None:
    if _media_type(answer) not in ("application/problem+json", "application/json"):
        return None
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(told, dict) and isinstance(told.get("code"), str) and _CODE.fullmatch(told["code"])
    return told if is_one else None


def _kind(code: str, status: int) -> type[errors.PortalError]:
    """The class of a code. Trouble of the server's own, such as a full disk, is no trouble of this machine's."""
    family = FAMILIES.get(status, errors.UsageFailure if status < 500 else errors.Retryable)
    known = next((each for each in _all_kinds(errors.PortalError) if each.code == code), None)
    if known is not None and not issubclass(known, errors.StorageFailure | errors.Bug):
        return known
    return type(family.__name__, (family,), {"code": code, "status": status})


def _all_kinds(kind: type[errors.PortalError]) -> Iterator[type[errors.PortalError]]:
    if kind.__module__ == errors.__name__:
        yield kind
        for each in kind.__subclasses__():
            yield from _all_kinds(each)


def _text(told: dict[str, Any], name: str) -> str | None:
    found = told.get(name)
    return found[:_LONGEST_TEXT] if isinstance(found, str) and found.strip() else None


def _problems(told: dict[str, Any]) -> list[str]:
    found = told.get("problems")
    listed = found[:_MOST_PROBLEMS] if isinstance(found, list) else []
    return [each[:_LONGEST_TEXT] for each in listed if isinstance(each, str)]


def _hint(told: dict[str, Any]) -> str | None:
    hint, request_id = _text(told, "hint"), _text(told, "request_id")
    unexpected = told["code"] == errors.Bug.code and request_id is not None
    return f"{hint or 'try again'} (request id {request_id})" if unexpected else hint


def _moment(told: dict[str, Any], name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(told[name])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None


def _retry_after(answer: Answer, now: datetime) -> datetime | None:
    """When to try again, as the header says it: in seconds from now, or as a date."""
    given = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", given):
        return now + timedelta(seconds=int(given))
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo is not None else None


def _busy(kind: type[errors.Retryable], answer: Answer, address: Address, now: datetime) -> errors.Retryable:
    return kind(
        f"{address.place} answers {answer.status}: the portal is not available at the moment",
        "try again later",
        allowed_from=_retry_after(answer, now),
    )


def _redirect(answer: Answer, address: Address) -> errors.NotAPortalServer:
    location = answer.headers.get("location", "")
    try:
        there = urlsplit(location).netloc.rpartition("@")[2] or location
    except ValueError:
        there = location
    return errors.NotAPortalServer(
        f"{address.place} sends elsewhere, to {excerpt(there) or 'nowhere'}, which is not followed",
        "if that is where the portal is, name it: --portal https://…",
    )


def stranger(answer: Answer, address: Address) -> errors.NotAPortalServer:
    """The failure for what no portal answers."""
    kind = excerpt(answer.headers.get("content-type", "")) or "no content type"
    return errors.NotAPortalServer(
        f"{address.place} is not a portal server: it answers {answer.status} with {kind}: "
        f"{excerpt(answer.body) or '(nothing)'}",
        "check the portal's URL; a network that wants a sign-in of its own answers like this, too",
    )


def _unfitting(error: ValidationError, answer: Answer, address: Address) -> errors.NotAPortalServer:
    """An answer that is no JSON, or lacks what this program needs."""
    first = error.errors(include_input=False, include_url=False)[0]
    version = _version(answer)
    if first["type"] == "json_invalid" and version is None:
        return stranger(answer, address)
    place = excerpt(".".join(str(part) for part in first["loc"])) or "the answer"
    said_by = f"a portal server {version}" if version else "it"
    return errors.NotAPortalServer(
        f"what {address.place} answers cannot be used: {place}: {first['msg']}",
        f"{said_by} and this portalctl {__version__} do not fit together: update the older one",
    )


def _skew(one: Bound, answer: Answer, address: Address) -> errors.PortalError:
    """The server does not have the operation: it is older, or no longer has it."""
    version = _version(answer)
    if version is None:
        return stranger(answer, address)
    if _numbers(version) > _numbers(__version__):
        hint = f"this portalctl is {__version__}: update it"
    else:
        hint = f"it needs a newer version; this portalctl is {__version__}"
    return errors.Unsupported(f"the portal server ({version}) does not know {one.operation.key}", hint)


def _version(answer: Answer) -> str | None:
    version = answer.headers.get("portal-version", "")
    return version if re.fullmatch(r"[0-9A-Za-z.+-]{1,32}", version) else None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()
