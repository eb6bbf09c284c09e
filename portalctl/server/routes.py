"""The routes of the portal, derived from the contract in one loop."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from portalctl import errors
from portalctl.contract.binding import Bound, every_operation, from_wire
from portalctl.domain.access import PUBLIC
from portalctl.domain.office import Office
from portalctl.domain.portal import OfficePortal
from portalctl.models.conversations import AskForNews
from portalctl.models.uploads import Upload
from portalctl.models.values import Request as Asked
from portalctl.server import tus
from portalctl.server.bodies import body_of, read_json, read_query, read_segment
from portalctl.server.problems import MethodNotAllowed, NoSuchOperation
from portalctl.server.site import Site
from portalctl.server.waiting import news_of

SLOW = frozenset(
    {
        "account.delete",
        "mfa.disable",
        "mfa.set_up",
        "practice.set_up",
        "sessions.change_password",
        "sessions.reset_password",
        "sessions.sign_in",
        "sessions.sign_up",
        "settings.change_email",
    }
)
"""Operations that hash a password."""

PAYS = frozenset(
    {
        "invoices.charge",
        "invoices.pay",
        "invoices.reconcile",
        "invoices.refund",
        "payment_methods.add",
        "payment_methods.begin_setup",
        "payment_methods.remove",
        "payment_methods.setup",
    }
)
"""Operations that may wait for a payment provider."""

WAITS = frozenset({"conversations.news"})
"""Operations that are answered when there is something to answer."""

Endpoint = Callable[[Request, dict[str, str]], Awaitable[ASGIApp]]
"""Answers a request; takes the parts of its path by name."""


class Route(NamedTuple):
    """One operation and what answers it."""

    key: str
    method: str
    path: str
    endpoint: Endpoint

    @property
    def pattern(self) -> re.Pattern[str]:
        """Fits the raw path: a quoted slash inside a reference does not end it."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


class Routes:
    """Finds the operation for a method and a raw path. Paths without parts in braces are looked up, others tried."""

    def __init__(self, routes: list[Route]) -> None:
        self._plain: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            if "{" in route.path:
                self._patterns.append((route.pattern, route))
            else:
                self._plain.setdefault(route.path, {})[route.method] = route

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """The route, and the parts of the path as they were quoted. Raises NoSuchOperation, MethodNotAllowed.

        A path that is a route without parts is no other's: nothing is called `check` or `poll`.
        """
        wanted = "GET" if method == "HEAD" else method
        plain = self._plain.get(raw_path, {})
        if wanted in plain:
            return plain[wanted], {}
        allowed = set(plain)
        for pattern, route in self._patterns if not plain else ():
            found = pattern.fullmatch(raw_path)
            if found and route.method == wanted:
                return route, found.groupdict()
            if found:
                allowed.add(route.method)
        if not allowed:
            raise NoSuchOperation("the portal has no such operation", "see /openapi.json; a newer portal may have it")
        shown = sorted(allowed | {"OPTIONS"} | ({"HEAD"} if "GET" in allowed else set()))
        raise MethodNotAllowed(f"this path does not take {wanted}", f"it takes: {', '.join(shown)}")


def derive(site: Site) -> list[Route]:
    """Every operation of the contract as a route."""
    routes = []
    for key, one in every_operation().items():
        endpoint = _endpoint(site, key, one) if key not in WAITS else _patient_endpoint(site, one)
        routes.append(Route(key, one.operation.method, one.operation.path, endpoint))
    return routes


class ServedPortal(OfficePortal):
    """The portal as one request reaches it."""

    def __init__(self, office: Office) -> None:
        self.url = office.portal_url
        self._given = office

    @property
    def _office(self) -> Office:
        return self._given

    def with_token(self, token: str | None) -> ServedPortal:
        """The same portal for the caller of another session."""
        return ServedPortal(self._given._replace(token=token))

    def close(self) -> None:
        """Nothing to let go of: the store is the site's."""


def _endpoint(site: Site, key: str, one: Bound) -> Endpoint:
    call = site.call_slowly if _hashes(one) else site.call_for_payments if key in PAYS else site.call
    carrier = _Carrier(site, one)

    async def endpoint(request: Request, path: dict[str, str]) -> Response:
        office = site.office(request)
        if office.token is None and key not in PUBLIC:
            office.token_hash()  # raises SignInNeeded before anything is read
        body = await body_of(request, site.limits)
        return await call(carrier.carry_out, office, request, path, body)

    return endpoint


def _patient_endpoint(site: Site, one: Bound) -> Endpoint:
    """Answers when there are news, or when the time is up for which the caller waits; meanwhile it holds no thread."""
    carrier = _Carrier(site, one)

    async def endpoint(request: Request, path: dict[str, str]) -> Response:
        office = site.office(request)
        office.token_hash()  # raises SignInNeeded before anything is read
        body = await body_of(request, site.limits)
        asked, found = await site.call(carrier.find, office, request, path, body)
        if isinstance(asked, AskForNews) and asked.since is not None and not found.arrivals:
            found = await news_of(
                site,
                request,
                lambda: site.call(lambda: carrier.find(office, request, path, body)[1]),
                asked.wait_seconds,
            )
        return carrier.answer(found)

    return endpoint


def _hashes(one: Bound) -> bool:
    """Whether a password is hashed on the way."""
    return one.request is not None and any("password" in name for name in one.request.model_fields)


class _Carrier:
    """Carries one operation out; what is the same for every request is found out once."""

    def __init__(self, site: Site, one: Bound) -> None:
        self._one = one
        self._limits = site.limits
        self._noun = type(getattr(ServedPortal(site.anyone()), one.operation.noun))
        self._method = getattr(self._noun, one.operation.name)
        self._has_version = "version" in getattr(one.answer, "model_fields", ())
        self._is_query_alone = one.operation.method == "GET" and not one.in_path and not one.in_headers
        self._read_query = lru_cache(maxsize=256)(self._from_query)

    def carry_out(self, office: Office, request: Request, path: dict[str, str], body: bytes) -> Response:
        """Read what is asked, do it, and write the answer."""
        return self.answer(self.find(office, request, path, body)[1])

    def find(self, office: Office, request: Request, path: dict[str, str], body: bytes) -> tuple[Asked | None, Any]:
        """Read what is asked, and do it: both what was asked and what came of it."""
        try:
            asked = self._asked(request, path, body)
        except (errors.PortalError, ValueError):
            _admit(office, self._one)
            raise
        noun = self._noun(office)
        return asked, self._method(noun) if asked is None else self._method(noun, asked)

    def answer(self, found: Any) -> Response:
        """Write the answer."""
        if found is None:
            return Response(status_code=204)
        headers = {"ETag": f'"{found.version}"'} if self._has_version else None
        if isinstance(found, Upload):
            headers = tus.fields(found)
        return Response(written(found), headers=headers, media_type="application/json")

    def _asked(self, request: Request, path: dict[str, str], body: bytes) -> Asked | None:
        query = request.scope["query_string"]
        if self._is_query_alone and not body and len(query) <= _SHORT:
            return self._read_query(query)
        parts = {name: read_segment(part) for name, part in path.items()}
        content = read_json(body, request.headers.get("content-type", ""), self._limits)
        return from_wire(self._one, parts, read_query(query, self._limits), request.headers, content)

    def _from_query(self, query: bytes) -> Asked | None:
        return from_wire(self._one, {}, read_query(query, self._limits), {}, None)


def written(answer: Any) -> bytes:
    """Records as JSON: what pydantic makes of them, in a third of the time."""
    return orjson.dumps(answer, default=vars, option=orjson.OPT_UTC_Z)


_SHORT = 200
"""Bytes of a query that is read once for all who ask the same."""


def _admit(office: Office, one: Bound) -> None:
    """Whoever may not ask learns that, and nothing about what they sent. Raises SignInNeeded, NotPermitted."""
    if one.operation.key not in PUBLIC:
        with office.visit(one.method):
            return
