"""The first page, the page that says what was done, and the files that pages use."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from portalctl import errors
from portalctl.server.pages import look, visits
from portalctl.server.pages.practices import about

if TYPE_CHECKING:
    from portalctl.server.pages.visits import Ask

YEAR = 31_536_000
"""Seconds."""


def show(ask: Ask) -> Response:
    """What this place is, and how to sign in."""
    practice = about(ask.office)
    return look.page(
        "front.html", portal_url=ask.office.portal_url, practice=practice.name if practice is not None else None
    )


def show_done(ask: Ask) -> Response:
    """What the browser has just done here, and what comes next; the first page for whoever has done nothing."""
    done = visits.what_was_done(ask)
    if done is None:
        return RedirectResponse(f"{look.below(ask.office.portal_url)}/", 303, look.HEADERS)
    practice = about(ask.office)
    return look.page(
        "done.html",
        portal_url=ask.office.portal_url,
        practice=practice.name if practice is not None else None,
        done=done,
        command=_login(ask.office.portal_url, done.get("email", "")),
    )


def _login(portal_url: str, email: str) -> str:
    """The line for a terminal, with what a shell would take apart in quotes."""
    return shlex.join(["portalctl", "login", "--portal", portal_url, "--email", email])


def show_asset(ask: Ask) -> Response:
    """A file that pages use, to be kept for ever: another content has another name. Raises NotFound."""
    for asset in look.assets().values():
        if asset.name == ask.name:
            return Response(asset.body, 200, {"Cache-Control": f"public, max-age={YEAR}, immutable"}, asset.media_type)
    raise errors.NotFound("there is no such file", "load the page again")
