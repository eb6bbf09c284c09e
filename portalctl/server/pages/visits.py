"""One request for a page, and what a browser keeps between two: a short visit, or what has just been done."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import RedirectResponse

from portalctl.server.pages import forms, look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from portalctl.domain.office import Office

MINUTES = 10
"""How long a page may be left open, signed in or not."""


class Ask(NamedTuple):
    """A request for a page: whose office answers, and what the browser sent.

    `name` is the last part of the path where that varies; `form` is None unless one was sent.
    """

    office: Office
    name: str
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    form: Mapping[str, str] | None

    def field(self, name: str) -> str:
        """What was typed into a field; nothing where the form has none of that name."""
        return (self.form or {}).get(name, "")


class Visit(NamedTuple):
    """One person at the device page. `token` is their session once they have signed in."""

    id: str
    token: str | None


def begin(token: str | None = None) -> Visit:
    """A new visit; one that has signed in is never the one from before."""
    return Visit(secrets.token_urlsafe(16), token)


def current(ask: Ask) -> Visit | None:
    """The visit that the browser has kept, unless it is over."""
    kept = _kept(ask, "visit")
    return Visit(kept["id"], kept["token"]) if kept is not None else None


def keep(ask: Ask, response: Response, visit: Visit) -> None:
    """Have the browser keep a visit for its ten minutes."""
    _keep(ask, response, "visit", visit._asdict())


def end(ask: Ask, response: Response) -> None:
    """Have the browser forget its visit."""
    name, secure, path = _cookie(ask, "visit")
    response.delete_cookie(name, path=path, secure=secure, httponly=True, samesite="strict")


def done(ask: Ask, what: str, **told: str) -> Response:
    """Go on to the page that says what was done. What it tells travels in a cookie: an address ends up in logs."""
    response = RedirectResponse(f"{look.below(ask.office.portal_url)}/done", 303, look.HEADERS)
    _keep(ask, response, "done", {"what": what, **told})
    return response


def what_was_done(ask: Ask) -> Mapping[str, str] | None:
    """What the browser came here from, for ten minutes."""
    return _kept(ask, "done")


def _keep(ask: Ask, response: Response, purpose: str, told: Mapping[str, str | None]) -> None:
    until = int(ask.office.clock().timestamp()) + 60 * MINUTES
    name, secure, path = _cookie(ask, purpose)
    response.set_cookie(
        name,
        forms.seal(ask.office.portal_key(), purpose, json.dumps([until, told])),
        max_age=60 * MINUTES,
        path=path,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def _kept(ask: Ask, purpose: str) -> dict[str, str] | None:
    text = forms.unseal(ask.office.portal_key(), purpose, ask.cookies.get(_cookie(ask, purpose)[0], ""))
    if text is None:
        return None
    until, told = json.loads(text)
    return told if ask.office.clock().timestamp() < until else None


def _cookie(ask: Ask, purpose: str) -> tuple[str, bool, str]:
    """A cookie's name, whether it travels over TLS alone, and its path. `__Host-` binds it to its very host."""
    secure = ask.office.portal_url.startswith("https:")
    return f"{'__Host-' if secure else ''}portalctl-{purpose}", secure, "/"
