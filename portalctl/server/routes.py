"""The routes of the portal, derived from the contract in one loop."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from portalctl import errors
from portalctl.contract.binding import Bound, answer_type, every_operation, from_wire
from portalctl.domain.access import PUBLIC
from portalctl.domain.office import Office
from portalctl.domain.portal import OfficePortal
from portalctl.server.bodies import body_of, read_json, read_query, read_segment
from portalctl.server.problems import MethodNotAllowed, NoSuchOperation
from portalctl.server.site import Site

SLOW = frozenset({"practice.set_up", "sessions.sign_up", "sessions.sign_in", "sessions.reset_password"})
"""Operations that hash a password."""

Endpoint = Callable[[Request, dict[str, str]], Awaitable[Response]]
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
        routes.append(Route(key, one.operation.method, one.operation.path, _endpoint(site, key, one)))
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
    call = site.call_slowly if key in SLOW else site.call

    async def endpoint(request: Request, path: dict[str, str]) -> Response:
        office = site.office(request)
        if office.token is None and key not in PUBLIC:
            office.token_hash()  # raises SignInNeeded before anything is read
        body = await body_of(request, site.limits)
        return await call(_carry_out, site, one, office, request, path, body)

    return endpoint


def _carry_out(site: Site, one: Bound, office: Office, request: Request, path: dict[str, str], body: bytes) -> Response:
    try:
        parts = {name: read_segment(part) for name, part in path.items()}
        query = read_query(request.scope["query_string"], site.limits)
        content = read_json(body, request.headers.get("content-type", ""), site.limits)
        asked = from_wire(one, parts, query, request.headers, content)
    except (errors.PortalError, ValueError):
        _admit(office, one)
        raise
    operation = getattr(getattr(ServedPortal(office), one.operation.noun), one.operation.name)
    return _answer(one, operation() if asked is None else operation(asked))


def _admit(office: Office, one: Bound) -> None:
    """Whoever may not ask learns that, and nothing about what they sent. Raises SignInNeeded, NotPermitted."""
    if one.operation.key not in PUBLIC:
        with office.visit(one.method):
            return


def _answer(one: Bound, found: Any) -> Response:
    if found is None:
        return Response(status_code=204)
    version = getattr(found, "version", None)
    return Response(
        answer_type(one).dump_json(found),
        headers={"ETag": f'"{version}"'} if version is not None else None,
        media_type="application/json",
    )
