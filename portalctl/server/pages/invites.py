"""The invite page: who invites whom, and the form that makes the account. Only sending the form redeems anything."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import ValidationError

from portalctl import errors
from portalctl.domain.invites import Invites
from portalctl.domain.sessions import Sessions
from portalctl.models.invites import InvitePreview, PreviewInvite
from portalctl.models.sessions import SignUp
from portalctl.server.pages import look, visits, wording, zones
from portalctl.server.pages.look import Problem
from portalctl.server.pages.practices import about

if TYPE_CHECKING:
    from starlette.responses import Response

    from portalctl.server.pages.visits import Ask

_WRONG = {
    "name": "Write your name on one line, in at most 200 characters.",
    "password": "Choose a password of at most 1,024 characters.",
    "timezone": "Choose a time zone from the list.",
}


def show(ask: Ask) -> Response:
    """The invite. Nothing is redeemed, however often a mail program or its scanner looks. Raises LinkNotValid."""
    preview = Invites(ask.office).preview(PreviewInvite(code=ask.name))
    return _form(ask, preview, typed={"name": preview.name})


def redeem(ask: Ask) -> Response:
    """Make the account. Raises LinkNotValid."""
    preview = Invites(ask.office).preview(PreviewInvite(code=ask.name))
    problems = wording.password_problems(ask.field("password"), ask.field("again"))
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        request = SignUp(
            code=ask.name, name=ask.field("name"), password=ask.field("password"), timezone=ask.field("timezone")
        )
        if not problems:
            _sign_up(ask, request)
            return visits.done(ask, "joined", email=preview.email)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors()}
        named = [Problem(field, text) for field, text in _WRONG.items() if field in wrong]
        problems = sorted({each.field: each for each in [*problems, *named]}.values(), key=_by_place)
    except errors.WeakPassword as error:
        problems = [Problem("password", wording.finished(error.message))]
    except errors.TooManyAttempts as error:
        problems, status = [Problem(None, wording.sentence(error))], error.status
    return _form(ask, preview, typed=dict(ask.form or {}), problems=problems, status=status)


def _sign_up(ask: Ask, request: SignUp) -> None:
    signed_in = Sessions(ask.office).sign_up(request)
    with suppress(errors.PortalError):  # the account is made; a session that nobody uses ends by itself
        Sessions(ask.office._replace(token=signed_in.token)).sign_out()


def _by_place(problem: Problem) -> int:
    return ("name", "password", "again", "timezone").index(problem.field or "name")


def _form(
    ask: Ask, preview: InvitePreview, *, typed: dict[str, str], problems: list[Problem] | None = None, status: int = 200
) -> Response:
    practice = about(ask.office)
    zone = practice.timezone if practice is not None else "UTC"
    return look.page(
        "invite.html",
        status=status,
        portal_url=ask.office.portal_url,
        practice=preview.practice,
        invite=preview,
        zone=zone,
        chosen=typed.get("timezone", zone),
        regions=zones.regions(),
        is_listed=zones.is_listed,
        typed=typed,
        problems=problems or (),
    )
