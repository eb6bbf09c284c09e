"""A portal that is watched: what each call answered or raised is written down, and held against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from portalctl import errors
from portalctl.contract.binding import bound
from portalctl.contract.portal import NOUNS, Portal
from portalctl.models.uploads import Body, OpenBody
from portalctl.testing.promises import Promise, may_raise

BY_HAND = {
    "practice.backup": "backup",
    "outbox.send": "send",
    "uploads.append": "append",
    "documents.add_files": "add_files",
    "documents.open_body": "open_body",
}
"""Operations that are methods of the portal itself, by their keys."""


class Lacking(BaseException):
    """The backend declares that it cannot do this, and has just said so when asked. It ends the test."""


def watched(portal: Portal, heard: list[Promise]) -> Portal:
    """The same portal; what becomes of each call is added to `heard`.

    A call of what the backend lacks has to raise Unsupported, and then ends the test with Lacking.
    """
    proxy = SimpleNamespace(url=portal.url, lacks=portal.lacks, close=portal.close)
    proxy.with_token = lambda token: watched(portal.with_token(token), heard)
    for noun in NOUNS:
        calls = {name: partial(_call, portal, f"{noun}.{name}", heard) for name in bound(noun)}
        setattr(proxy, noun, SimpleNamespace(**calls))
    for key, name in BY_HAND.items():
        setattr(proxy, name, partial(_call, portal, key, heard))
    proxy.open_body = partial(_open, portal, heard)
    proxy.whom, proxy.document_terms = portal.whom, portal.document_terms  # by what is shown of clients and policy
    return cast("Portal", proxy)


def operation_of(portal: Portal, key: str) -> Any:
    """The method behind an operation's key, such as `appointments.book`."""
    if key in BY_HAND:
        return getattr(portal, BY_HAND[key])
    noun, _, name = key.partition(".")
    return getattr(getattr(portal, noun), name)


@contextmanager
def _open(portal: Portal, heard: list[Promise], request: OpenBody) -> Iterator[Body]:
    """A body, watched until it is closed."""
    with ExitStack() as stack:
        yield cast("Body", _call(portal, "documents.open_body", heard, request, opened_in=stack))


def _call(
    portal: Portal, key: str, heard: list[Promise], *arguments: object, opened_in: ExitStack | None = None
) -> object:
    if key in portal.lacks:
        with pytest.raises(errors.Unsupported):
            operation_of(portal, key)(*arguments)
        raise Lacking(key)
    try:
        answer = operation_of(portal, key)(*arguments)
        answer = opened_in.enter_context(answer) if opened_in is not None else answer
    except errors.PortalError as raised:
        if isinstance(raised, errors.Unsupported):
            pytest.fail(f"{key} is not supported, and the backend does not declare that it lacks it")
        if not may_raise(key, raised):
            pytest.fail(f"{key} raised {type(raised).__name__}, which its contract does not name: {raised}")
        heard.append(Promise(key, type(raised)))
        raise
    heard.append(Promise(key, None))
    return answer
