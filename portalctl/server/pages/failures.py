"""Failures as pages, for whoever reads them in a browser; programs are told the same as problem JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portalctl.server import problems
from portalctl.server.pages import look, wording

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from portalctl.errors import PortalError

HEADINGS = {
    400: "That could not be read",
    401: "Please sign in",
    403: "That was not accepted",
    404: "There is nothing here",
    405: "That is not possible here",
    413: "That is too long",
    429: "Too many attempts",
    503: "The portal needs a moment",
}
"""What a page says on top, by its status."""

FOR_PEOPLE = {
    "no_such_operation": "There is no page at this address. Look whether all of it was copied.",
    "sign_in_needed": "This address is for programs that have signed in, with portalctl login.",
}
"""What a page says where the words for programs would not help."""


def failure_page(
    request: Request, failure: PortalError, *, portal_url: str, request_id: str, now: datetime
) -> Response | None:
    """The page that tells a failure; None for whoever does not ask for a page."""
    if not _wants_page(request.headers.get("accept", "")):
        return None
    answer = look.page(
        "failure.html",
        portal_url=portal_url,
        status=failure.status,
        heading="This link does not work" if failure.code == "link_not_valid" else _heading(failure.status),
        failure=failure,
        told=FOR_PEOPLE.get(failure.code) or wording.sentence(failure),
        request_id=request_id,
    )
    answer.headers.update(problems.headers(failure, now))
    return answer


def _heading(status: int) -> str:
    return HEADINGS.get(status, "Something went wrong" if status >= 500 else "That was not accepted")


def _wants_page(accept: str) -> bool:
    """Whether HTML is asked for by name, and no less than JSON: as browsers do, and programs do not."""
    wanted = {}
    for each in accept.lower().split(","):
        kind, _, parameters = each.strip().partition(";")
        weight = parameters.replace(" ", "").partition("q=")[2]
        try:
            wanted[kind.strip()] = float(weight or 1)
        except ValueError:
            wanted[kind.strip()] = 0
    html = wanted.get("text/html", 0)
    return html > 0 and html >= max(wanted.get("application/json", 0), wanted.get("application/problem+json", 0))
