"""The page for a forgotten password: a new one, with the link that was mailed. Only sending the form uses the link."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import ValidationError

from portalctl import errors
from portalctl.domain import claims
from portalctl.domain.links import LinkKind
from portalctl.domain.sessions import Sessions
from portalctl.models.sessions import ResetPassword
from portalctl.server.pages import look, visits, wording
from portalctl.server.pages.look import Problem
from portalctl.server.pages.practices import about

if TYPE_CHECKING:
    from starlette.responses import Response

    from portalctl.domain.claims import Claim
    from portalctl.server.pages.visits import Ask


def show(ask: Ask) -> Response:
    """Whose password the link sets. Raises LinkNotValid, TooManyAttempts."""
    return _form(ask, _claim(ask))


def redeem(ask: Ask) -> Response:
    """Set the password. Raises LinkNotValid, TooManyAttempts."""
    claim = _claim(ask)
    problems = wording.password_problems(ask.field("password"), ask.field("again"))
    try:
        request = ResetPassword(code=ask.name, password=ask.field("password"))
        if not problems:
            Sessions(ask.office).reset_password(request)
            return visits.done(ask, "reset", email=claim.email)
    except ValidationError:
        problems = [Problem("password", "Choose a password of at most 1,024 characters.")]
    except errors.WeakPassword as error:
        problems = [Problem("password", wording.finished(error.message))]
    return _form(ask, claim, problems)


def _claim(ask: Ask) -> Claim:
    return claims.present(ask.office, LinkKind.RESET, ask.name, claims.of_reset, "sessions.reset_password")


def _form(ask: Ask, claim: Claim, problems: list[Problem] | None = None) -> Response:
    practice = about(ask.office)
    return look.page(
        "reset.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        portal_url=ask.office.portal_url,
        practice=practice.name if practice is not None else None,
        email=claim.email,
        problems=problems or (),
    )
