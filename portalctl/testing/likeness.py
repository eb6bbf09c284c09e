"""What a portal answers, in words that another portal would use for the same.

Ids, tokens, links and versions differ from portal to portal: each becomes its kind and its number in the order in
which it was first seen. Where a caller is, a portal file does not know. What is listed under the same key is told in
an order that does not depend on ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from portalctl.errors import PortalError
from portalctl.models.devices import LETTERS
from portalctl.models.values import Page

SECRET = r"[A-Za-z0-9_-]{43}"
LETTER = "[0-9a-hjkmnp-tv-z]"
ID = LETTER + "{12}"
PREFIX = len("apt_") + 11
"""So much of an id is enough to ask for it; what is told of that is told of the id."""

VARIABLE = re.compile(
    rf"(?P<code>(?:inv|rst)_{ID}\.{SECRET})"
    rf"|(?P<token>pc[at]_{SECRET})"
    rf"|(?P<slot>slot_(?P<service>{ID})(?P<practitioner>{ID})(?P<start>[0-9a-z]{{6}}))"
    rf"|(?P<id>[a-z]{{3}}_{LETTER}{{11,12}})"
    rf"|(?P<usercode>\b[{LETTERS}]{{4}}-[{LETTERS}]{{4}}\b)"
    r"|(?P<version>\b[0-9a-f]{16}\b)"
    r"|(?P<place>, from 127\.0\.0\.1\b|\b127\.0\.0\.1\b|\blocal\b)"
)
NUMBERED = {"cursor": "cursor", "version": "version", "hash": "hash", "device_code": "device", "user_code": "usercode"}
"""Fields whose values mean something to the portal alone, and their kinds."""

ONE_OF_SEVERAL = "one of several that say the same"


class Likeness:
    """One portal's ids and secrets, by kind, in the order in which they were first seen."""

    def __init__(self, url: str) -> None:
        self.seen: dict[str, list[str]] = {}
        self._url = url
        self._numbers: dict[str, str] = {}

    def of(self, outcome: object) -> object:
        """The outcome of a call in words: a record, several, nothing, or a failure."""
        if isinstance(outcome, PortalError):
            return self._failure(outcome)
        return self._told(_plain(outcome))

    def _failure(self, failure: PortalError) -> dict[str, object]:
        hint = self._text(failure.hint or "")
        return {
            "failure": type(failure).__name__,
            "code": failure.code,
            "message": self._text(failure.message),
            "hint": ", ".join(sorted(hint.split(", "))) if failure.code == "ambiguous_id" else hint,
            "allowed": [str(failure.allowed_from), str(failure.allowed_until)],
        }

    def _told(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {field: self._told(part, field) for field, part in value.items()}
        if isinstance(value, list):
            return [self._told(part) for part in _in_order(value)]
        if value == ONE_OF_SEVERAL:
            return value
        if name in NUMBERED and value:
            return self._number(NUMBERED[name], value)
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        return VARIABLE.sub(self._replaced, text.replace(self._url, "PORTAL"))

    def _replaced(self, found: re.Match[str]) -> str:
        kind = found.lastgroup or ""
        if kind == "place":
            return "" if found[0].startswith(",") else "here"
        if found["slot"]:
            self._number("slot", found["slot"])
            service, practitioner = f"svc_{found['service']}", f"stf_{found['practitioner']}"
            return f"slot({self._number('svc', service)}, {self._number('stf', practitioner)}, {found['start']})"
        if kind == "code":
            return self._number(f"{found['code'][:3]} code", found["code"])
        return self._number(found["id"][:3] if kind == "id" else kind, found[0])

    def _number(self, kind: str, value: str) -> str:
        name = value[:PREFIX] if value.startswith(f"{kind}_") else value
        if name not in self._numbers:
            known = self.seen.setdefault(kind, [])
            known.append(value)
            self._numbers[name] = f"{kind}#{len(known)}"
        return self._numbers[name]


def _plain(outcome: object) -> Any:
    if isinstance(outcome, Page):
        return {"items": _plain(list(outcome.items)), "more": outcome.next is not None}
    if isinstance(outcome, BaseModel):
        return outcome.model_dump(mode="json")
    return [_plain(each) for each in outcome] if isinstance(outcome, list) else outcome


def _in_order(items: list[Any]) -> Iterator[Any]:
    """The items; those that share the key of their list by what they say, ids and secrets left out."""
    for key, group in groupby(items, key=_key):
        same = list(group)
        if key is None or len(same) == 1:
            yield from same
            continue
        said = [_said(item) for item in same]
        for item in sorted(same, key=_said):
            yield item if said.count(_said(item)) == 1 else {**item, "id": ONE_OF_SEVERAL}


def _key(item: Any) -> str | None:
    """What a list is ordered by before ids are: when it happened, was made or begins, or the name."""
    if not isinstance(item, dict):
        return None
    if "assigned_at" in item:
        return ""
    if "last_message_at" in item:
        return str(item["last_message_at"])
    if "at" in item or "starts_at" in item:
        return str(item.get("at") or item["starts_at"])
    if "expires_at" in item or "recipient" in item:
        return str(item.get("created_at") or item.get("started_at"))
    return str(item["name"]).casefold() if "name" in item else None


def _said(item: Any) -> str:
    told = {name: part for name, part in item.items() if name not in NUMBERED}
    return VARIABLE.sub("#", json.dumps(told, sort_keys=True))
