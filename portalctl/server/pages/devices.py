"""The device page (RFC 8628): a person signs in, sees which program asks to act as them, and lets it or turns it away.

The session that the page signs in for this lasts until the decision, and ten minutes at the most.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.responses import RedirectResponse

from portalctl import errors
from portalctl.domain.devices import Devices
from portalctl.domain.sessions import Sessions
from portalctl.models.devices import DeviceReference
from portalctl.models.sessions import Identity, SignIn
from portalctl.server.pages import forms, look, visits, wording
from portalctl.server.pages.look import Problem
from portalctl.server.pages.practices import about

if TYPE_CHECKING:
    from starlette.responses import Response

    from portalctl.models.devices import Device
    from portalctl.server.pages.visits import Ask, Visit

CODE, EMAIL, PASSWORD, ONE_TIME_CODE = "user_code", "email", "password", "one_time_code"

_NO_EMAIL = Problem(EMAIL, "Type your e-mail address, such as anna@example.org.")
_NO_ONE_TIME_CODE = Problem(ONE_TIME_CODE, "That is not a code of an authenticator app, nor a recovery code.")
_CODE_NEEDED = Problem(
    ONE_TIME_CODE, "You have turned a second factor on: type your password again, and a code of your authenticator app."
)
_NO_CODE = Problem(CODE, "That is not a code. Type the eight letters that the program shows, such as WDJB-MJHT.")
_UNKNOWN = Problem(
    CODE, "Nothing asks to be signed in under this code. It may have run out: compare it, or start again for a new one."
)


def show(ask: Ask) -> Response:
    """The form to sign in; once somebody has, what is asking."""
    visit = visits.current(ask)
    identity = _identity(ask, visit)
    code = ask.query.get(CODE, "")
    if visit is None or identity is None:
        open_visit = visit if visit is not None and visit.token is None else visits.begin()
        return _sign_in_form(ask, open_visit, typed={CODE: code})
    if not code:
        return _code_form(ask, visit, identity)
    try:
        device = _devices(ask, visit).show(DeviceReference(user_code=code))
    except ValidationError:
        return _code_form(ask, visit, identity, code, _NO_CODE)
    except errors.NotFound as error:
        return _code_form(ask, visit, identity, code, _UNKNOWN, error.status)
    except errors.TooManyAttempts as error:
        return _code_form(ask, visit, identity, code, Problem(None, wording.sentence(error)), error.status)
    return _decision(ask, visit, identity, device)


def act(ask: Ask) -> Response:
    """Sign in, decide, or leave. Raises NotPermitted for a form of another visit."""
    visit = visits.current(ask)
    if visit is None:
        raise forms.foreign()
    forms.require_token(ask.office.portal_key(), visit.id, ask.field("form_token"))
    step = ask.field("step")
    if step == "sign-in":
        return _sign_in(ask, visit)
    if step == "leave":
        return _left(ask, visit, RedirectResponse(_address(ask), HTTPStatus.SEE_OTHER, look.HEADERS))
    if step in ("allow", "refuse"):
        return _decide(ask, visit, step)
    raise errors.Malformed("the form says nothing of what to do", "use the page's own buttons")


def _sign_in(ask: Ask, visit: Visit) -> Response:
    problems = []
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    code = ""
    try:
        code = DeviceReference(user_code=ask.field(CODE)).user_code
    except ValidationError:
        problems.append(_NO_CODE)
    try:
        request = SignIn(
            email=ask.field(EMAIL), password=ask.field(PASSWORD), code=ask.field(ONE_TIME_CODE).strip() or None
        )
        if not request.password:
            problems.append(Problem(PASSWORD, "Type your password."))
        if not problems:
            return _signed_in(ask, Sessions(ask.office).sign_in(request).token, code)
    except ValidationError as error:
        too_long = error.errors()[0]["loc"] == ("code",)
        problems.append(_NO_ONE_TIME_CODE if too_long else _NO_EMAIL)
    except errors.MfaNeeded as error:
        problems, status = [_CODE_NEEDED], error.status
    except (errors.BadCredentials, errors.WeakPassword, errors.TooManyAttempts) as error:
        problems, status = [Problem(None, wording.sentence(error))], error.status
    return _sign_in_form(ask, visit, typed=dict(ask.form or {}), problems=problems, status=status)


def _signed_in(ask: Ask, token: str, code: str) -> Response:
    response = RedirectResponse(f"{_address(ask)}?{CODE}={code}", HTTPStatus.SEE_OTHER, look.HEADERS)
    visits.keep(ask, response, visits.begin(token))
    return response


def _decide(ask: Ask, visit: Visit, step: str) -> Response:
    """Carry out a decision and end the visit, however it goes."""
    devices = _devices(ask, visit)
    try:
        reference = DeviceReference(user_code=ask.field(CODE))
        device = devices.allow(reference) if step == "allow" else devices.refuse(reference)
    except ValidationError:
        raise errors.Malformed("the form has no code", "open the page again") from None
    except errors.SignInNeeded:
        return _sign_in_form(
            ask,
            visits.begin(),
            typed={CODE: ask.field(CODE)},
            problems=[Problem(None, "You were signed out because the page was open too long. Sign in again.")],
            status=HTTPStatus.UNAUTHORIZED,
        )
    except (errors.NotFound, errors.NotChangeable, errors.TooManyAttempts) as error:
        identity = _identity(ask, visit)
        if identity is None:
            raise
        problem = _UNKNOWN if isinstance(error, errors.NotFound) else Problem(None, wording.sentence(error))
        return _code_form(ask, visit, identity, ask.field(CODE), problem, error.status)
    done = visits.done(ask, {"allow": "allowed", "refuse": "refused"}[step], device=device.name)
    return _left(ask, visit, done)


def _left(ask: Ask, visit: Visit, response: Response) -> Response:
    """The answer to somebody whose visit is over: their session here has ended."""
    with suppress(errors.PortalError):  # a session that nobody uses ends by itself
        Sessions(ask.office._replace(token=visit.token)).sign_out()
    visits.end(ask, response)
    return response


def _identity(ask: Ask, visit: Visit | None) -> Identity | None:
    """Who has signed in at this page, while the session lasts."""
    if visit is None or visit.token is None:
        return None
    try:
        return Sessions(ask.office._replace(token=visit.token)).who_am_i()
    except errors.SignInNeeded:
        return None


def _devices(ask: Ask, visit: Visit) -> Devices:
    return Devices(ask.office._replace(token=visit.token))


def _sign_in_form(
    ask: Ask, visit: Visit, *, typed: dict[str, str], problems: list[Problem] | None = None, status: int = 200
) -> Response:
    practice = about(ask.office)
    return _page(
        ask,
        visit,
        "device_sign_in.html",
        status=status,
        practice=practice.name if practice is not None else None,
        typed=typed,
        problems=problems or (),
    )


def _code_form(
    ask: Ask,
    visit: Visit,
    identity: Identity,
    code: str = "",
    problem: Problem | None = None,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Response:
    return _page(
        ask,
        visit,
        "device_code.html",
        status=status if problem is not None else HTTPStatus.OK,
        practice=identity.practice,
        identity=identity,
        typed={CODE: code},
        problems=(problem,) if problem is not None else (),
    )


def _decision(ask: Ask, visit: Visit, identity: Identity, device: Device) -> Response:
    if device.state != "pending":
        told = f"It was already decided: the program was {'refused' if device.state == 'refused' else 'allowed'}."
        return _code_form(ask, visit, identity, "", Problem(None, told), errors.NotChangeable.status)
    return _page(ask, visit, "device.html", practice=identity.practice, identity=identity, device=device)


def _page(
    ask: Ask, visit: Visit, template: str, *, status: int = 200, practice: str | None, **told: object
) -> Response:
    response = look.page(
        template,
        status=status,
        portal_url=ask.office.portal_url,
        practice=practice,
        form_token=forms.form_token(ask.office.portal_key(), visit.id),
        **told,
    )
    visits.keep(ask, response, visit)
    return response


def _address(ask: Ask) -> str:
    return f"{look.below(ask.office.portal_url)}/device"
